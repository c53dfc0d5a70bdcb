"""Play every verb on the engine and on the model, and see that they never part."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machines.machine import Furnished, RegistryMachine


def play_machine(furnished: Furnished, examples: int, steps: int) -> None:
    """Tell so many stories of so many steps."""

    class Story(RegistryMachine):
        def __init__(self) -> None:
            super().__init__(furnished)

    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_engine_and_the_model_never_part(furnished: Furnished) -> None:
    """Ten stories of twenty steps; those told by hand are the sure cover."""
    play_machine(furnished, 10, 20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_engine_and_the_model_never_part_in_long_stories(furnished: Furnished) -> None:
    """Four hundred stories of sixty steps."""
    play_machine(furnished, 400, 60)
