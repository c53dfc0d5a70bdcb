"""Serials as they are told: the same units, in as few runs as there can be."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from api.serials import unbroken

UNITS = st.sets(st.tuples(st.integers(1, 3), st.integers(0, 40)))


@given(UNITS, st.randoms(use_true_random=False))
def test_runs_hold_the_same_units_and_none_adjoins_another(
    units: set[tuple[int, int]], chance: Random
) -> None:
    """In whatever pieces and order they moved."""
    pieces = [(lot, serial, 1) for lot, serial in units]
    chance.shuffle(pieces)
    runs = unbroken(pieces)

    assert {(lot, s) for lot, run in runs for s in range(run.first, run.end)} == units
    ends = {(lot, run.end) for lot, run in runs}
    assert not ends & {(lot, run.first) for lot, run in runs}
