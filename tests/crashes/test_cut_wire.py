"""The wire is cut at COMMIT: whether it counted is found by key, and the caller is told once."""

from __future__ import annotations

from typing import get_args

import pytest

from tests.crashes.nursery import Fair
from tests.crashes.promise import Known, check_promise
from tests.crashes.proxy import Cut, broken_wire
from tests.crashes.stream import in_lanes, lanes_of
from tests.registry import opened, rows

QUICK = pytest.param(1, id="quick")
DEEP = pytest.param(20, id="deep", marks=[pytest.mark.slow, pytest.mark.timeout(600)])


@pytest.mark.parametrize("rounds", [QUICK, DEEP])
@pytest.mark.parametrize("cut", get_args(Cut))
def test_a_wire_cut_at_commit_is_not_noticed_by_any_caller(
    fair: Fair, cut: Cut, rounds: int
) -> None:
    """Every third COMMIT loses its connection; nobody has to ask twice, nothing happens twice."""
    known = Known()
    with broken_wire(fair.urls.app, cut, every=3) as wire, opened(wire.url) as registry:
        in_lanes(lanes_of(registry, fair.stalls, "cut", known.hear), rounds)

    assert wire.cuts > 4 * rounds
    asked = rows(fair.urls.owner, "SELECT count(*)::int FROM command WHERE key LIKE 'cut %%'")
    assert asked == [(len(known.told),)]
    check_promise(fair.urls.owner, known, complete=True)
