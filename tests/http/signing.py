"""Parties whose keys sign: made here, shown to be held at the doors, and used on requests."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.log.keys import SoftwareKey, Suite, generate_key
from tests.http.doors import As, Json


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key as its holder has it, with the id it is registered under."""

    key_id: str
    private: SoftwareKey

    @property
    def public(self) -> str:
        """Spell the public half."""
        return self.private.public.raw.hex()


@dataclass(frozen=True, slots=True)
class SigningParty:
    """Someone who registers keys for a party."""

    person: As
    purpose: str = "request"

    def challenge(self, private: SoftwareKey | None = None) -> Json:
        """Ask for a challenge, to a fresh key unless one is given."""
        body = {"purpose": self.purpose, "public_key": public_of(private or fresh())}
        return self.person.must("/v1/keys/challenges", body | {"label": "server 1"})

    def proof(self, private: SoftwareKey) -> Json:
        """Answer a challenge of its own."""
        return answered(self.challenge(private), private)

    def registered(self) -> HeldKey:
        """Register a fresh key."""
        private = fresh()
        return HeldKey(self.person.must("/v1/keys", self.proof(private))["key_id"], private)


def fresh() -> SoftwareKey:
    """Make a key."""
    return generate_key(Suite.ED25519)


def public_of(private: SoftwareKey) -> str:
    """Spell a key's public half."""
    return private.public.raw.hex()


def answered(challenge: Json, private: SoftwareKey) -> Json:
    """Sign a challenge's statement."""
    proof = private.sign(challenge["statement"].encode()).hex()
    return {"challenge_id": challenge["challenge_id"], "proof": proof}
