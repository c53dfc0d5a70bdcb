"""What a witness is asked and what it answers: it cosigns a log's tree only if it has grown.

Source: C2SP tlog-witness, "add-checkpoint".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.log.checkpoint import Checkpoint, check_empty_root
from ledger.log.cosignature import Signer
from ledger.log.faults import LogFault
from ledger.log.note import NOTE_BYTES_MAX, Note, SignatureLine
from ledger.log.opening import OpenCheckpoint, open_log_checkpoint
from ledger.log.policy import Policy
from ledger.log.spelling import base64_bytes, base64_text, decimal
from ledger.log.tree import EMPTY_ROOT, MisshapenProof, verify_consistency
from ledger.log.witness_store import Kept, WitnessStore

PROOF_LINES_MAX: Final = 63
"""Source: C2SP tlog-witness, "add-checkpoint"."""

REQUEST_BYTES_MAX: Final = NOTE_BYTES_MAX + 4 * 1024
"""A note, 63 lines of 45 bytes and a line of 24."""


@dataclass(eq=False)
class RequestMalformed(LogFault):
    """Bytes are no request to cosign a checkpoint."""

    code: ClassVar[str] = "request_malformed"


@dataclass(eq=False)
class OldSizeConflict(LogFault):
    """The asker does not start from the tree that the witness cosigned last."""

    code: ClassVar[str] = "old_size_conflict"
    size: int
    """Leaves of that tree; 0 if it cosigned none."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: here is a checkpoint, and a proof that it grew from the one you know.

    Args:
        old: leaves of the tree the witness is believed to know, 0 for none.
        proof: from that tree to the new one; empty from 0.
        checkpoint: a note that the log signed.
    """

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def __bytes__(self) -> bytes:
        """Write the body that `parse_request` reads."""
        lines = [f"old {self.old}", *map(base64_text, self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode() + self.checkpoint


def parse_request(body: bytes) -> AddCheckpoint:
    """Read the body of a request; the checkpoint in it is not read yet.

    Raises:
        RequestMalformed: another form, or too many lines of proof.
    """
    head, blank, checkpoint = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise RequestMalformed("The request's own lines are not ASCII.") from None
    word, _, number = first.partition(" ")
    old = decimal(number)
    if not blank or word != "old" or old is None or len(lines) > PROOF_LINES_MAX:
        raise RequestMalformed("The request has no old size, proof and blank line.")
    return AddCheckpoint(old, tuple(map(_hash, lines)), checkpoint)


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness: whom it knows, how it signs, and what it has seen.

    Args:
        logs: a policy of which only the logs count.
        signers: of kinds that tell time.
        store: its memory, which nobody else writes.
        clock: seconds since 1970.
    """

    logs: Policy
    signers: tuple[Signer, ...]
    store: WitnessStore
    clock: Callable[[], int]

    def add_checkpoint(self, body: bytes) -> tuple[SignatureLine, ...]:
        """Cosign a checkpoint that grew from the last one, and remember it first.

        Locks: the store, from the look at the last checkpoint until the new one is on disk; so no
        slower request can bring back a smaller tree.

        Raises:
            RequestMalformed, NoteMalformed, CheckpointMalformed: 400 in the protocol; so is an old
                size beyond the new one.
            OriginUnknown: 404.
            SignatureRefused, LogSignatureMissing: 403.
            OldSizeConflict: 409.
            WrongEmptyRoot, MisshapenProof, WrongProof, UnfitForKind: 422.
        """
        request = parse_request(body)
        opened = open_log_checkpoint(request.checkpoint, self.logs)
        head = opened.checkpoint
        if request.old > head.size:
            raise RequestMalformed("The old size is beyond the new one.")
        with self.store.turn(head.origin) as turn:
            check_growth(turn.last, request, head)
            lines = tuple(signer.sign(str(head), self.clock()) for signer in self.signers)
            turn.keep(Kept(head.size, head.root, _kept_note(opened, lines)))
        return lines


def check_growth(last: Kept | None, request: AddCheckpoint, head: Checkpoint) -> None:
    """Refuse a tree that did not grow from the last one.

    Raises:
        OldSizeConflict, WrongEmptyRoot, MisshapenProof, WrongProof: in this order.
    """
    size, root = (last.size, last.root) if last else (0, EMPTY_ROOT)
    if request.old != size:
        raise OldSizeConflict(f"The last tree cosigned has {size} leaves.", size)
    check_empty_root(head)
    if size:
        verify_consistency(size, head.size, request.proof, root, head.root)
    elif request.proof:
        raise MisshapenProof("From a tree without leaves there is nothing to prove.")


def _kept_note(opened: OpenCheckpoint, lines: tuple[SignatureLine, ...]) -> bytes:
    own = tuple(signed.line for signed in opened.log)
    return bytes(Note(str(opened.checkpoint), own + lines))


def _hash(line: str) -> bytes:
    raw = base64_bytes(line)
    if raw is None:
        raise RequestMalformed("A line of the proof is no base64.")
    return raw
