"""Keys that sign: shown to be held, registered, rotated, revoked; the log tells which was good when."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.log.faults import LogFault
from ledger.log.keys import PublicKey, Suite
from ledger.log.possession import Possession
from ledger.model.command import Act, EndKey, Enter, Plain
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.refusals import ChallengeExpired, ChallengeUnfit, ProofWrong, PublicKeyRefused

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader

REQUEST: Final = "request"
_CHALLENGE_BYTES: Final = 32
_ANSWERED_WITHIN: Final = timedelta(minutes=10)
_OFFICIALLY_WITHIN: Final = timedelta(hours=96)  # an approval may wait for 72 of them


@dataclass(frozen=True, slots=True)
class ChallengeOrder:
    """A public key that who asks wants registered for its party; 32 bytes of Ed25519."""

    purpose: str
    public_key: bytes
    label: str


@dataclass(frozen=True, slots=True)
class ProofOrder:
    """The answer to a challenge: its statement's signature."""

    challenge: int
    proof: bytes


@dataclass(frozen=True, slots=True)
class KeyRevocation:
    """A key to revoke; from which leaf of the log on whatever it signed is to be looked at again."""

    key: int
    compromised_from_index: int | None = None


def give_challenge(read: Reader, actor: Actor, order: ChallengeOrder) -> Decision:
    """Give the statement that shows, once it is signed, that the private key is held.

    Raises:
        PublicKeyRefused: low order, not canonical, or no point of the curve.
    """
    try:
        key = PublicKey(Suite.ED25519, order.public_key)
    except LogFault as fault:
        raise PublicKeyRefused from fault
    number, challenge = read.numbers.entity(), secrets.token_hex(_CHALLENGE_BYTES)
    within = _ANSWERED_WITHIN if order.purpose == REQUEST else _OFFICIALLY_WITHIN
    party, expires = encode_id(IdPrefix.PARTY, actor.party), instant_text(read.now + within)
    told: dict[str, Plain] = {
        "challenge_id": encode_id(IdPrefix.CHALLENGE, number),
        "registry": read.registry,
        "party_id": party,
        "purpose": order.purpose,
        "suite": str(key.suite),
        "public_key": key.raw.hex(),
        "label": order.label,
        "challenge": challenge,
        "expires_at": expires,
    }
    row: dict[str, Plain] = {
        "id": number,
        "party": actor.party,
        "purpose": order.purpose,
        "suite": str(key.suite),
        "public_key": f"\\x{key.raw.hex()}",
        "label": order.label,
        "challenge": f"\\x{challenge}",
        "expires_at": expires,
    }
    asked = Possession(read.registry, party, order.purpose, key, challenge)
    act = Act("key.challenge", (Enter("key_challenge", row),), told)
    return Decision((act,), result=told | {"statement": asked.statement})


def register_key(read: Reader, actor: Actor, order: ProofOrder) -> Decision:
    """Register a key of which the answer to a challenge shows that it is held.

    Raises:
        ChallengeExpired, ProofWrong: the answer comes too late, or is none.
    """
    row = _challenge(read, order.challenge)
    number, told = _shown(read, row, order.proof)
    act = Act(_kind("key.register", row), (_entry(number, row, None),), told)
    return Decision((act,), result=told)


def rotate_key(read: Reader, actor: Actor, key: int, order: ProofOrder) -> Decision:
    """Register a key in another's place, which ends with this act.

    Raises:
        ChallengeUnfit: the challenge is for another purpose than the key that gives way.
        ChallengeExpired, ProofWrong: the answer comes too late, or is none.
    """
    row, before = _challenge(read, order.challenge), _key(read, key)
    if row.purpose != before.purpose or row.party != before.party:
        raise ChallengeUnfit(purpose=row.purpose, needed=before.purpose)
    number, told = _shown(read, row, order.proof)
    told["predecessor_id"] = encode_id(IdPrefix.SIGNING_KEY, key)
    effects = (EndKey(key), _entry(number, row, key), _end(key, "rotated"))
    return Decision((Act(_kind("key.rotate", row), effects, told),), result=told)


def revoke_key(read: Reader, actor: Actor, order: KeyRevocation) -> Decision:
    """End a key for good; what it signed before stands, and is looked at again where it is doubted."""
    body: dict[str, Plain] = {"key_id": encode_id(IdPrefix.SIGNING_KEY, order.key)}
    if order.compromised_from_index is not None:
        body["compromised_from_index"] = order.compromised_from_index
    effects = (EndKey(order.key), _end(order.key, "revoked", order.compromised_from_index))
    return Decision((Act("key.revoke", effects, body),), result=body)


def _challenge(read: Reader, number: int) -> AnyRow:
    c = t.key_challenge
    return read.conn.execute(select(c).where(c.c.id == number)).one()


def _key(read: Reader, number: int) -> AnyRow:
    k = t.signing_key
    return read.conn.execute(select(k).where(k.c.id == number)).one()


def _kind(name: str, row: AnyRow) -> str:
    return name if row.purpose == REQUEST else f"{name}_official"


def _shown(read: Reader, row: AnyRow, proof: bytes) -> tuple[int, dict[str, Plain]]:
    """Number a key that is shown to be held, and tell it with its proof, for whoever checks the log."""
    if read.now >= row.expires_at:
        raise ChallengeExpired(expired_at=instant_text(row.expires_at))
    party, key = encode_id(IdPrefix.PARTY, row.party), PublicKey(row.suite, bytes(row.public_key))
    claim = Possession(read.registry, party, row.purpose, key, bytes(row.challenge).hex())
    try:
        claim.check(proof)
    except LogFault as fault:
        raise ProofWrong from fault
    number = read.numbers.entity()
    return number, {
        "key_id": encode_id(IdPrefix.SIGNING_KEY, number),
        "challenge_id": encode_id(IdPrefix.CHALLENGE, row.id),
        "registry": claim.registry,
        "party_id": party,
        "purpose": row.purpose,
        "suite": row.suite,
        "public_key": key.raw.hex(),
        "label": row.label,
        "challenge": claim.challenge,
        "proof": proof.hex(),
    }


def _entry(number: int, row: AnyRow, predecessor: int | None) -> Enter:
    return Enter(
        "signing_key",
        {
            "id": number,
            "challenge": row.id,
            "party": row.party,
            "purpose": row.purpose,
            "suite": row.suite,
            "public_key": f"\\x{bytes(row.public_key).hex()}",
            "label": row.label,
            "predecessor": predecessor,
        },
    )


def _end(key: int, reason: str, compromised_from: int | None = None) -> Enter:
    row: dict[str, Plain] = {"key": key, "reason": reason}
    return Enter("signing_key_end", row | {"compromised_from_index": compromised_from})
