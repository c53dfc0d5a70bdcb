"""The benchmark's national year: lived through the doors, and held against its book."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.bench.book import Book, open_book
from api.bench.national import ENTITIES, Nation
from api.bench.scale import TINY
from ledger.database import Urls

REGISTRY = "registry"
STEPS = ("list", "pre", "verify", "final", "surrender")


@pytest.fixture
def book(database: Urls) -> Iterator[Book]:
    """Lend a book on the tests' own server."""
    with open_book(database, REGISTRY) as opened:
        yield opened


def test_a_national_year_is_lived_by_every_entity(book: Book) -> None:
    """Four tables and a surrender each; what is left over is what was approved above the due."""
    sample = Nation(book, TINY, lambda _: None).year()

    assert book.faults == []
    assert len(sample.times_ms) == TINY.entities
    seconds = sum(float(sample.told[f"{step}_s"]) for step in STEPS)
    assert sample.value == pytest.approx(seconds * ENTITIES / TINY.entities)
    book.examine()
    assert book.faults == []
