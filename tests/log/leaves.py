"""Trees the slow way: straight from the definitions, to hold the quick way against."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger.log.canonical import leaf_hash


def made_up(count: int, salt: str = "") -> list[bytes]:
    """Make so many leaf hashes, no two alike."""
    return [leaf_hash(f"{salt}{n}".encode()) for n in range(count)]


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """Return MTH of RFC 9162 §2.1.1, as the recursion is written there."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PATH of RFC 9162 §2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: Sequence[bytes], *, known: bool = True) -> list[bytes]:
    """Return SUBPROOF of RFC 9162 §2.1.4.1."""
    if m == len(leaves):
        return [] if known else [naive_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*naive_subproof(m, leaves[:k], known=known), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], known=False), naive_root(leaves[:k])]


def split(size: int) -> int:
    """Return the largest power of two below a size."""
    k = 1
    while k * 2 < size:
        k *= 2
    return k


@dataclass(frozen=True)
class Listed:
    """The nodes of a tree whose leaves are at hand."""

    leaves: Sequence[bytes]

    def node(self, level: int, index: int) -> bytes:
        """Return the root of a perfect tree that is all there."""
        run = self.leaves[index << level : (index + 1) << level]
        assert len(run) == 1 << level
        return naive_root(run)
