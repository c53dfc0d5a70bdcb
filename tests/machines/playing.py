"""Let Hypothesis tell stories of a machine."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def play(
    begin: Callable[[], RuleBasedStateMachine],
    examples: int,
    steps: int,
    phases: Collection[Phase] | None = None,
) -> None:
    """Tell so many stories of so many steps, each on a machine of its own."""
    run_state_machine_as_test(
        cast("type[RuleBasedStateMachine]", begin),  # whatever makes one will do
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=phases or settings().phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
