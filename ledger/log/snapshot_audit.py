"""Replay a log, and hold every snapshot it tells of against the state it was then in. No database.

This is what makes a proof against a snapshot worth something. Source: signing.md §5, point 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, NamedTuple, TypeAlias

from ledger.log.bundle import CHECKPOINT, rulebooks_in
from ledger.log.canonical import leaf_hash
from ledger.log.faults import LogFault
from ledger.log.leaves import Entries, Recalled
from ledger.log.opening import OpenCheckpoint, open_checkpoint
from ledger.log.policy import Policy
from ledger.log.replay import Replay
from ledger.log.replay_state import State
from ledger.log.snapshot import KIND, Snapshot, Summary
from ledger.log.tree import Frontier
from ledger.log.verify import RootMismatch

_TOGETHER: Final = 4096  # entries hashed together
_MARK: Final = f'"kind":"{KIND}"'.encode()


class SnapshotMismatch(LogFault):
    """A snapshot is not what the records of the tree it names come to."""

    code: ClassVar[str] = "snapshot_mismatch"


class Told(NamedTuple):
    """A snapshot's record: where it is in the log, and what it says."""

    at: int
    summary: Summary


BySize: TypeAlias = Mapping[int, Sequence[Told]]
"""Snapshots by the size of the tree each is of."""


@dataclass(frozen=True, slots=True)
class Audited:
    """Who vouches for the log, and the snapshots in it, each of which is what it says."""

    checkpoint: OpenCheckpoint
    snapshots: Sequence[Told]


def audit_snapshots(root: Path, policy: Policy) -> Audited:
    """Make every snapshot of a bundle again, from its first record on.

    Cost: the log is read twice and replayed once; each snapshot about 4 µs a leaf.

    Raises:
        SnapshotMismatch: with the index of the snapshot's record.
        RootMismatch: the entries are not those of the checkpoint.
        LogFault: of `open_checkpoint` and of the replay.
    """
    try:
        opened = open_checkpoint((root / CHECKPOINT).read_bytes(), policy)
    except FileNotFoundError:
        raise RootMismatch("The bundle has no checkpoint.") from None
    head = opened.checkpoint
    told = snapshots_in(root, head.size)
    _, tree = replayed(root, head.size, rulebooks_in(root), told)
    if tree.root() != head.root:
        raise RootMismatch(f"{head.size} entries make another root than the checkpoint's")
    return Audited(opened, sorted(each for some in told.values() for each in some))


def snapshots_in(root: Path, size: int) -> BySize:
    """Find the snapshots that the first entries of a folder tell of.

    Raises:
        SnapshotMismatch: one of them is of what came after it.
        LogFault: an entry is missing, or a snapshot's record is none.
    """
    found: dict[int, list[Told]] = {}
    for index, raw in Entries(root, 0, size).raw():
        if _MARK not in raw:
            continue
        summary = Summary.read(raw)
        if summary.tree_size > index:
            raise SnapshotMismatch(f"it is of {summary.tree_size} entries", index=index)
        found.setdefault(summary.tree_size, []).append(Told(index, summary))
    return found


def replayed(
    folder: Path, size: int, rulebooks: Mapping[str, bytes], told: BySize
) -> tuple[State, Frontier]:
    """Replay the first entries of a folder; return what they come to, and their tree.

    Raises:
        SnapshotMismatch: a snapshot among `told` is another than is found at its size.
        LogFault: an entry is missing, or is not what the ones before it allow.
    """
    replay, tree = Replay(State(), rulebooks, Recalled(folder, size)), Frontier()
    hashes: list[bytes] = []
    for index, raw in Entries(folder, 0, size).raw():
        if index in told or len(hashes) == _TOGETHER:
            tree = tree.grow(hashes)
            hashes.clear()
            _check(told.get(index, ()), replay.state, tree)
        replay.feed(index, raw)
        hashes.append(leaf_hash(raw))
    replay.finish()
    return replay.state, tree.grow(hashes)


def _check(told: Sequence[Told], state: State, tree: Frontier) -> None:
    if not told:
        return
    made = Snapshot.of(state, tree).summary()
    for each in told:
        if each.summary != made:
            raise SnapshotMismatch("it is not what was replayed", index=each.at)
