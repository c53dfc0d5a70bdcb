"""Snapshots made again while a log is replayed, and what the log tells of them held against that.

A snapshot is told of after the entries it is of, so the sizes to stop at are looked for first.
Source: signing.md §5, point 8.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from ledger.log.canonical import leaf_hash
from ledger.log.faults import LogFault
from ledger.log.leaves import Entries, Recalled
from ledger.log.reading import Record
from ledger.log.replay import Replay
from ledger.log.replay_faults import (
    SnapshotAccountsMismatch,
    SnapshotSerialsMismatch,
    SnapshotTreeMismatch,
)
from ledger.log.replay_state import State
from ledger.log.snapshot import KIND, Snapshot, Summary
from ledger.log.tree import Frontier

_TOGETHER: Final = 4096  # entries hashed together
_MARK: Final = f'"kind":"{KIND}"'.encode()
_SIZE: Final = re.compile(rb'"tree_size":"([0-9]{1,19})"')


class Told(NamedTuple):
    """A snapshot's record: where it is in the log, and what it says."""

    at: int
    summary: Summary


@dataclass(slots=True)
class Remade:
    """The snapshots of some sizes of a log, made as its replay passes them."""

    wanted: set[int]
    """Sizes still to come; where none is, nothing is hashed."""

    tree: Frontier
    made: dict[int, Summary] = field(default_factory=dict)
    """What a snapshot of each size must say."""

    told: list[Told] = field(default_factory=list)
    """Those that the log told of, all as they must be."""

    _hashes: list[bytes] = field(default_factory=list)

    def take(self, index: int, leaf: bytes, state: State) -> None:
        """Pass on to an entry: `leaf` is its hash, `state` what the entries before it came to.

        Cost: about 1 µs; 4 to 9 µs a leaf of a snapshot that is wanted of this very size.
        """
        if not self.wanted:
            return
        if index in self.wanted:
            self.wanted.remove(index)
            self.made[index] = Snapshot.of(state, self.grown()).summary()
        self._hashes.append(leaf)
        if len(self._hashes) == _TOGETHER:
            self.grown()

    def grown(self) -> Frontier:
        """Return the tree of all entries passed, while a size is wanted."""
        self.tree = self.tree.grow(self._hashes)
        self._hashes.clear()
        return self.tree

    def check(self, index: int, record: Record) -> None:
        """Hold what a record tells of a snapshot against the one that was made; others tell nothing.

        Raises:
            SnapshotTreeMismatch, SnapshotSerialsMismatch, SnapshotAccountsMismatch: in this order.
        """
        if record["kind"] != KIND or "body" not in record:
            return
        told = Summary.of(record["body"])
        made = self.made.get(told.tree_size)
        if made is None:
            sentence = f"the snapshot is of {told.tree_size} entries, not all of them before it"
            raise SnapshotTreeMismatch(sentence, index=index)
        if told.tree_root != made.tree_root:
            sentence = f"the first {told.tree_size} entries have another root than the snapshot's"
            raise SnapshotTreeMismatch(sentence, index=index)
        if told.serials != made.serials:
            raise SnapshotSerialsMismatch(
                "serials lie otherwise than the snapshot says", index=index
            )
        if told.accounts != made.accounts:
            raise SnapshotAccountsMismatch("accounts have other than it says", index=index)
        self.told.append(Told(index, told))


class Replayed(NamedTuple):
    """What the first entries of a folder come to, and the snapshots met on the way."""

    snapshot: Snapshot
    remade: Remade


def replayed(
    folder: Path, size: int, rulebooks: Mapping[str, bytes], until: int | None = None
) -> Replayed:
    """Replay the entries of a folder, and hold every snapshot told of there against them.

    Args:
        folder: a bundle, or what is published.
        size: how many entries it has.
        rulebooks: the adopted books' bytes by digest.
        until: how many of them to replay, if not all; what is told of these later is made as well.

    Raises:
        LogFault: an entry is missing, or is not what the ones before it allow.
    """
    entries, until = Entries(folder, 0, size), size if until is None else until
    replay = Replay(State(), rulebooks, Recalled(folder, size))
    remade = Remade({*sizes_told(entries), until}, Frontier())
    for index, raw in islice(entries.raw(), until):
        remade.take(index, leaf_hash(raw), replay.state)
        replay.feed(index, raw)
        if _MARK in raw:
            remade.check(index, orjson.loads(raw))
    replay.finish()
    return Replayed(Snapshot.of(replay.state, remade.grown()), remade)


def sizes_told(entries: Entries) -> set[int]:
    """Find the sizes of which entries tell snapshots, whatever else may be wrong with the entries.

    Cost: the entries are read once more, about 1 µs each.
    """
    found = set[int]()
    try:
        for _, raw in entries.holding(_MARK):
            found.update(map(int, _SIZE.findall(raw)))
    except LogFault:  # whoever reads them in earnest will tell
        return found
    return found
