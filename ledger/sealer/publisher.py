"""Say what was sealed: tiles first, then the head outside the database, then a signed checkpoint.

Each step may be done again, and what a crash left undone is done at the next start. The head is
moved by compare-and-swap before anything is signed, so no size is ever signed with two roots.
Source: signing.md §2.3; C2SP tlog-tiles and tlog-checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.faults import LogFault
from ledger.log.note import parse_note
from ledger.log.published import CHECKPOINT
from ledger.log.tiles import (
    TILE_WIDTH,
    Bundle,
    Edge,
    Tile,
    TileReader,
    bundles_between,
    write_bundle,
)
from ledger.log.tree import EMPTY_ROOT, Frontier, frontier_at
from ledger.sealer.folder import Folder
from ledger.sealer.leaves import Batch, Entries, Leaves
from ledger.sealer.outside import Head, Outside

Sign = Callable[[str], bytes]
"""Sign a checkpoint's text and return the note, cosigned if it must be; else raise `QuorumMissing`."""

_RECOVERY: Final = "See docs/log.md, After a restore."


@dataclass(eq=False)
class RolledBack(LogFault):
    """The database has fewer leaves than were published: it was restored from an older state."""

    code: ClassVar[str] = "database_rolled_back"


@dataclass(eq=False)
class Forked(LogFault):
    """The database has other leaves than were published, or another tree than its leaves make."""

    code: ClassVar[str] = "database_forked"


@dataclass(eq=False)
class HeadLost(LogFault):
    """The store outside the database is gone, or is older than the checkpoint that is published."""

    code: ClassVar[str] = "head_lost"


@dataclass(frozen=True, slots=True)
class _Said:
    """What is out: the tree's frontier, and from what tiles and bundles grow."""

    tree: Frontier
    edge: Edge
    last: list[bytes]
    """The entries of the bundle that is not full."""

    @property
    def head(self) -> Head:
        """Return what is said of it."""
        return Head(self.tree.size, self.tree.root())

    def grow(self, batch: Batch) -> tuple[_Said, list[tuple[str, bytes]]]:
        """Append what the tree has grown by; return what there is then, and the files to write."""
        edge, tiles = self.edge.grow(batch.entries.leaves)
        bodies, first = [*self.last, *batch.entries.bodies], _start(self.tree)
        files = []
        for bundle in bundles_between(self.tree.size, batch.tree.size):
            at = bundle.first - first
            files.append((bundle.path, write_bundle(bodies[at : at + bundle.width])))
        files += ((tile.path, raw) for tile, raw in tiles)
        return _Said(batch.tree, edge, bodies[_start(batch.tree) - first :]), files


_NOTHING: Final = _Said(Frontier(), Edge(), [])


class Publisher:
    """Publishes one log, step by step behind the sealer; only the sealer's process may have one."""

    def __init__(self, origin: str, folder: Folder, outside: Outside, sign: Sign) -> None:
        """Bring together what a log is published with; `open` comes before everything else."""
        self._origin = origin
        self._folder = folder
        self._outside = outside
        self._sign = sign
        self._said = _NOTHING
        self._announced: int | None = None  # leaves under the checkpoint that is published

    @property
    def tree(self) -> Frontier:
        """Return the tree under the head."""
        return self._said.tree

    @property
    def size(self) -> int:
        """Return how many leaves are under the head."""
        return self._said.tree.size

    @property
    def is_announced(self) -> bool:
        """Tell whether the checkpoint of the head is published."""
        return self._announced == self.size

    def open(self, leaves: Leaves, chunk: int, *, rewrite: bool = False) -> Frontier:
        """Hold the database against all that was ever said of it, and return its tree.

        Tiles that are missing or damaged are written again from the database; with `rewrite`, all.
        Memory: `chunk` leaves at a time, with their records.

        Raises:
            RolledBack: the database is older than what was said.
            Forked: it says something else.
            HeadLost: what was said last is not known any more.
        """
        tree = leaves.frontier()
        head = self._known_head(tree)
        if tree.size < head.size:
            raise RolledBack(
                f"The database has {tree.size} leaves, but {head.size} are published. {_RECOVERY}"
            )
        said = None if rewrite else self._on_disk(leaves, head)
        self._said = said or self._rewritten(leaves, head, chunk)
        grown = self._said.tree
        for first, past in _runs(head.size, tree.size, chunk):
            grown = grown.grow(leaves.hashes(first, past))
        if grown != tree:
            raise Forked(f"The database's tree is not the one its leaves make. {_RECOVERY}")
        published = self._published()
        self._announced = published.size if published else None
        return tree

    def check_seen(self, seen: Iterable[Checkpoint], tree: Frontier) -> None:
        """Hold what others have seen of this log against it; a smaller tree must be its beginning.

        Raises:
            RolledBack: somebody has seen more leaves than the database has.
            HeadLost: or more than the store outside remembers.
            Forked: or others.
        """
        reader = TileReader(self.size, self._folder.fetch)
        for each in seen:
            told = f"A witness has seen {each.size} leaves"
            if each.size > tree.size:
                raise RolledBack(f"{told}; the database has {tree.size}. {_RECOVERY}")
            if each.size > self.size:
                raise HeadLost(f"{told}; the store outside tells of {self.size}. {_RECOVERY}")
            if frontier_at(reader, each.size).root() != each.root:
                raise Forked(f"{told} that are not those of this log. {_RECOVERY}")

    def catch_up(self, leaves: Leaves, tree: Frontier, chunk: int) -> None:
        """Publish what was sealed and is not published: a crash came between the two.

        Cost: a statement for each `chunk` leaves. Memory: their records.

        Raises:
            HeadMoved: as `publish`.
            Forked: the leaves do not make the tree.
            RecordAltered: nor do the records make the leaves.
        """
        for first, past in _runs(self.size, tree.size, chunk):
            batch = _grown(self.tree, leaves.entries(first, past))
            if past == tree.size and batch.tree != tree:
                raise Forked(f"The database's tree is not the one its leaves make. {_RECOVERY}")
            self.publish(batch)

    def publish(self, batch: Batch) -> None:
        """Write what the tree under the head has grown by, and move the head over it.

        Raises:
            HeadMoved: somebody else published meanwhile; stop.
        """
        said, files = self._said.grow(batch)
        self._folder.write(files)
        old = self._said.head
        self._outside.advance(self._origin, old, said.head)
        self._said = said
        self._tidy(old.size)

    def announce(self) -> None:
        """Sign the head that the store outside has taken down, and put it where everybody looks.

        One thread may do so while another publishes; the head is that of the moment it began.

        Raises:
            QuorumMissing: witnesses do not cosign it; the last checkpoint stays.
        """
        head = self._said.head
        note = self._sign(str(Checkpoint(self._origin, head.size, head.root)))
        self._folder.write([(CHECKPOINT, note)])
        self._announced = head.size

    def _tidy(self, old: int) -> None:
        """Drop the partial tiles and bundles that have become full since `old` leaves."""
        size, level = self.size, 0
        while old < size:
            for index in range(old // TILE_WIDTH, size // TILE_WIDTH):
                self._folder.drop_partial(Tile(level, index))
                if level == 0:
                    self._folder.drop_partial(Bundle(index))
            old, size, level = old // TILE_WIDTH, size // TILE_WIDTH, level + 1

    def _known_head(self, tree: Frontier) -> Head:
        """Read what was said last; take down that nothing was, where that is so."""
        head, published = self._outside.head(self._origin), self._published()
        if head is None:
            if tree.size or published:
                raise HeadLost(f"The store outside the database knows no such log. {_RECOVERY}")
            head = Head(0, EMPTY_ROOT)
            self._outside.begin(self._origin, head)
        if published and (published.size, published.root) != (head.size, head.root):
            if published.size > head.size:
                raise HeadLost(f"The store outside is older than the checkpoint. {_RECOVERY}")
            if published.size == head.size:
                raise Forked(f"The checkpoint and the store outside differ. {_RECOVERY}")
        return head

    def _published(self) -> Checkpoint | None:
        """Read our own checkpoint; what is none, or another log's, is refused."""
        raw = self._folder.checkpoint()
        if raw is None:
            return None
        found = parse_checkpoint(parse_note(raw).text)
        if found.origin != self._origin:
            raise HeadLost(f"The folder is that of the log {found.origin}. {_RECOVERY}")
        return found

    def _on_disk(self, leaves: Leaves, head: Head) -> _Said | None:
        """Read the published tree's right side; nothing, if it is not all there or is not that tree."""
        fetch = self._folder.fetch
        try:
            tree = frontier_at(TileReader(head.size, fetch), head.size)
            edge = Edge.read(head.size, fetch)
        except LogFault:
            return None
        if Head(tree.size, tree.root()) != head:
            return None
        last = leaves.entries(_start(tree), tree.size)
        if b"".join(last.leaves) != _open_tile(edge):
            raise Forked(f"The database has other leaves than were published. {_RECOVERY}")
        return _Said(tree, edge, last.bodies)

    def _rewritten(self, leaves: Leaves, head: Head, chunk: int) -> _Said:
        """Write the published tree's files again, once it is known that the database has that tree."""
        tree = Frontier()
        for first, past in _runs(0, head.size, chunk):
            tree = tree.grow(leaves.hashes(first, past))
        if tree.root() != head.root:
            raise Forked(f"The database has other leaves than were published. {_RECOVERY}")
        self._said = _NOTHING
        for first, past in _runs(0, head.size, chunk):
            batch = _grown(self.tree, leaves.entries(first, past))
            self._said, files = self._said.grow(batch)
            self._folder.write(files)
        self._tidy(0)
        return self._said


def _grown(tree: Frontier, entries: Entries) -> Batch:
    return Batch(tree.grow(entries.leaves), entries)


def _start(tree: Frontier) -> int:
    """Return the first index of the tile and bundle that the next leaf is in."""
    return tree.size // TILE_WIDTH * TILE_WIDTH


def _open_tile(edge: Edge) -> bytes:
    return edge.levels[0] if edge.levels else b""


def _runs(first: int, past: int, chunk: int) -> Iterator[tuple[int, int]]:
    for start in range(first, past, chunk):
        yield start, min(past, start + chunk)
