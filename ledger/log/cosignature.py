"""Signatures of checkpoints and other notes: which bytes each kind signs, made and verified.

Source: C2SP signed-note and tlog-cosignature. Pure: time is told by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.log.checkpoint import parse_checkpoint
from ledger.log.faults import LogFault
from ledger.log.keys import SignatureRefused, SigningKey
from ledger.log.note import Note, SignatureLine
from ledger.log.vkey import SignatureKind, VerifierKey

TIME_MAX: Final = 2**63 - 1
"""Seconds since 1970 at most. Source: C2SP tlog-cosignature, "Format"."""

_TIME_BYTES: Final = 8
_NAME_BYTES_MAX: Final = 255
_TIMED: Final = frozenset({SignatureKind.ED25519_COSIGNATURE, SignatureKind.MLDSA44_COSIGNATURE})


@dataclass(eq=False)
class UnfitForKind(LogFault):
    """A text, a name or a time that this kind of signature cannot cover."""

    code: ClassVar[str] = "unfit_for_kind"


@dataclass(frozen=True, slots=True)
class Signer:
    """A key, the name it signs under, and the kind of its signatures."""

    name: str
    kind: SignatureKind
    key: SigningKey

    @property
    def vkey(self) -> VerifierKey:
        """What others verify this signer's lines with."""
        return VerifierKey(self.name, self.kind, self.key.public)

    def sign(self, text: str, at: int = 0) -> SignatureLine:
        """Sign a note's text.

        Args:
            text: ends in a newline; a checkpoint, where the kind wants one.
            at: seconds since 1970, where the kind tells time; 0 tells none.

        Raises:
            CheckpointMalformed: the kind signs checkpoints, and this is none.
            UnfitForKind: the kind cannot cover this text or time.
        """
        vkey = self.vkey
        signature = self.key.sign(_message(vkey, text, at))
        time = at.to_bytes(_TIME_BYTES, "big") if self.kind in _TIMED else b""
        return SignatureLine(self.name, vkey.key_id, time + signature)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was verified."""

    key: VerifierKey
    line: SignatureLine
    at: int
    """Seconds since 1970 as the signer tells; 0 if it tells none."""


def check_signatures(note: Note, keys: Iterable[VerifierKey]) -> tuple[Signed, ...]:
    """Answer the signatures of known keys, in the note's order; all of them must hold.

    Lines of unknown keys are passed over, also where only the name or only the id is known.

    Raises:
        SignatureRefused: a known key's signature does not hold: the note is not to be trusted.
        CheckpointMalformed: a known key signs checkpoints, and the text is none.
    """
    known = {(key.name, key.key_id): key for key in keys}
    claims = ((known.get((line.name, line.key_id)), line) for line in note.signatures)
    return tuple(_checked(key, note.text, line) for key, line in claims if key is not None)


def _checked(key: VerifierKey, text: str, line: SignatureLine) -> Signed:
    at, signature = 0, line.signature
    if key.kind in _TIMED:
        at, signature = int.from_bytes(signature[:_TIME_BYTES], "big"), signature[_TIME_BYTES:]
    try:
        key.public.verify(_message(key, text, at), signature)
    except (SignatureRefused, UnfitForKind):
        raise SignatureRefused(f"The signature of {key.name} does not hold.") from None
    return Signed(key, line, at)


def _message(key: VerifierKey, text: str, at: int) -> bytes:
    if not 0 <= at <= TIME_MAX:
        raise UnfitForKind("The time is outside what a cosignature can tell.")
    match key.kind:
        case SignatureKind.ED25519 | SignatureKind.SM2_SM3:
            return text.encode()
        case SignatureKind.ED25519_COSIGNATURE:
            return f"cosignature/v1\ntime {at}\n{text}".encode()
        case SignatureKind.MLDSA44_COSIGNATURE:
            return _cosigned_message(key.name, text, at)


def _cosigned_message(name: str, text: str, at: int) -> bytes:
    """Write the `cosigned_message` of a whole tree.

    It leaves out extension lines; a checkpoint that has some is refused, so that nothing stands
    in a note which a signature seems to cover and does not.
    """
    head = parse_checkpoint(text)
    if head.extensions:
        raise UnfitForKind("Cosignatures of ML-DSA-44 cover no extension lines.")
    numbers = (number.to_bytes(_TIME_BYTES, "big") for number in (at, 0, head.size))
    time, start, end = numbers
    label = b"subtree/v1\n\0"
    return label + _sized(name) + time + _sized(head.origin) + start + end + head.root


def _sized(name: str) -> bytes:
    raw = name.encode()
    if len(raw) > _NAME_BYTES_MAX:
        raise UnfitForKind(f"A name has more than {_NAME_BYTES_MAX} bytes.")
    return len(raw).to_bytes(1, "big") + raw
