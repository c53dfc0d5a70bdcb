"""Verifier keys: a name, a kind of signature and a public key in one line. Source: C2SP signed-note. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.keys import KeyRefused, PublicKey, Suite
from ledger.log.spelling import base64_bytes, base64_text

KEY_ID_BYTES: Final = 4
_NAMELESS: Final = re.compile(r"[\x00-\x1f+\ud800-\udfff]")
_VKEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+(.+)", re.DOTALL)


@dataclass(eq=False)
class VkeyMalformed(LogFault):
    """A line is no verifier key of a kind that is known here."""

    code: ClassVar[str] = "vkey_malformed"


class SignatureKind(Enum):
    """What a signature line signs, and how; the value is C2SP's signature type.

    Source: C2SP signed-note, "Signature types"; kinds without a byte of their own start with 0xff.
    """

    ED25519 = b"\x01"
    """The text itself: a log's own line."""

    ED25519_COSIGNATURE = b"\x04"
    """Text and time, of a witness. Source: C2SP tlog-cosignature."""

    MLDSA44_COSIGNATURE = b"\x06"
    """Signer, time, origin, size and root, of a log or a witness. Source: C2SP tlog-cosignature."""

    SM2_SM3 = b"\xffgreenledger sm2-sm3 v1\n"
    """The text itself, by a log's own key of commercial cryptography."""

    @property
    def suite(self) -> Suite:
        """The one suite whose keys sign this way."""
        return _SUITES[self]


_SUITES: Final = {
    SignatureKind.ED25519: Suite.ED25519,
    SignatureKind.ED25519_COSIGNATURE: Suite.ED25519,
    SignatureKind.MLDSA44_COSIGNATURE: Suite.MLDSA44,
    SignatureKind.SM2_SM3: Suite.SM2_SM3,
}
KIND_OF_LOG: Final = {
    Suite.ED25519: SignatureKind.ED25519,
    Suite.MLDSA44: SignatureKind.MLDSA44_COSIGNATURE,
}
KIND_OF_WITNESS: Final = {
    Suite.ED25519: SignatureKind.ED25519_COSIGNATURE,
    Suite.MLDSA44: SignatureKind.MLDSA44_COSIGNATURE,
}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under the name it signs with, for one kind of signature.

    Raises:
        VkeyMalformed: the name cannot stand in a note, or the kind is not the key's.
    """

    name: str
    kind: SignatureKind
    public: PublicKey

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise VkeyMalformed("A key name is empty, or has spaces, controls or a plus.")
        if self.kind.suite is not self.public.suite:
            raise VkeyMalformed(f"{self.name} has a key of another suite than its kind.")

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell, with the name, whose a signature claims to be; no secure digest."""
        head = self.name.encode() + b"\n"
        return sha256(head + self.kind.value + self.public.raw).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        """Write the one line that `parse_vkey` reads."""
        return f"{self.name}+{self.key_id.hex()}+{base64_text(self.kind.value + self.public.raw)}"


def is_key_name(name: str) -> bool:
    """Tell whether a name may stand in a signature line: no space of any script, plus or control."""
    return bool(name) and not any(sign.isspace() or _NAMELESS.match(sign) for sign in name)


def parse_vkey(text: str) -> VerifierKey:
    """Read a verifier key; its id must be the one its parts give.

    Raises:
        VkeyMalformed: another form or kind, or an id that does not belong to the rest.
        KeyRefused: the key is unsound.
    """
    parts = _VKEY.fullmatch(text)
    material = base64_bytes(parts[3]) if parts else None
    if parts is None or material is None:
        raise VkeyMalformed("A verifier key is name, id and base64, with plus signs between.")
    key = VerifierKey(parts[1], *_key_of(parts[1], material))
    if key.key_id.hex() != parts[2]:
        raise VkeyMalformed(f"The verifier key of {key.name} does not have the id of its parts.")
    return key


def _key_of(name: str, material: bytes) -> tuple[SignatureKind, PublicKey]:
    kind = next((kind for kind in SignatureKind if material.startswith(kind.value)), None)
    if kind is None:
        raise VkeyMalformed(f"The verifier key of {name} is of a kind that is not known here.")
    try:
        return kind, PublicKey(kind.suite, material[len(kind.value) :])
    except KeyRefused as fault:
        raise KeyRefused(f"{name}: {fault.sentence}") from None
