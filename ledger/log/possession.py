"""Proof of possession: what the holder of a private key signs before its public key counts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ledger.log.keys import PublicKey

_TITLE: Final = "greenledger-key/v1"


@dataclass(frozen=True, slots=True)
class Possession:
    """A claim to hold a key: in which registry, whose, for what, answering which challenge.

    All of it is signed, the key too: no proof serves another registry, party or purpose, and none
    is found to hold under a second key. Source: the reasons of RFC 4211 §4.
    """

    registry: str
    party: str  # as ids are spelt
    purpose: str
    key: PublicKey
    challenge: str  # 32 random bytes, in small hexadecimal digits

    @property
    def statement(self) -> str:
        """The text that is signed: a title, then one line a fact, no newline at the end."""
        facts = {
            "registry": self.registry,
            "party": self.party,
            "purpose": self.purpose,
            "suite": self.key.suite,
            "public_key": self.key.raw.hex(),
            "challenge": self.challenge,
        }
        return "\n".join([_TITLE, *(f"{name} {fact}" for name, fact in facts.items())])

    def check(self, proof: bytes) -> None:
        """Return if the proof is the key's signature of the statement.

        Raises:
            SignatureRefused: it is not.
        """
        self.key.verify(self.statement.encode(), proof)
