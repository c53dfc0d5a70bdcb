"""A proof that travels: serials have one state, by a snapshot that the log holds. One text. Pure.

Its parts, each after a line that names it, hashes in base64 and the rest as it is:

    greenledger/snapshot-proof/v1
    record {…}                       the snapshot's record, as the log has it
    leaf <index> {…}                 a leaf of its tree of serials, first the one before
    <hash>                           the leaf's path, from its sibling up
    …                                up to three leaves: before, the one, after
                                     (a blank line)
    c2sp.org/tlog-proof@v1           that the record is in the log; its checkpoint ends the text

Sources: signing.md §3; C2SP tlog-proof v1 for the last part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.log.canonical import leaf_hash
from ledger.log.intervals import Interval, read_interval
from ledger.log.opening import OpenCheckpoint
from ledger.log.policy import Policy
from ledger.log.proof import LoggedProof, ProofMalformed, parse_proof, verify_proof
from ledger.log.snapshot import Shown, Summary, verify_shown
from ledger.log.spelling import base64_bytes, base64_text, decimal

_HEADER: Final = "greenledger/snapshot-proof/v1"
_RECORD: Final = "record "
_LEAF: Final = "leaf "


@dataclass(frozen=True, slots=True)
class SerialProof:
    """A snapshot's record, the leaves shown of its tree of serials, and the record's place in the log."""

    record: bytes
    shown: tuple[Shown, ...]
    logged: LoggedProof

    def __bytes__(self) -> bytes:
        """Write the text that `parse_serial_proof` reads."""
        lines = [_HEADER.encode(), _RECORD.encode() + self.record]
        for each in self.shown:
            lines.append(f"{_LEAF}{each.index} ".encode() + each.leaf.raw)
            lines += [base64_text(hash_).encode() for hash_ in each.path]
        return b"\n".join(lines) + b"\n\n" + bytes(self.logged)


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof shows: the leaf, what the snapshot says it is of, and who vouches for the log."""

    leaf: Interval
    summary: Summary
    checkpoint: OpenCheckpoint


def parse_serial_proof(raw: bytes) -> SerialProof:
    """Read a proof, accepting exactly the bytes it would be written as.

    Raises:
        ProofMalformed, LeafMalformed: another form, order or spelling.
    """
    head, _, logged = raw.partition(b"\n\n")
    try:
        header, record, *lines = head.decode().split("\n")
    except ValueError:
        raise ProofMalformed("The proof has no header and record.") from None
    if header != _HEADER or not record.startswith(_RECORD):
        raise ProofMalformed("The proof has no header and record.")
    found = SerialProof(
        record.removeprefix(_RECORD).encode(), tuple(_shown(lines)), parse_proof(logged)
    )
    if bytes(found) != raw:
        raise ProofMalformed("The proof is spelled otherwise.")
    return found


def verify_serials(proof: SerialProof, wanted: Interval, policy: Policy) -> Proved:
    """Believe that all serials of a run have one holder and one state, or tell why not.

    Args:
        proof: as it was sent.
        wanted: the run asked about; its `raw` is not looked at.
        policy: the verifier's own.

    Raises:
        LogFault: of `verify_proof`, of `Summary.read`, or of `verify_shown`.
    """
    checkpoint = verify_proof(proof.logged, leaf_hash(proof.record), policy)
    summary = Summary.read(proof.record)
    leaf = verify_shown(proof.shown, summary.serials, wanted)
    return Proved(leaf, summary, checkpoint)


def _shown(lines: Sequence[str]) -> list[Shown]:
    found: list[Shown] = []
    for line in lines:
        if line.startswith(_LEAF):
            number, _, leaf = line.removeprefix(_LEAF).partition(" ")
            index = decimal(number)
            if index is None:
                raise ProofMalformed("A leaf has no index.")
            found.append(Shown(index, read_interval(leaf.encode()), ()))
            continue
        hash_ = base64_bytes(line)
        if hash_ is None or not found:
            raise ProofMalformed("A line of a path is no base64, or of no leaf.")
        last = found.pop()
        found.append(Shown(last.index, last.leaf, (*last.path, hash_)))
    return found
