"""A day's snapshot of a log: its leaves in two Merkle trees, and what the log says of them. Pure.

Source: signing.md §3. A snapshot is only worth something because whoever replays the log to the
tree it names comes to the same roots: then a proof against them convinces those who may not see the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from ledger.log.canonical import leaf_hash
from ledger.log.faults import LogFault
from ledger.log.intervals import Interval, accounts_of, check_order, serials_of
from ledger.log.reading import Record, read_record
from ledger.log.tiles import Edge, TileReader
from ledger.log.tree import Frontier, inclusion_proof, verify_inclusion

if TYPE_CHECKING:
    from ledger.log.replay_state import State
    from ledger.model.command import Plain

KIND: Final = "log.snapshot"


class NoSnapshot(LogFault):
    """A record is not that of a snapshot."""

    code: ClassVar[str] = "no_snapshot"


class NeighbourMissing(LogFault):
    """A proof does not show what stands directly before and after the serials it is about."""

    code: ClassVar[str] = "neighbour_missing"


class NotOneState(LogFault):
    """The serials asked about are not all in the one interval that is shown."""

    code: ClassVar[str] = "not_one_state"


@dataclass(frozen=True, slots=True)
class Part:
    """One of a snapshot's trees: how many leaves, and the root over them."""

    count: int
    root: bytes

    @classmethod
    def of(cls, leaves: Sequence[Interval]) -> Part:
        """Grow the tree of these leaves, as the log's own grows. Source: RFC 9162 §2.1."""
        tree = Frontier().grow(leaf_hash(each.raw) for each in leaves)
        return cls(tree.size, tree.root())


@dataclass(frozen=True, slots=True)
class Summary:
    """What a snapshot's record says: the tree it summarises, and the roots of its own two."""

    tree_size: int
    tree_root: bytes
    serials: Part
    accounts: Part

    def body(self) -> dict[str, Plain]:
        """Spell it as the body of its record."""
        return {
            "tree_size": str(self.tree_size),
            "tree_root": self.tree_root.hex(),
            "serials": _spelt(self.serials),
            "accounts": _spelt(self.accounts),
        }

    @classmethod
    def read(cls, record: bytes) -> Summary:
        """Read the record of a snapshot.

        Raises:
            NoSnapshot: it is another act's.
            RecordNotCanonical, RecordNotOfItsShape: it is no record.
        """
        told = read_record(record)
        if told["kind"] != KIND or "body" not in told:
            raise NoSnapshot(f"{told['id']} is a record of {told['kind']}.")
        return cls.of(told["body"])

    @classmethod
    def of(cls, body: Record) -> Summary:
        """Take what the body of a snapshot's record says; its shape was looked at before."""
        told = (body[name] for name in _PARTS)
        parts = (Part(int(part["count"]), bytes.fromhex(part["root"])) for part in told)
        return cls(int(body["tree_size"]), bytes.fromhex(body["tree_root"]), *parts)


_PARTS: Final = ("serials", "accounts")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The leaves of both trees, sorted, and the log's tree they were made of."""

    tree: Frontier
    serials: Sequence[Interval]
    accounts: Sequence[Interval]

    @classmethod
    def of(cls, state: State, tree: Frontier) -> Snapshot:
        """Take it of what the replay of a whole tree came to."""
        return cls(tree, serials_of(state), accounts_of(state))

    def summary(self) -> Summary:
        """Return what the log is to say of it."""
        parts = (Part.of(self.serials), Part.of(self.accounts))
        return Summary(self.tree.size, self.tree.root(), *parts)


@dataclass(frozen=True, slots=True)
class Shown:
    """A leaf, its index in its tree, and the path that proves it: hashes from its sibling up."""

    index: int
    leaf: Interval
    path: tuple[bytes, ...]


def show(leaves: Sequence[Interval], index: int) -> list[Shown]:
    """Prove a leaf and its neighbours.

    Cost: the whole tree is hashed.
    """
    _, tiles = Edge().grow([leaf_hash(each.raw) for each in leaves])
    reader = TileReader(len(leaves), {tile.path: raw for tile, raw in tiles}.__getitem__)
    around = range(max(index - 1, 0), min(index + 2, len(leaves)))
    return [Shown(at, leaves[at], tuple(inclusion_proof(reader, at, len(leaves)))) for at in around]


def verify_shown(shown: Sequence[Shown], part: Part, wanted: Interval) -> Interval:
    """Accept that one leaf covers all of `wanted`, and no other leaf any of it; return that leaf.

    Args:
        shown: the leaf and those beside it, in order.
        part: the tree's head, out of a record that the log holds.
        wanted: the run asked about; its `raw` is not looked at.

    Raises:
        WrongProof, MisshapenProof, OutOfTree: a leaf is not in the tree at its index.
        IntervalsOverlap: the leaves meet, or are out of order.
        NotOneState: none of them covers what is asked about.
        NeighbourMissing: one that stands beside it is not shown.
    """
    for each in shown:
        verify_inclusion(leaf_hash(each.leaf.raw), each.index, part.count, each.path, part.root)
    check_order([each.leaf for each in shown])
    found = next((each for each in shown if _covers(each.leaf, wanted)), None)
    if found is None:
        raise NotOneState(
            f"{wanted.series} {wanted.first} to {wanted.past - 1} is not in one leaf."
        )
    beside = range(max(found.index - 1, 0), min(found.index + 2, part.count))
    if [each.index for each in shown] != list(beside):
        raise NeighbourMissing("What stands beside the leaf is not shown.", index=found.index)
    return found.leaf


def _covers(leaf: Interval, wanted: Interval) -> bool:
    return leaf.series == wanted.series and leaf.first <= wanted.first < wanted.past <= leaf.past


def _spelt(part: Part) -> dict[str, Plain]:
    return {"count": str(part.count), "root": part.root.hex()}
