"""The auditor's walk over a bundle, with public keys alone: no database, no network, nobody's word.

Checks in order, and the first failure ends it (signing.md §5): the checkpoint and who vouches for
it; every entry under its root; every entry's bytes and shape; the replay of what they say. Entries
are read while others are hashed, but nothing that they say counts before all is what was signed.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import orjson

from ledger.log.asked import Asked
from ledger.log.bundle import CHECKPOINT, FROM, Progress, rulebooks_in
from ledger.log.faults import LogFault
from ledger.log.leaves import Entries, Recalled, Step
from ledger.log.opening import OpenCheckpoint, open_checkpoint, open_log_checkpoint
from ledger.log.policy import Policy
from ledger.log.remade import Remade, replayed, sizes_told
from ledger.log.replay import Replay
from ledger.log.replay_state import State
from ledger.log.replay_totals import Totals
from ledger.log.tiles import (
    TILE_WIDTH,
    Edge,
    Fetch,
    Tile,
    TileReader,
    in_folder,
    partial_tiles,
    read_tile,
)
from ledger.log.tree import HASH_BYTES, Frontier, frontier_at


class CheckpointMissing(LogFault):
    """The bundle has no checkpoint, so that nobody vouches for any of it."""

    code: ClassVar[str] = "checkpoint_missing"


class EntryNotInTree(LogFault):
    """An entry is not the one that was logged: its hash is another than the tile's."""

    code: ClassVar[str] = "entry_not_in_tree"


class TileNotOfTree(LogFault):
    """A tile's hash is not the one that the tiles below it make."""

    code: ClassVar[str] = "tile_not_of_tree"


class RootMismatch(LogFault):
    """All entries together make another root than the checkpoint's."""

    code: ClassVar[str] = "root_mismatch"


class NotConsistent(LogFault):
    """The log is not the one that was verified before: it was rewritten, or cut."""

    code: ClassVar[str] = "not_consistent"


@dataclass(frozen=True, slots=True)
class Saved:
    """How far an auditor has come: what the next visit goes on from."""

    origin: str
    tree: Frontier
    state: State
    asked: Asked


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found to be so."""

    checkpoint: OpenCheckpoint
    first: int  # entries before this one were verified on an earlier visit
    totals: Totals
    saved: Saved


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of an auditor: the bundle, the auditor's own policy, and how to work."""

    root: Path
    policy: Policy
    progress: Progress
    workers: int = 0  # processes that hash and look at entries; none: all is done in this one

    def verify(self, saved: Saved | None = None) -> Verified:
        """Verify the bundle, from its start or from where an earlier visit ended.

        Raises:
            LogFault: the first thing that is wrong, by its code, with the first bad index. What
                was saved is then of no more use in this process; read it again.
        """
        with _nothing_collected():
            return self._verify(saved)

    def _verify(self, saved: Saved | None) -> Verified:
        opened = open_checkpoint(self._file(CHECKPOINT), self.policy)
        head = opened.checkpoint
        before = saved or Saved(head.origin, Frontier(), State(), Asked())
        if before.origin != head.origin or before.tree.size > head.size:
            raise NotConsistent(f"{before.tree.size} entries of {before.origin} stood before")
        entries = Entries(self.root, before.tree.size, head.size)
        replay = Replay(before.state, rulebooks_in(self.root), Recalled(self.root, head.size))
        remade = self._remade(before.tree, entries)
        reader = _Reader(self.root, replay, before.asked, remade)
        tree = self._grown(before.tree, entries, reader)
        if tree.root() != head.root:
            raise RootMismatch(f"{head.size} entries make another root than the checkpoint's")
        self._check_earlier(opened)
        reader.tell()
        totals = replay.finish()
        after = Saved(head.origin, tree, replay.state, before.asked)
        return Verified(opened, before.tree.size, totals, after)

    def _grown(self, tree: Frontier, entries: Entries, reader: _Reader) -> Frontier:
        """Hash all entries and hold them against the tiles; let them be read meanwhile.

        Raises:
            EntryNotInTree, TileNotOfTree: a hash is not where it should be.
        """
        fetch, edge, whole = in_folder(self.root), Edge(), not tree.size
        last = frozenset(partial_tiles(entries.past))
        for step in entries.steps(self.workers):
            if whole:
                edge, tiles = edge.grow(step.hashes)
                ready = [t for t in tiles if t[0].width == TILE_WIDTH or t[0] in last]
                _check_tiles(ready, fetch)
            else:
                self._check_leaves(step, entries.past)
                tree = tree.grow(step.hashes)
            reader.read(step)
            self.progress("verifying", step.past, entries.past)
        return frontier_at(TileReader(entries.past, fetch), entries.past) if whole else tree

    def _check_leaves(self, step: Step, size: int) -> None:
        """Hold leaf hashes against the lowest tiles, to say which entry is another."""
        fetch, past = in_folder(self.root), step.past
        for place in range(step.first // TILE_WIDTH, -(-past // TILE_WIDTH)):
            tile = Tile(0, place, min(TILE_WIDTH, size - place * TILE_WIDTH))
            told, first = read_tile(tile, fetch), max(step.first, place * TILE_WIDTH)
            end = min((place + 1) * TILE_WIDTH, past)
            made = b"".join(step.hashes[first - step.first : end - step.first])
            start = first % TILE_WIDTH * HASH_BYTES
            if told[start : start + len(made)] != made:
                raise _other_tile(tile, told[:start] + made, told)

    def _remade(self, tree: Frontier, entries: Entries) -> Remade:
        """Get ready to make snapshots again. One of before the last visit, told of since, is rare: all
        that was verified then is replayed for it, and must be what it was.

        Raises:
            NotConsistent: it is not.
            LogFault: as `replayed`.
        """
        wanted = sizes_told(entries)
        early = {size for size in wanted if size < tree.size}
        remade = Remade(wanted - early, tree)
        if early:
            again = replayed(self.root, entries.past, rulebooks_in(self.root), tree.size)
            if again.snapshot.tree != tree:
                raise NotConsistent(f"the first {tree.size} entries are others than before")
            remade.made.update(again.remade.made)
        return remade

    def _check_earlier(self, opened: OpenCheckpoint) -> None:
        """Hold the tree against a checkpoint that the auditor had before, if one came along."""
        if not (self.root / FROM).exists():
            return
        size = opened.checkpoint.size
        earlier = open_log_checkpoint(self._file(FROM), self.policy).checkpoint
        if earlier.origin != opened.checkpoint.origin or earlier.size > size:
            raise NotConsistent(f"an earlier checkpoint told of {earlier.size} entries")
        reader = TileReader(size, in_folder(self.root))
        if frontier_at(reader, earlier.size).root() != earlier.root:
            raise NotConsistent(f"the first {earlier.size} entries are others than before")

    def _file(self, name: str) -> bytes:
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            raise CheckpointMissing(f"The bundle has no {name}.") from None


class _Reader:
    """Reads what entries say while others are hashed, and keeps to itself what is wrong with it.

    Nothing of it counts before the tree is known to be the one that was signed: then `tell` tells.
    """

    def __init__(self, root: Path, replay: Replay, asked: Asked, remade: Remade) -> None:
        """Read into a replay."""
        self._root, self._replay, self._asked, self._remade = root, replay, asked, remade
        self._misshapen: Step | None = None
        self._fault: LogFault | None = None

    def read(self, step: Step) -> None:
        """Read the entries of a step, unless something was wrong before."""
        if step.misshapen is not None and self._misshapen is None:
            self._misshapen = step
        if self._misshapen is not None or self._fault is not None:
            return
        try:
            self._read(step)
        except LogFault as fault:
            self._fault = fault

    def tell(self) -> None:
        """Raise the first thing that is wrong: with the shape of any entry, then with what one says.

        Raises:
            LogFault: as `Step.check_shape`, `Replay.feed_read`, `Asked.check` and `Remade.check`.
        """
        if self._misshapen is not None:
            self._misshapen.check_shape()
        if self._fault is not None:
            raise self._fault

    def _read(self, step: Step) -> None:
        find, remade, state = in_folder(self._root), self._remade, self._replay.state
        for (index, raw), leaf in zip(step.entries(self._root), step.hashes, strict=True):
            record = orjson.loads(raw)
            if remade.wanted:
                remade.take(index, leaf, state)
            self._replay.feed_read(index, record)
            self._asked.check(index, record, find)
            remade.check(index, record)


def _check_tiles(made: list[tuple[Tile, bytes]], fetch: Fetch) -> None:
    for tile, raw in made:
        told = read_tile(tile, fetch)
        if raw != told:
            raise _other_tile(tile, raw, told)


def _other_tile(tile: Tile, made: bytes, told: bytes) -> LogFault:
    """Say which hash of a tile is another: the hash of an entry, or of the tiles below."""
    pairs = zip(_hashes(made), _hashes(told), strict=False)
    offset = next(n for n, (one, other) in enumerate(pairs) if one != other)
    index = (tile.index * TILE_WIDTH + offset) * TILE_WIDTH**tile.level
    if tile.level:
        return TileNotOfTree(f"{tile.path} is not made of the hashes below it", index=index)
    return EntryNotInTree("the entry's hash is not the tile's", index=index)


def _hashes(tile: bytes) -> list[bytes]:
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Let the collector rest: a replay makes no circles, and what it keeps is long-lived.

    To the end: the first collection after a replay goes over all that it keeps, about 1 µs an entry.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
