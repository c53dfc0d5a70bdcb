"""Runs of a lot held against a model that knows every unit one by one."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from ledger.log.replay_units import Piece, Units

SIZE: Final = 12
NOBODY: Final[Piece] = ("acc_0000000000001", "", 0)
PIECES: Final = st.tuples(
    st.sampled_from(("acc_0000000000001", "acc_0000000000064")),
    st.sampled_from(("", "hld_0000000000001")),
    st.integers(0, 1),
)
RUNS: Final = st.tuples(st.integers(0, SIZE - 1), st.integers(1, SIZE)).map(
    lambda run: (run[0], min(run[0] + run[1], SIZE))
)


@given(st.lists(st.tuples(RUNS, PIECES, RUNS), max_size=20))
def test_every_unit_is_where_it_was_put_last(
    moves: list[tuple[tuple[int, int], Piece, tuple[int, int]]],
) -> None:
    """Whatever is asked of a lot is what its single units say, in runs of which no two meet alike."""
    model = [NOBODY] * SIZE
    units = Units(
        "plt_1", "2026-01", "wind", "on_grid", "tradable", False, 0, SIZE, "", [0], [NOBODY]
    )
    for (lo, past), piece, (asked, end) in moves:
        units.put(lo, past, piece)
        model[lo:past] = [piece] * (past - lo)
        runs = units.runs(asked, end)
        assert [piece for start, stop, piece in runs for _ in range(stop - start)] == model[
            asked:end
        ]
        assert (runs[0][0], runs[-1][1]) == (asked, end)
        assert all(before[1] == after[0] for before, after in pairwise(runs))
    assert [piece for count, piece in units.everything() for _ in range(count)] == model
    assert all(before != after for before, after in pairwise(units.pieces))
