"""Snapshots held against a model that knows every serial one by one."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.canonical import RECORD_BYTES_MAX, canonical, leaf_hash
from ledger.log.faults import LogFault
from ledger.log.intervals import (
    Interval,
    IntervalsOverlap,
    LeafMalformed,
    accounts_of,
    check_order,
    read_interval,
    serials_of,
)
from ledger.log.replay_state import CONTRA, Holder, Row, State
from ledger.log.replay_units import Units
from ledger.log.snapshot import NeighbourMissing, NotOneState, Part, Shown, show, verify_shown
from ledger.log.tree import WrongProof
from tests.log.leaves import naive_root

HOLDERS = ("acc_0000000000064", "acc_0000000000065", CONTRA["retired"])
HOLDS = ("", "hld_0000000000001")
MONTHS = ("2026-01", "2026-02")
SIZE = 12  # units of a lot


def state_of(
    moves: list[tuple[int, int, int, tuple[str, str, int]]],
) -> tuple[State, dict[Any, Any]]:
    """Move units of four lots, two of each series; tell every single serial besides."""
    state, model = State(), dict[Any, Any]()
    for account in HOLDERS[:2]:
        state.accounts[account] = Holder("user", "pty", "pty", 0)
    for number in range(4):
        month, first = MONTHS[number % 2], 100 + number // 2 * SIZE
        name, piece = f"lot_{number}", (HOLDERS[0], "", 0)
        state.lots[name] = Units(
            "plt_1", month, "wind", "on_grid", "tradable", False, first, SIZE, "", [0], [piece]
        )
        model |= {(month, first + at): (name, *piece[:2]) for at in range(SIZE)}
    for number, lo, count, piece in moves:
        past = min(lo + count, SIZE)
        units = state.lots[f"lot_{number}"]
        units.put(lo, past, piece)
        for at in range(lo, past):
            model[units.month, units.first + at] = (f"lot_{number}", *piece[:2])
    return state, model


PIECES = st.tuples(st.sampled_from(HOLDERS), st.sampled_from(HOLDS), st.integers(0, 2))
MOVES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, SIZE - 1), st.integers(1, SIZE), PIECES),
    max_size=12,
)


def series(month: str) -> str:
    """Name a series of the model's one plant."""
    return f"plt_1 {month} on_grid tradable"


def run(month: str, first: int, past: int) -> Interval:
    """Ask about a run of serials."""
    return Interval(series(month), first, past, b"")


@given(MOVES)
def test_a_snapshot_tells_of_every_serial_what_the_model_tells(moves: list[Any]) -> None:
    """Each serial is in exactly one leaf, and leaves are as few as can be."""
    state, model = state_of(moves)
    leaves = serials_of(state)
    told = {}
    for leaf in leaves:
        facts = orjson.loads(leaf.raw)
        hold = facts.get("hold", "")
        ended = facts["account"] == CONTRA["retired"]
        assert facts["state"] == ("retired" if ended else "on_hold" if hold else "held")
        for serial in range(leaf.first, leaf.past):
            assert (leaf.series, serial) not in told
            told[leaf.series, serial] = (facts["lot"], facts["account"], hold)

    assert told == {(series(month), at): whose for (month, at), whose in model.items()}
    check_order(leaves)
    for one, other in pairwise(leaves):
        alike = _whose(one) == _whose(other) and one.series == other.series
        assert not alike


@given(MOVES, st.sampled_from(MONTHS), st.integers(100, 123), st.integers(1, 24))
def test_a_run_has_one_state_exactly_where_the_model_says_so(
    moves: list[Any], month: str, first: int, count: int
) -> None:
    """What is proved is so, and what is not so cannot be proved from the honest tree."""
    state, model = state_of(moves)
    leaves, past = serials_of(state), first + count
    part = Part.of(leaves)
    assert part.root == naive_root([leaf_hash(each.raw) for each in leaves])
    whose = {model.get((month, serial)) for serial in range(first, past)}

    proved = []
    for index in range(len(leaves)):
        try:
            leaf = verify_shown(show(leaves, index), part, run(month, first, past))
        except (NotOneState, NeighbourMissing):
            continue
        proved.append(_whose(leaf))
    assert proved == (list(whose) if len(whose) == 1 and None not in whose else [])


@given(MOVES, st.data())
def test_a_proof_that_was_changed_proves_nothing(moves: list[Any], data: st.DataObject) -> None:
    """A leaf, an index or a hash of another's: every such proof is refused."""
    leaves = serials_of(state_of(moves)[0])
    part, index = Part.of(leaves), data.draw(st.integers(0, len(leaves) - 1))
    shown = show(leaves, index)
    at = data.draw(st.integers(0, len(shown) - 1))
    other = data.draw(st.sampled_from([n for n in range(len(leaves)) if n != shown[at].index]))
    wrong = data.draw(
        st.sampled_from(
            [
                replace(shown[at], leaf=leaves[other]),
                replace(shown[at], index=other),
                replace(shown[at], path=(*shown[at].path[:-1], bytes(32))),
                replace(shown[at], path=shown[at].path[:-1]),
            ]
        )
    )

    with pytest.raises(LogFault):
        verify_shown([*shown[:at], wrong, *shown[at + 1 :]], part, leaves[index])


@given(MOVES, st.data())
def test_a_leaf_shown_without_its_neighbours_proves_nothing(
    moves: list[Any], data: st.DataObject
) -> None:
    """Nobody could tell whether they cover the same serials."""
    leaves = serials_of(state_of(moves)[0])
    index = data.draw(st.integers(0, len(leaves) - 1))
    shown = show(leaves, index)
    alone = [each for each in shown if each.index == index]

    with pytest.raises(NeighbourMissing):
        verify_shown(alone, Part.of(leaves), leaves[index])


def test_a_tree_in_which_serials_are_twice_proves_nothing_of_them() -> None:
    """The root may be signed: its leaves meet, and each shows the other."""
    leaves = [_leaf(0, 10), _leaf(9, 5), _leaf(20, 5)]
    for index in (0, 1):
        with pytest.raises(IntervalsOverlap):
            verify_shown(show(leaves, index), Part.of(leaves), run("2026-01", 9, 10))


def test_the_order_of_what_is_shown_is_that_of_the_tree() -> None:
    """Leaves told backwards, or one told twice."""
    leaves = [_leaf(0, 5), _leaf(5, 5), _leaf(20, 5)]
    shown, part = show(leaves, 1), Part.of(leaves)
    with pytest.raises(IntervalsOverlap):
        verify_shown(shown[::-1], part, leaves[1])
    with pytest.raises(IntervalsOverlap):
        verify_shown([shown[0], *shown], part, leaves[1])


def test_accounts_are_told_with_nothing_and_with_zero() -> None:
    """An account that never had anything is there, and one that has nothing left says what of."""
    state, _ = state_of([])
    state.balances[HOLDERS[0], "GEC"] = Row(0, 0, 4)
    leaves = accounts_of(state)
    facts = {leaf.series: orjson.loads(leaf.raw)["balances"] for leaf in leaves}

    assert facts.keys() == state.accounts.keys()
    assert facts[HOLDERS[1]] == []
    assert facts[HOLDERS[0]] == [{"instrument": "GEC", "posted": "0", "held": "0", "version": "4"}]
    check_order(leaves)
    at = [leaf.series for leaf in leaves].index(HOLDERS[1])
    assert verify_shown(show(leaves, at), Part.of(leaves), leaves[at]) == leaves[at]


def test_an_account_that_had_very_many_instruments_has_a_leaf() -> None:
    """One longer than any record: a log that brings it about is verified like another."""
    state, _ = state_of([])
    codes = [f"CEA-{year}" for year in range(1000, 2000)]
    state.balances |= {(HOLDERS[0], code): Row(1, 0, 1) for code in codes}
    [leaf] = [leaf for leaf in accounts_of(state) if leaf.series == HOLDERS[0]]

    assert [row["instrument"] for row in orjson.loads(leaf.raw)["balances"]] == codes
    assert len(leaf.raw) > RECORD_BYTES_MAX


@given(MOVES)
def test_leaves_are_read_back_from_their_bytes(moves: list[Any]) -> None:
    """The bytes say all of it."""
    state, _ = state_of(moves)
    for leaf in [*serials_of(state), *accounts_of(state)]:
        assert read_interval(leaf.raw) == leaf


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[]",
        b'{"account": "acc_1","balances":[]}',
        b'{"count":"0","first":"1","series":"s"}',
        b'{"count":"x","first":"1","series":"s"}',
        b'{"first":"1","series":"s"}',
    ],
)
def test_other_bytes_are_no_leaf(raw: bytes) -> None:
    """One spelling, all members, and at least one serial."""
    with pytest.raises(LeafMalformed):
        read_interval(raw)


def test_a_path_of_another_leaf_is_a_wrong_proof() -> None:
    """By the tree's own code, at the leaf's index."""
    leaves = [_leaf(0, 5), _leaf(5, 5)]
    shown = show(leaves, 0)
    swapped = Shown(0, leaves[0], shown[1].path)
    with pytest.raises(WrongProof) as caught:
        verify_shown([swapped, shown[1]], Part.of(leaves), leaves[0])
    assert caught.value.index == 0


def _leaf(first: int, count: int) -> Interval:
    leaf = {"series": series("2026-01"), "first": str(first), "count": str(count)}
    return read_interval(canonical(leaf))


def _whose(leaf: Interval) -> tuple[str, str, str]:
    facts = orjson.loads(leaf.raw)
    return facts["lot"], facts["account"], facts.get("hold", "")
