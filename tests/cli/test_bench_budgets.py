"""The benchmark of closings: every year is closed on what was retired, and one that was not is noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from api.bench.book import OPERATOR, Book, open_book
from api.bench.budgets import Budgets
from api.bench.clerk import Clerk
from api.bench.scale import TINY
from ledger.database import Urls
from settlement.fossil_budget.closing import close
from tests.registry import NAME, rows

RETIRED_EACH = 25  # runs of ten certificates
BUDGET_GCE = 10**9


@pytest.fixture
def book(database: Urls) -> Iterator[Book]:
    """Lend a book on the tests' own server."""
    with open_book(database, NAME) as found:
        yield found


def test_every_unit_s_year_is_closed_on_all_that_it_retired(book: Book) -> None:
    """Each statement counts each run; seconds are told as for 20,000 units, and measured once."""
    said: list[str] = []
    budgets = Budgets(book, TINY, said.append)
    sample = budgets.closings()
    book.examine()
    kept = [
        json.loads(raw) for (raw,) in rows(book.urls.owner, "SELECT bytes FROM budget_statement")
    ]

    assert book.faults == []
    assert said == ["budgets: 50 units retire 1,250 times"]
    assert sample.told["units"] == TINY.key_units == len({one["budget_id"] for one in kept})
    assert sample.told["retirements"] == TINY.key_units * RETIRED_EACH
    assert sample.value == pytest.approx(float(sample.told["ms_per_unit"]) * 20)
    assert {len(one["recognised"]) for one in kept} == {RETIRED_EACH}
    assert {(one["budget_gce"], one["status"]) for one in kept} == {(str(BUDGET_GCE), "NOT_MET")}
    assert budgets.closings() == sample


def test_a_budget_that_was_not_closed_is_noticed(book: Book) -> None:
    """A group that leaves one open is quicker, and is not what the figure is about."""
    budgets = Budgets(book, TINY, lambda _: None)
    [(number,)] = rows(book.urls.owner, "SELECT min(id) FROM fossil_budget")
    Clerk(book.desk).ask_two(b"{}", lambda read: close(read, OPERATOR, number))
    budgets.closings()

    assert book.faults == ["registry: 49 of 50 budgets were closed"]
