"""Requests as if a key had signed them, for what the engine and the store make of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from secrets import token_hex

from ledger.log.evidence import Evidence
from ledger.log.keys import SoftwareKey, Suite, generate_key
from ledger.model.command import Actor, Signed
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.desk import Envelope
from settlement.keys import ChallengeOrder, ProofOrder, give_challenge, register_key
from tests.registry import OPERATOR, Registry


def holder_of(party: int) -> Actor:
    """Give who acts for a party: nobody asks for another's keys."""
    return replace(OPERATOR, party=party)


def proved(registry: Registry, party: int) -> ProofOrder:
    """Answer a challenge to a fresh key of a party's for requests."""
    return answered(registry, party, generate_key(Suite.ED25519))


def answered(
    registry: Registry, party: int, private: SoftwareKey, purpose: str = "request"
) -> ProofOrder:
    """Answer a challenge to a key of a party's."""
    order = ChallengeOrder(purpose, private.public.raw, "server")
    answer = registry.ask(holder_of(party), lambda r, a: give_challenge(r, a, order))
    assert answer.outcome is not None
    told = answer.outcome["result"]
    number = decode_id(IdPrefix.CHALLENGE, told["challenge_id"])
    assert number is not None
    return ProofOrder(number, private.sign(told["statement"].encode()))


def registered_key(registry: Registry, party: int = OPERATOR.party) -> int:
    """Register a key of a party's for requests."""
    return key_registered(registry, party, generate_key(Suite.ED25519))


def key_registered(registry: Registry, party: int, private: SoftwareKey) -> int:
    """Register a key of a party's for requests, one that is there already."""
    proof = answered(registry, party, private)
    return registry.must(holder_of(party), lambda r, a: register_key(r, a, proof), "key_id")


def signed_by(registry: Registry, key: int, nonce: str | None = None) -> Signed:
    """Sign something new; its bytes stand for what the doors have checked."""
    told = nonce or token_hex(16)
    named = encode_id(IdPrefix.SIGNING_KEY, key)
    base = f'();keyid="{named}";nonce="{told}"'.encode()
    evidence = Evidence(base, bytes(64), token_hex(16).encode())
    return Signed(
        digest=evidence.digest,
        key=key,
        nonce=told,
        good_until=registry.clock() + timedelta(minutes=5),
        base=evidence.base,
        signature=evidence.signature,
        body=evidence.body,
    )


def signed_envelope(registry: Registry, key: int, nonce: str | None = None) -> Envelope:
    """Put a signed request under a fresh key."""
    plain = registry.asked(OPERATOR, lambda *_: NotImplemented).envelope
    return replace(plain, signed=signed_by(registry, key, nonce))
