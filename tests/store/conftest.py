"""A story told once, and a copy of its database for whoever wants to damage it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.database import Urls
from tests.databases import Clones
from tests.registry import opened
from tests.sealer.logs import seal_some
from tests.store.test_doctor import tell_story


@pytest.fixture(scope="session")
def story(clones: Clones) -> Iterator[str]:
    """Name a database in which the story was told, to be copied."""
    with clones.fresh() as urls:
        with opened(urls.app) as registry:
            tell_story(registry)
        seal_some(urls.owner)
        yield urls.owner.rsplit("/", 1)[1]


@pytest.fixture
def copied(story: str, clones: Clones) -> Iterator[Urls]:
    """Lend a copy of the story's database."""
    with clones.copy_of(story) as urls:
        yield urls
