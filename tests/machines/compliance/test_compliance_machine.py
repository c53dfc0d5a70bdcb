"""Play two compliance years on the engine and on the model, and see that they never part."""

from __future__ import annotations

from functools import partial
from typing import Final

import pytest
from hypothesis import Phase

from tests.machines.compliance.machine import ComplianceMachine, Ready
from tests.machines.playing import play

TOLD: Final = (Phase.explicit, Phase.reuse, Phase.generate)
"""A story is shown as it went: to shorten it takes longer than a quick test may."""


def test_the_engine_and_the_model_never_part_in_two_years(ready: Ready) -> None:
    """Six stories of thirty-five steps; the one told by hand is the sure cover."""
    play(partial(ComplianceMachine, ready), 6, 35, TOLD)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_engine_and_the_model_never_part_in_many_years(ready: Ready) -> None:
    """A hundred and fifty stories of sixty steps."""
    play(partial(ComplianceMachine, ready), 150, 60)
