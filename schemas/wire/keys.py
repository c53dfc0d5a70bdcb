"""Bodies of `/v1/keys`; bytes are written in small hexadecimal digits."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from schemas.fields import ChallengeId, Name, SigningKeyId
from schemas.wire.body import Body, Posted, Told

Purpose: TypeAlias = Literal["request", "log", "statement", "governance", "witness"]
Hex32: TypeAlias = Annotated[str, Field(strict=True, pattern="^[0-9a-f]{64}$")]
Hex64: TypeAlias = Annotated[str, Field(strict=True, pattern="^[0-9a-f]{128}$")]
LeafIndex: TypeAlias = Annotated[int, Field(strict=True, ge=0, lt=2**53)]


class ChallengeBody(Body):
    """A public key (Ed25519, RFC 8032) that the caller's party wants registered."""

    purpose: Purpose
    public_key: Hex32
    label: Name


class ProofBody(Body):
    """The challenge's statement, signed by the private key."""

    challenge_id: ChallengeId
    proof: Hex64


class RotationPayload(ProofBody):
    """A key's rotation, as it waits for a second person."""

    key_id: SigningKeyId


class KeyRevocationBody(Body):
    """From which leaf of the log on what the key signed is doubted, where that is so."""

    compromised_from_index: LeafIndex | None = None


class ChallengePosted(Posted):
    """What to sign: `statement`, as UTF-8, byte by byte."""

    challenge_id: str
    registry: str
    party_id: str
    purpose: str
    suite: str
    public_key: str
    label: str
    challenge: str
    expires_at: str
    statement: str


class KeyPosted(Posted):
    """A key was registered; it is good from this act's place in the log on."""

    key_id: str
    challenge_id: str
    registry: str
    party_id: str
    purpose: str
    suite: str
    public_key: str
    label: str
    challenge: str
    proof: str


class KeyRotated(KeyPosted):
    """A key was registered in another's place, which is good no more."""

    predecessor_id: str


class KeyRevoked(Posted):
    """A key is good no more."""

    key_id: str
    compromised_from_index: int | None = None


class KeyTold(Told):
    """A key, and how it ended if it did."""

    key_id: str
    party_id: str
    purpose: str
    suite: str
    public_key: str
    label: str
    predecessor_id: str | None
    journal_id: str
    ended: str | None
    ended_by: str | None
    compromised_from_index: int | None


class KeyList(Told):
    """Keys, by id."""

    items: list[KeyTold]
    next_cursor: str | None
