"""A market to crash in, copied for each test, and a warm process that forks those that are to die."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.crashes.nursery import Fair, Nursery
from tests.crashes.stream import open_stalls
from tests.crashes.warm import warm
from tests.databases import Clones
from tests.registry import opened


@pytest.fixture(scope="session")
def template(clones: Clones) -> Iterator[Fair]:
    """Open the market once; nobody is connected to it afterwards."""
    with clones.fresh() as urls:
        with opened(urls.app) as registry:
            stalls = open_stalls(registry)
        yield Fair(urls, stalls)


@pytest.fixture
def fair(clones: Clones, template: Fair) -> Iterator[Fair]:
    """Give one test a copy of the market."""
    with clones.copy_of(urlsplit(template.urls.app).path[1:]) as urls:
        yield Fair(urls, template.stalls)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Start the warm process once."""
    with warm("tests.crashes.child") as ask:
        yield Nursery(ask)
