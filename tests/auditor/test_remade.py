"""Snapshots that a log tells of, made again by both verifiers: a lying one is named, on any visit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.log import independent
from ledger.log.canonical import canonical, leaf_hash
from ledger.log.faults import LogFault
from ledger.log.replay import Replay
from ledger.log.replay_state import State
from ledger.log.saved import load, save
from ledger.log.snapshot import Snapshot, Summary
from ledger.log.snapshot_audit import audit_snapshots
from ledger.log.tiles import TILE_WIDTH, write_bundle
from ledger.log.tree import Frontier
from ledger.log.verify import CheckpointMissing, NotConsistent
from tests.auditor.both import Begun, Found, found
from tests.auditor.bundles import POLICY, bundled, visit
from tests.auditor.flips import flips
from tests.auditor.forging import Forger
from tests.auditor.life import Life

SIZE: Final = 200
"""Entries of which these tests take snapshots; the life is longer."""

Lie = Callable[[State], object]


def summary(life: Life, size: int, lie: Lie = id) -> Summary:
    """Take the snapshot of a life's first records, after a lie was told of what they came to."""
    replay = Replay(State(), life.rulebooks, life.records.__getitem__)
    replay.feed_all(enumerate(life.records[:size]))
    lie(replay.state)
    tree = Frontier().grow(map(leaf_hash, life.records[:size]))
    return Snapshot.of(replay.state, tree).summary()


def telling(life: Life, body: dict[str, Any]) -> Life:
    """Let a life go on to tell of a snapshot."""
    forger = Forger(life)
    forger.copied(forger.find("log.snapshot"), **body)
    return forger.life()


def _to_another(state: State) -> None:
    """One range is another holder's."""
    other = next(name for name, holder in state.accounts.items() if holder.cls == "user")
    for units in state.lots.values():
        for start, past, piece in units.runs(0, units.size):
            if piece[0] != other and not state.accounts[piece[0]].contra:
                units.put(start, past, (other, *piece[1:]))
                return
    raise AssertionError(other)


def _set_aside(state: State) -> None:
    """One range is under a hold that there is, and is not there."""
    hold = next(iter(state.holds))
    for units in state.lots.values():
        for start, past, (account, before, trades) in units.runs(0, units.size):
            if not before and not state.accounts[account].contra:
                units.put(start, past, (account, hold, trades))
                return
    raise AssertionError(hold)


def _cut_off(state: State) -> None:
    """The last serials of a lot are of no lot."""
    units = next(iter(state.lots.values()))
    units.size -= 1


def _left_out(state: State) -> None:
    """One account is not there."""
    name = next(n for n, holder in state.accounts.items() if not holder.codes and not holder.contra)
    del state.accounts[name]


def _zero_left_out(state: State) -> None:
    """An account that has nothing left is said never to have had it."""
    key = next(key for key, row in state.balances.items() if not row.posted and not row.held)
    del state.balances[key]


def _one_more(state: State) -> None:
    """A balance is another; its serials are not."""
    next(iter(state.balances.values())).posted += 1


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (_to_another, "snapshot_serials_mismatch"),
        (_set_aside, "snapshot_serials_mismatch"),
        (_cut_off, "snapshot_serials_mismatch"),
        (_left_out, "snapshot_accounts_mismatch"),
        (_zero_left_out, "snapshot_accounts_mismatch"),
        (_one_more, "snapshot_accounts_mismatch"),
    ],
)
def test_a_lying_snapshot_is_named_by_both(life: Life, tmp_path: Path, lie: Lie, code: str) -> None:
    """Whatever it lies about, at the record that tells of it; `check-snapshots` says the same."""
    liar = telling(life, summary(life, SIZE, lie).body())
    bundle = bundled(liar, tmp_path)

    assert found(bundle) == (code, len(life.records))
    assert _audited(bundle) == (code, len(life.records))


@pytest.mark.parametrize(
    "told",
    [
        {"tree_size": str(SIZE + 1)},
        {"tree_size": str(SIZE - 1)},
        {"tree_size": "9999999999999999999"},
        {"tree_root": "00" * 32},
    ],
)
def test_a_snapshot_of_another_tree_is_named_by_both(
    life: Life, tmp_path: Path, told: dict[str, str]
) -> None:
    """Of another size or root, or of entries that are yet to come."""
    bundle = bundled(telling(life, summary(life, SIZE).body() | told), tmp_path)

    assert found(bundle) == ("snapshot_tree_mismatch", len(life.records))
    assert _audited(bundle) == ("snapshot_tree_mismatch", len(life.records))


def test_a_snapshot_that_counts_its_own_record_is_of_no_tree_before_it(
    life: Life, tmp_path: Path
) -> None:
    """What it says cannot be known before it is said."""
    size = len(life.records)
    early = summary(life, size).body() | {"tree_size": str(size + 1)}
    liar = telling(telling(life, early), early)

    assert found(bundled(liar, tmp_path)) == ("snapshot_tree_mismatch", size)


def test_every_field_of_a_snapshot_has_a_name_for_its_lie(life: Life) -> None:
    """Each is changed by itself, with all keys stolen."""
    index = next(n for n, raw in enumerate(life.records) if b'"kind":"log.snapshot"' in raw)
    begun, rest, told = Begun(life, index), life.records[index + 1 :], dict[str, Found]()
    for place, changed in flips(json.loads(life.records[index])):
        if place.startswith("body/"):
            told[place.removeprefix("body/")] = begun.found((canonical(changed), *rest))

    assert told == {
        "tree_size": ("snapshot_tree_mismatch", index),
        "tree_root": ("snapshot_tree_mismatch", index),
        "serials/count": ("snapshot_serials_mismatch", index),
        "serials/root": ("snapshot_serials_mismatch", index),
        "accounts/count": ("snapshot_accounts_mismatch", index),
        "accounts/root": ("snapshot_accounts_mismatch", index),
    }


@pytest.mark.parametrize("size", [0, 1, SIZE, TILE_WIDTH])
def test_a_true_snapshot_passes(life: Life, tmp_path: Path, size: int) -> None:
    """Of nothing, of a few entries, of a full tile; and so does one told of a second time."""
    body = summary(life, size).body()
    bundle = bundled(telling(telling(life, body), body), tmp_path)

    assert found(bundle) is None
    assert [told.summary.tree_size for told in audit_snapshots(bundle, POLICY).snapshots] == [
        0,  # the life's own
        size,
        size,
    ]


def test_both_make_the_same_snapshot_of_every_size(life: Life) -> None:
    """Each in its own code, of all that a life comes to."""
    replay, tree = Replay(State(), life.rulebooks, life.records.__getitem__), Frontier()
    records = [json.loads(raw) for raw in life.records]
    leaves = [leaf_hash(raw) for raw in life.records]
    requests = independent.Requests(life.home)
    auditor = independent.Auditor(records, leaves, life.rulebooks, requests)
    for index, raw in enumerate(life.records):
        body = Snapshot.of(replay.state, tree).summary().body()
        assert auditor.snapshot() | {"tree_size": str(index)} == body
        replay.feed(index, raw)
        tree = tree.grow([leaf_hash(raw)])
        auditor.take_next(index)


@pytest.mark.parametrize("until", [SIZE - 50, SIZE, SIZE + 1, SIZE + 30])
def test_a_visit_that_goes_on_still_makes_snapshots(life: Life, tmp_path: Path, until: int) -> None:
    """Also one of what an earlier visit saw, that is told of only now."""
    visited = bundled(life.but(life.records[:until]), tmp_path / "visited")
    save(tmp_path / "state", visit(visited).verify().saved)
    true = bundled(telling(life, summary(life, SIZE).body()), tmp_path / "true")
    liar = bundled(telling(life, summary(life, SIZE, _to_another).body()), tmp_path / "liar")

    again = visit(true).verify(load(tmp_path / "state"))
    assert (again.first, again.totals.records) == (until, len(life.records) + 1)
    with pytest.raises(LogFault) as fault:
        visit(liar).verify(load(tmp_path / "state"))
    assert (fault.value.code, fault.value.index) == (
        "snapshot_serials_mismatch",
        len(life.records),
    )


def test_what_was_visited_is_not_replayed_from_other_entries(life: Life, tmp_path: Path) -> None:
    """Where a snapshot of them is told of later, they must be those of the earlier visit."""
    until = SIZE + 1
    visited = bundled(life.but(life.records[:until]), tmp_path / "visited")
    saved = visit(visited).verify().saved
    bundle = bundled(telling(life, summary(life, SIZE).body()), tmp_path / "now")
    record = json.loads(life.records[7])
    other = canonical(record | {"salt": record["salt"][::-1]})
    first = [*life.records[:7], other, *life.records[8:TILE_WIDTH]]
    (bundle / "tile/entries/000").write_bytes(write_bundle(first))

    with pytest.raises(NotConsistent):
        visit(bundle).verify(saved)


def test_a_bundle_without_a_checkpoint_has_no_snapshots(life: Life, tmp_path: Path) -> None:
    """As nobody vouches for it."""
    bundle = bundled(life, tmp_path)
    (bundle / "checkpoint").unlink()

    with pytest.raises(CheckpointMissing):
        audit_snapshots(bundle, POLICY)


def _audited(bundle: Path) -> Found:
    try:
        audit_snapshots(bundle, POLICY)
    except LogFault as fault:
        return fault.code, fault.index
    return None
