"""Furnish a registry once, for every story to begin with a copy of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.posting import needs
from tests.databases import Clones
from tests.machines.machine import Furnished, RegistryMachine
from tests.machines.teller import Teller
from tests.machines.world import furnish
from tests.registry import opened


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a batch of three be judged in parts, as one of a thousand is."""
    monkeypatch.setattr(needs, "ACTS_OF_A_PART", 2)


@pytest.fixture(scope="module")
def furnished(clones: Clones) -> Iterator[Furnished]:
    """Register everybody once."""
    with clones.fresh() as urls:
        with opened(urls.app, session="furnish") as registry:
            world = furnish(registry)
        yield Furnished(clones, urls, world)


@pytest.fixture
def story(furnished: Furnished) -> Iterator[Teller]:
    """Begin a story; at its end the books are replayed."""
    machine = RegistryMachine(furnished)
    try:
        yield Teller(machine)
    finally:
        machine.teardown()
