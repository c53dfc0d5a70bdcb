"""A proof that travels: index, path and checkpoint in one text. Source: C2SP tlog-proof v1. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.opening import OpenCheckpoint, open_checkpoint
from ledger.log.policy import Policy
from ledger.log.spelling import base64_bytes, base64_text, decimal
from ledger.log.tree import HASH_BYTES, SIZE_MAX, verify_inclusion

PROOF_HASHES_MAX: Final = 63
"""A tree of 2^63 leaves has no longer path."""

EXTRA_BYTES_MAX: Final = 64 * 1024
_HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(eq=False)
class ProofMalformed(LogFault):
    """A text is no proof, whatever it may be about."""

    code: ClassVar[str] = "proof_malformed"


@dataclass(frozen=True, slots=True)
class LoggedProof:
    """That some leaf stands at an index of the tree a checkpoint tells of.

    Args:
        index: from 0, below 2^63.
        hashes: the path from the leaf's sibling up, each of 32 bytes, 63 at most.
        checkpoint: the signed note, as it was published.
        extra: anything; nobody vouches for it.

    Raises:
        ProofMalformed: a part out of these bounds.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes = field(repr=False)
    extra: bytes = b""

    def __post_init__(self) -> None:
        whole = all(len(each) == HASH_BYTES for each in self.hashes)
        if not whole or len(self.hashes) > PROOF_HASHES_MAX:
            raise ProofMalformed(f"A path has at most {PROOF_HASHES_MAX} hashes of 32 bytes.")
        if not 0 <= self.index < SIZE_MAX or len(self.extra) > EXTRA_BYTES_MAX:
            raise ProofMalformed("The index or the extra data is out of bounds.")

    def __bytes__(self) -> bytes:
        """Write the text that `parse_proof` reads."""
        extra = [f"extra {base64_text(self.extra)}"] if self.extra else []
        lines = [_HEADER, *extra, f"index {self.index}", *map(base64_text, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint


def parse_proof(raw: bytes) -> LoggedProof:
    """Read a proof, accepting exactly the bytes it would be written as; its checkpoint is not read.

    Raises:
        ProofMalformed: another form, order or spelling.
    """
    head, blank, checkpoint = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise ProofMalformed("The proof's own lines are not ASCII.") from None
    extra = b""
    if lines[1:] and lines[1].startswith("extra "):
        extra = base64_bytes(lines.pop(1).removeprefix("extra ")) or b""
        if not extra:
            raise ProofMalformed("The extra line holds no base64.")
    if not blank or lines[0] != _HEADER or not lines[1:]:
        raise ProofMalformed("The proof has no header, index and blank line.")
    return LoggedProof(_index(lines[1]), tuple(map(_hash, lines[2:])), checkpoint, extra)


def verify_proof(proof: LoggedProof, leaf: bytes, policy: Policy) -> OpenCheckpoint:
    """Believe that a leaf is in the log at the proof's index, or tell why not.

    Args:
        proof: as it was sent.
        leaf: the leaf's hash, worked out by the verifier from what it was given.
        policy: the verifier's own.

    Raises:
        LogFault: of `open_checkpoint`, or of `verify_inclusion`.
    """
    opened = open_checkpoint(proof.checkpoint, policy)
    head = opened.checkpoint
    verify_inclusion(leaf, proof.index, head.size, proof.hashes, head.root)
    return opened


def _index(line: str) -> int:
    word, _, number = line.partition(" ")
    index = decimal(number)
    if word != "index" or index is None:
        raise ProofMalformed("The proof has no index where it belongs.")
    return index


def _hash(line: str) -> bytes:
    raw = base64_bytes(line)
    if raw is None:
        raise ProofMalformed("A line of the path is no base64.")
    return raw
