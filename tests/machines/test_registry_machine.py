"""Play every verb on the engine and on the model, and see that they never part."""

from __future__ import annotations

from functools import partial

import pytest

from tests.machines.machine import Furnished, RegistryMachine
from tests.machines.playing import play


def test_the_engine_and_the_model_never_part(furnished: Furnished) -> None:
    """Ten stories of twenty steps; those told by hand are the sure cover."""
    play(partial(RegistryMachine, furnished), 10, 20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_engine_and_the_model_never_part_in_long_stories(furnished: Furnished) -> None:
    """Four hundred stories of sixty steps."""
    play(partial(RegistryMachine, furnished), 400, 60)
