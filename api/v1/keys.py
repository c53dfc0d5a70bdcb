"""`/v1/keys`: keys that sign. Private halves never come here; each public one is shown to be held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from sqlalchemy import Select
from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import PartyId, SigningKeyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.keys import (
    ChallengeBody,
    ChallengePosted,
    KeyList,
    KeyPosted,
    KeyRevocationBody,
    KeyRevoked,
    KeyRotated,
    KeyTold,
    ProofBody,
    Purpose,
    RotationPayload,
)
from settlement.keys import (
    REQUEST,
    ChallengeOrder,
    KeyRevocation,
    ProofOrder,
    give_challenge,
    register_key,
    revoke_key,
    rotate_key,
)

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("keys")
_PERMISSION: Final = "keys:write"
_CHECKERS: Final = frozenset({"regulator"})


def _register(read: Reader, actor: Actor, body: ProofBody, _hold: int | None) -> Decision:
    return register_key(read, actor, _proof(body))


def _rotate(read: Reader, actor: Actor, body: RotationPayload, _hold: int | None) -> Decision:
    return rotate_key(read, actor, body.key_id, _proof(body))


def _proof(body: ProofBody) -> ProofOrder:
    return ProofOrder(body.challenge_id, bytes.fromhex(body.proof))


REGISTER: Final = register(
    Operation("key.register", _PERMISSION, ProofBody, _register, always=True, checkers=_CHECKERS)
)
ROTATE: Final = register(
    Operation("key.rotate", _PERMISSION, RotationPayload, _rotate, always=True, checkers=_CHECKERS)
)


@router.post("/keys/challenges", **posts(ChallengePosted))
def keys_challenge(
    caller: Annotated[Caller, require(_PERMISSION)], body: ChallengeBody, ask: Asked
) -> Response:
    """Ask what to sign, so that it shows that the caller's party holds a key.

    A party registers keys that sign its requests; the operator those of the registry and its
    witnesses too, each under the eyes of a regulator.
    """
    if body.purpose != REQUEST and caller.role != "operator":
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": _PERMISSION})
    order = ChallengeOrder(body.purpose, bytes.fromhex(body.public_key), body.label)
    return ask.post(lambda read: give_challenge(read, caller.actor, order))


@router.post("/keys", **posts(KeyPosted, eyes=True))
def keys_create(
    caller: Annotated[Caller, require(_PERMISSION)], body: ProofBody, ask: Asked
) -> Response:
    """Register a key by the answer to its challenge; a regulator decides on the registry's own."""
    purpose = tenancy.find(ask.reads, caller, "challenge", body.challenge_id).purpose
    if purpose == REQUEST:
        return ask.post(lambda read: register_key(read, caller.actor, _proof(body)))
    return ask.post(lambda read: perform(read, caller.actor, REGISTER, body))


@router.post("/keys/{key_id}/rotate", **posts(KeyRotated, eyes=True))
def keys_rotate(
    caller: Annotated[Caller, require(_PERMISSION)],
    key_id: SigningKeyId,
    body: ProofBody,
    ask: Asked,
) -> Response:
    """Put a key in another's place by the answer to its challenge; the other one ends with it."""
    purpose = tenancy.find(ask.reads, caller, "own_key", key_id).purpose
    tenancy.own(ask.reads, caller, "challenge", [body.challenge_id])
    if purpose == REQUEST:
        return ask.post(lambda read: rotate_key(read, caller.actor, key_id, _proof(body)))
    payload = RotationPayload.model_construct(
        key_id=key_id, challenge_id=body.challenge_id, proof=body.proof
    )
    return ask.post(lambda read: perform(read, caller.actor, ROTATE, payload))


@router.post("/keys/{key_id}/revoke", **posts(KeyRevoked))
def keys_revoke(
    caller: Annotated[Caller, require(_PERMISSION)],
    key_id: SigningKeyId,
    body: KeyRevocationBody,
    ask: Asked,
) -> Response:
    """Revoke an own key, at once and for ever; one person is enough to say stop."""
    tenancy.own(ask.reads, caller, "own_key", [key_id])
    order = KeyRevocation(key_id, body.compromised_from_index)
    return ask.post(lambda read: revoke_key(read, caller.actor, order))


@router.get("/keys", **gets(KeyList))
def keys_list(
    caller: Annotated[Caller, require("keys:read")],
    reads: ReadsPart,
    page: Paged,
    party_id: Annotated[PartyId | None, Query()] = None,
    purpose: Annotated[Purpose | None, Query()] = None,
) -> Response:
    """List keys by id, ended ones too."""
    query = _keys(caller)
    if party_id is not None:
        query = query.where(t.signing_key.c.party == party_id)
    if purpose is not None:
        query = query.where(t.signing_key.c.purpose == purpose)
    return json_response(page.read(reads, query, (t.signing_key.c.id,), told))


@router.get("/keys/{key_id}", **gets(KeyTold))
def keys_get(
    caller: Annotated[Caller, require("keys:read")], key_id: SigningKeyId, reads: ReadsPart
) -> Response:
    """Tell one key."""
    with reads.connect() as conn:
        row = conn.execute(_keys(caller).where(t.signing_key.c.id == key_id)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response(told(row))


def _keys(caller: Caller) -> Select[Any]:
    k, end = t.signing_key, t.signing_key_end.c
    return (
        tenancy.rows(caller, "key")
        .add_columns(end.reason, end.compromised_from_index, end.journal.label("ended_by"))
        .join_from(k, t.signing_key_end, end.key == k.c.id, isouter=True)
    )


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a key; which acts began and ended it says where in the log it was good."""
    before, ended_by = row.predecessor, row.ended_by
    return {
        "key_id": encode_id(IdPrefix.SIGNING_KEY, row.id),
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "purpose": row.purpose,
        "suite": row.suite,
        "public_key": bytes(row.public_key).hex(),
        "label": row.label,
        "predecessor_id": encode_id(IdPrefix.SIGNING_KEY, before) if before else None,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
        "ended": row.reason,
        "ended_by": encode_id(IdPrefix.JOURNAL, ended_by) if ended_by else None,
        "compromised_from_index": row.compromised_from_index,
    }
