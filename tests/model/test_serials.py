"""Runs of serials: they tile, and never hold one serial more than they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.serials import SerialRange

RANGES = st.builds(SerialRange, st.integers(0, 8), st.integers(1, 8))


def serials(run: SerialRange) -> set[int]:
    """Write a range out."""
    return set(range(run.first, run.end))


@given(st.integers(0, 10**12), st.integers(2, 10**9), st.data())
def test_both_cuts_tile_the_range(first: int, count: int, data: st.DataObject) -> None:
    """The cut has exactly what was asked, and the rest begins or ends where it does."""
    whole = SerialRange(first, count)
    asked = data.draw(st.integers(1, count - 1))
    low, above = whole.split_low(asked)
    high, below = whole.split_high(asked)

    assert low.count == high.count == asked
    assert (low.first, low.end, above.end) == (whole.first, above.first, whole.end)
    assert (below.first, below.end, high.end) == (whole.first, high.first, whole.end)


@given(st.integers(0, 10**12), st.integers(2, 10**9), st.data())
def test_merging_undoes_a_cut(first: int, count: int, data: st.DataObject) -> None:
    """In either order."""
    whole = SerialRange(first, count)
    cut, rest = whole.split_high(data.draw(st.integers(1, count - 1)))

    assert cut.merge(rest) == rest.merge(cut) == whole


@given(RANGES, RANGES)
def test_questions_about_ranges_are_questions_about_sets(
    one: SerialRange, other: SerialRange
) -> None:
    """Overlap is a common member, cover is a subset, adjacency a union that is one range."""
    union = serials(one) | serials(other)
    one_run = len(union) == max(union) - min(union) + 1

    assert one.overlaps(other) == bool(serials(one) & serials(other))
    assert one.covers(other) == (serials(one) >= serials(other))
    assert one.adjoins(other) == (one_run and not one.overlaps(other))


@given(RANGES, st.integers(-1, 17))
def test_a_range_contains_what_it_lists(run: SerialRange, serial: int) -> None:
    """The end is not one of its serials."""
    assert run.contains(serial) == (serial in serials(run))


def test_a_sale_is_cut_from_the_high_end() -> None:
    """Of 1 … 1000 the buyer of 300 gets 701 … 1000; retiring 50 takes 951 … 1000."""
    bought, kept = SerialRange(1, 1000).split_high(300)
    retired, held = bought.split_high(50)

    assert (kept, held, retired) == (
        SerialRange(1, 700),
        SerialRange(701, 250),
        SerialRange(951, 50),
    )


@pytest.mark.parametrize(("first", "count"), [(-1, 1), (0, 0), (5, -2)])
def test_a_range_that_cannot_be_is_not_built(first: int, count: int) -> None:
    """No negative serial, no empty run."""
    with pytest.raises(AssertionError):
        SerialRange(first, count)


@pytest.mark.parametrize("count", [-1, 0, 10, 11])
def test_a_cut_leaves_something_on_both_sides(count: int) -> None:
    """Nothing and everything are no cuts."""
    with pytest.raises(AssertionError):
        SerialRange(0, 10).split_low(count)
    with pytest.raises(AssertionError):
        SerialRange(0, 10).split_high(count)


def test_ranges_apart_are_not_merged() -> None:
    """A gap would be claimed by nobody's issue."""
    with pytest.raises(AssertionError):
        SerialRange(0, 5).merge(SerialRange(6, 5))
