"""Play two compliance years on the engine and on the model, and see that they never part."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machines.compliance.machine import ComplianceMachine, Ready

TOLD: Final = (Phase.explicit, Phase.reuse, Phase.generate)
"""A story is shown as it went: to shorten it takes longer than a quick test may."""


def play_machine(
    ready: Ready, examples: int, steps: int, phases: Collection[Phase] = tuple(Phase)
) -> None:
    """Tell so many stories of so many steps."""

    class Story(ComplianceMachine):
        def __init__(self) -> None:
            super().__init__(ready)

    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_engine_and_the_model_never_part_in_two_years(ready: Ready) -> None:
    """Six stories of thirty-five steps; the one told by hand is the sure cover."""
    play_machine(ready, 6, 35, TOLD)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_engine_and_the_model_never_part_in_many_years(ready: Ready) -> None:
    """A hundred and fifty stories of sixty steps."""
    play_machine(ready, 150, 60)
