"""Ed25519 keys as W3C documents name them: Multikey text and did:key addresses. Pure.

Source: W3C Controlled Identifiers 1.0, "Multibase" and "Multikey"; did:key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from ledger.log.faults import LogFault
from ledger.log.keys import PublicKey, Suite

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PLACES: Final = {sign: place for place, sign in enumerate(_ALPHABET)}
_BASE58: Final = "z"
_ED25519: Final = b"\xed\x01"
_CHARS_MAX: Final = 128
"""Work grows with the square of the length; a signature of Ed25519 has 89 characters."""


@dataclass(eq=False)
class MultibaseMalformed(LogFault):
    """A text is no base58 with its prefix, or not what was to be in it."""

    code: ClassVar[str] = "multibase_malformed"


def multibase(raw: bytes) -> str:
    """Write bytes in base58 of the Bitcoin alphabet, with its prefix."""
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    number, signs = int.from_bytes(raw, "big"), ""
    while number:
        number, place = divmod(number, len(_ALPHABET))
        signs = _ALPHABET[place] + signs
    return _BASE58 + _ALPHABET[0] * zeros + signs


def from_multibase(text: str) -> bytes:
    """Read what `multibase` writes.

    Raises:
        MultibaseMalformed: another prefix or alphabet, or longer than anything here.
    """
    signs = text.removeprefix(_BASE58)
    if len(signs) != len(text) - 1 or len(text) > _CHARS_MAX or not set(signs) <= set(_ALPHABET):
        raise MultibaseMalformed("The text is not in base58 with its prefix.")
    zeros = len(signs) - len(signs.lstrip(_ALPHABET[0]))
    number = 0
    for sign in signs:
        number = number * len(_ALPHABET) + _PLACES[sign]
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multikey(key: PublicKey) -> str:
    """Write an Ed25519 key, as `z6Mk…`."""
    assert key.suite is Suite.ED25519
    return multibase(_ED25519 + key.raw)


def from_multikey(text: str) -> PublicKey:
    """Read an Ed25519 key.

    Raises:
        MultibaseMalformed: another spelling or kind of key.
        KeyRefused: the key is unsound.
    """
    raw = from_multibase(text)
    if not raw.startswith(_ED25519):
        raise MultibaseMalformed("The key is not one of Ed25519.")
    return PublicKey(Suite.ED25519, raw.removeprefix(_ED25519))


def did_of(key: PublicKey) -> str:
    """Name whoever holds a key by the key itself."""
    return f"did:key:{multikey(key)}"


def method_of(key: PublicKey) -> str:
    """Name the key as a verification method of its own did."""
    return f"{did_of(key)}#{multikey(key)}"
