"""Furnish the emitters' registry once, for every story to begin with a copy of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import Clones
from tests.machines.compliance.machine import Ready
from tests.machines.compliance.world import furnish
from tests.registry import opened


@pytest.fixture(scope="module")
def ready(clones: Clones) -> Iterator[Ready]:
    """Register everybody once."""
    with clones.fresh() as urls:
        with opened(urls.app, session="furnish") as registry:
            world = furnish(registry)
        yield Ready(clones, urls, world)
