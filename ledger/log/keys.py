"""Keys and signatures behind one seam: the suite belongs to the key, never to what is signed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger.log.edwards import LOW_ORDER, POINT_BYTES, is_sound_point
from ledger.log.faults import LogFault

MLDSA44_KEY_BYTES: Final = 1312
"""Source: FIPS 204 §4, table 2."""


@dataclass(eq=False)
class KeyRefused(LogFault):
    """A public key is none, or one under which a signature proves nothing."""

    code: ClassVar[str] = "key_refused"


@dataclass(eq=False)
class SignatureRefused(LogFault):
    """A signature does not hold: other bytes, another key, or a form that strict rules refuse."""

    code: ClassVar[str] = "signature_invalid"


class Suite(StrEnum):
    """How a key signs. One key, one suite, for ever."""

    ED25519 = "ed25519"
    """RFC 8032, strictly verified."""

    MLDSA44 = "mldsa44"
    """FIPS 204 with an empty context: the signature that outlives Ed25519."""

    SM2_SM3 = "sm2_sm3"
    """GB/T 32918.2 with the default user id; only verified here, signed in certified devices."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key others may hold us to; its bytes are as a verifier key carries them.

    Args:
        suite: how it verifies.
        raw: 32 bytes (Ed25519), 1312 (ML-DSA-44) or an uncompressed point of 65 (SM2).

    Raises:
        KeyRefused: another length; for Ed25519 a point of low order, written in another way than
            the one way there is, or off the curve; for SM2 off the curve.
    """

    suite: Suite
    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _is_sound(self.suite, self.raw):
            raise KeyRefused(f"These bytes are no sound {self.suite} key.")

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return if the signature holds.

        Raises:
            SignatureRefused: it does not, or its R is of low order (Ed25519).
        """
        try:
            _verify(self, message, signature)
        except InvalidSignature:
            raise SignatureRefused(f"A signature of {self.suite} does not hold.") from None


class SigningKey(Protocol):
    """Whatever signs: a key in a file, or one that never leaves its device."""

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this one signs."""

    def sign(self, message: bytes) -> bytes:
        """Sign a message; the bytes are the suite's own, without any envelope."""


@dataclass(frozen=True, slots=True, repr=False)
class SoftwareKey:
    """A private key in this process's memory."""

    private: Ed25519PrivateKey | MLDSA44PrivateKey

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this one signs."""
        raw = self.private.public_key().public_bytes_raw()
        is_ed25519 = isinstance(self.private, Ed25519PrivateKey)
        return PublicKey(Suite.ED25519 if is_ed25519 else Suite.MLDSA44, raw)

    def sign(self, message: bytes) -> bytes:
        """Sign a message: 64 bytes of Ed25519, 2420 of ML-DSA-44."""
        return self.private.sign(message)


def generate_key(suite: Suite) -> SoftwareKey:
    """Make a fresh key from the machine's randomness.

    Raises:
        KeyRefused: keys of this suite are made in devices only.
    """
    match suite:
        case Suite.ED25519:
            return SoftwareKey(Ed25519PrivateKey.generate())
        case Suite.MLDSA44:
            return SoftwareKey(MLDSA44PrivateKey.generate())
        case Suite.SM2_SM3:
            raise KeyRefused("Keys of SM2 are made and kept in certified devices.")


def _is_sound(suite: Suite, raw: bytes) -> bool:
    match suite:
        case Suite.ED25519:
            return is_sound_point(raw)
        case Suite.MLDSA44:
            return len(raw) == MLDSA44_KEY_BYTES
        case Suite.SM2_SM3:
            from ledger.log.sm2 import is_on_curve

            return is_on_curve(raw)


def _verify(key: PublicKey, message: bytes, signature: bytes) -> None:
    match key.suite:
        case Suite.ED25519:
            if signature[:POINT_BYTES] in LOW_ORDER:
                raise InvalidSignature
            _prepared(key.raw).verify(signature, message)
        case Suite.MLDSA44:
            MLDSA44PublicKey.from_public_bytes(key.raw).verify(signature, message)
        case Suite.SM2_SM3:
            from ledger.log.sm2 import verify

            verify(key.raw, message, signature)


@lru_cache(maxsize=4096)
def _prepared(raw: bytes) -> Ed25519PublicKey:
    """Keep keys that OpenSSL has prepared at their first use: one party signs many requests."""
    return Ed25519PublicKey.from_public_bytes(raw)
