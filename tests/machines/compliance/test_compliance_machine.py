"""Play two compliance years on the engine and on the model, and see that they never part."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machines.compliance.machine import ComplianceMachine, Ready


def play_machine(ready: Ready, examples: int, steps: int) -> None:
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
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_engine_and_the_model_never_part_in_two_years(ready: Ready) -> None:
    """Seven stories of forty steps; the one told by hand is the sure cover."""
    play_machine(ready, 7, 40)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_engine_and_the_model_never_part_in_many_years(ready: Ready) -> None:
    """Three hundred stories of sixty steps."""
    play_machine(ready, 300, 60)
