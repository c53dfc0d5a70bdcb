"""The Merkle tree of the log and its proofs, to the letter of RFC 9162 §2.1 (RFC 6962 §2.1). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, Final, Protocol

from ledger.log.faults import LogFault

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of the tree without leaves. Source: RFC 9162 §2.1.1."""

SIZE_MAX: Final = 2**63 - 1
"""Leaves at most: tree sizes are kept as signed 64-bit integers."""

_SIZE_BYTES: Final = 8


@dataclass(eq=False)
class MisshapenFrontier(LogFault):
    """Bytes that are no frontier: too short, too long, or of an impossible size."""

    code: ClassVar[str] = "misshapen_frontier"


@dataclass(eq=False)
class OutOfTree(LogFault):
    """A proof was asked of a leaf or a size that the tree does not have."""

    code: ClassVar[str] = "out_of_tree"


@dataclass(eq=False)
class MisshapenProof(LogFault):
    """A proof that could fit no tree of the size it names; it was not even tried."""

    code: ClassVar[str] = "misshapen_proof"


@dataclass(eq=False)
class WrongProof(LogFault):
    """A well-shaped proof that leads to another root."""

    code: ClassVar[str] = "wrong_proof"


class Nodes(Protocol):
    """Whoever can tell the hashes of a tree: tiles, or a list of leaves."""

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the `index`-th run of 2^`level` leaves; every one of them is there."""
        ...


@dataclass(frozen=True, slots=True)
class Frontier:
    """What must be remembered of a tree to let it grow: a hash for each perfect tree in it."""

    size: int = 0
    edge: tuple[bytes, ...] = ()
    """Left to right, so largest first; as many as `size` has ones in binary."""

    def grow(self, leaves: Iterable[bytes]) -> Frontier:
        """Append leaf hashes of 32 bytes."""
        row, there, edge = list(leaves), self.size, list(self.edge)
        assert all(len(leaf) == HASH_BYTES for leaf in row)
        size, kept = there + len(row), list[bytes]()
        while row or there:  # level by level: what finds no neighbour there stays, at most one
            if there & 1:
                row.insert(0, edge.pop())
            if len(row) & 1:
                kept.append(row.pop())
            pairs = zip(row[::2], row[1::2], strict=True)
            row = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            there >>= 1
        return Frontier(size, tuple(reversed(kept)))

    def root(self) -> bytes:
        """Return the tree's root. Source: RFC 9162 §2.1.1."""
        return _fold(self.edge) if self.edge else EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """Write the size as 8 bytes, big end first, and the edge."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.edge)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Frontier:
        """Read what `to_bytes` wrote.

        Raises:
            MisshapenFrontier: the bytes are not exactly as many as their size asks for.
        """
        size, hashes = int.from_bytes(raw[:_SIZE_BYTES], "big"), raw[_SIZE_BYTES:]
        if len(raw) < _SIZE_BYTES or size > SIZE_MAX:
            raise MisshapenFrontier("The frontier does not start with a size.")
        if len(hashes) != HASH_BYTES * size.bit_count():
            raise MisshapenFrontier(f"The frontier has not the hashes of a tree of {size} leaves.")
        return cls(size, tuple(cut_hashes(hashes)))


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbours into the node above them. Source: RFC 9162 §2.1.1."""
    return sha256(b"\x01" + left + right).digest()


def cut_hashes(raw: bytes) -> list[bytes]:
    """Take hashes apart that stand one after another."""
    return [raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES)]


def frontier_at(nodes: Nodes, size: int) -> Frontier:
    """Take the frontier of the tree's first `size` leaves."""
    return Frontier(size, tuple(nodes.node(*perfect) for perfect in _perfect(0, size)))


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size` leaves. Source: RFC 9162 §2.1.3.1.

    Raises:
        OutOfTree: there is no such leaf in a tree of that size.
    """
    if not 0 <= index < size:
        raise OutOfTree(f"A tree of {size} leaves has no leaf {index}.")
    low, high, beside = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            beside.append((middle, high))
            high = middle
        else:
            beside.append((low, middle))
            low = middle
    return [_root_of(nodes, *run) for run in reversed(beside)]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """Prove that the tree of `new` leaves begins with that of `old`. Source: RFC 9162 §2.1.4.1.

    Of two trees of one size there is nothing to prove: the proof is empty.

    Raises:
        OutOfTree: no tree, an empty one included, is that much older than the other.
    """
    if not 0 < old <= new:
        raise OutOfTree(f"No proof leads from a tree of {old} leaves to one of {new}.")
    low, high, beside = 0, new, []
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            beside.append((middle, high))
            high = middle
        else:
            beside.append((low, middle))
            low = middle
    if low:  # otherwise the old tree itself, whose root the verifier knows
        beside.append((low, high))
    return [_root_of(nodes, *run) for run in reversed(beside)]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Accept that the tree of `size` leaves and this root has this leaf hash at `index`.

    Source: RFC 9162 §2.1.3.2, its names in the code.

    Raises:
        OutOfTree: the tree has no such leaf; an empty tree has none at all.
        MisshapenProof: too few or too many hashes, or one that is not of 32 bytes.
        WrongProof: the proof leads to another root.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise OutOfTree(f"A tree of {size} leaves has no leaf {index}.", index=index)
    _check_hashes((leaf, root, *proof))
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise MisshapenProof(f"The proof is too long for a tree of {size} leaves.", index=index)
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            fn, sn = _climb(fn, sn)
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise MisshapenProof(f"The proof is too short for a tree of {size} leaves.", index=index)
    if r != root:
        raise WrongProof(f"The proof of leaf {index} leads to another root.", index=index)


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Accept that the tree of `new` leaves and `new_root` begins with that of `old` and `old_root`.

    An empty tree is refused: everything begins with nothing, so nothing is proved by it.
    Source: RFC 9162 §2.1.4.2, its names in the code.

    Raises:
        OutOfTree: the old tree is empty, or larger than the new one.
        MisshapenProof: too few or too many hashes, or one that is not of 32 bytes.
        WrongProof: the proof leads to another root, old or new.
    """
    if not 0 < old <= new <= SIZE_MAX:
        raise OutOfTree(f"No proof leads from a tree of {old} leaves to one of {new}.")
    _check_hashes((old_root, new_root, *proof))
    if old == new:
        if proof:
            raise MisshapenProof("Between trees of one size there is nothing to prove.")
        fr = sr = old_root
    else:
        fr, sr = _fold_consistency(old, new, proof, old_root)
    if (fr, sr) != (old_root, new_root):
        raise WrongProof(f"The proof from {old} to {new} leaves leads to other roots.")


def _fold_consistency(
    first: int, second: int, proof: Sequence[bytes], first_hash: bytes
) -> tuple[bytes, bytes]:
    """Work out the roots of both trees that a proof leads to: steps 1 to 6 of §2.1.4.2."""
    path = [first_hash, *proof] if first.bit_count() == 1 else list(proof)
    if not proof:
        raise MisshapenProof(f"The proof from {first} to {second} leaves is empty.")
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise MisshapenProof(f"The proof from {first} to {second} leaves is too long.")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            fn, sn = _climb(fn, sn)
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise MisshapenProof(f"The proof from {first} to {second} leaves is too short.")
    return fr, sr


def _climb(fn: int, sn: int) -> tuple[int, int]:
    """Skip the levels on which a node at the right edge has no neighbour."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise MisshapenProof(f"A hash is not of {HASH_BYTES} bytes.")


def _split(size: int) -> int:
    """Return the largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _fold(roots: Sequence[bytes]) -> bytes:
    """Join perfect trees, largest first, into the root above them all."""
    *before, folded = roots
    for left in reversed(before):
        folded = node_hash(left, folded)
    return folded


def _perfect(low: int, high: int) -> list[tuple[int, int]]:
    """Part a run of leaves into perfect trees, as level and index, largest first.

    The run starts where a perfect tree of its size would: at nothing, or at a split.
    """
    parts = []
    while low < high:
        level = (high - low).bit_length() - 1
        parts.append((level, low >> level))
        low += 1 << level
    return parts


def _root_of(nodes: Nodes, low: int, high: int) -> bytes:
    return _fold([nodes.node(*perfect) for perfect in _perfect(low, high)])
