"""`/v1/clients`: API keys. A key is told once, when it is made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response, plain
from api.keys import KeyOrder
from api.paging import Paged
from api.problems import DoorCode, FieldFault, Problem
from api.roles import KINDS_OF_ROLE, ROLES
from api.security import Caller, new_key, require
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import ClientId, PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.clients import (
    ClientBody,
    ClientList,
    ClientPosted,
    ClientRevoked,
    ClientTold,
)
from settlement.registration import create_client, revoke_client

if TYPE_CHECKING:
    from datetime import datetime

    from settlement.desk import AnyRow

router = doors("clients")
_LIFETIME_MAX: Final = timedelta(days=3 * 366)


@router.post("/clients", **posts(ClientPosted))
def clients_create(
    caller: Annotated[Caller, require("clients:write")], body: ClientBody, ask: Asked
) -> Response:
    """Make an API key for a party. The answer shows it; nothing ever shows it again."""
    desk = ask.parts.desk
    party = tenancy.find(ask.reads, caller, "party", body.party_id)
    _check(body, frozenset(party.kinds), desk.clock())
    key = new_key()
    order = KeyOrder(
        party=body.party_id,
        person=body.person,
        label=body.label,
        role=body.role,
        expires_at=body.expires_at,
        scopes=tuple(sorted(set(body.scopes))),
        signature_required=body.signature_required,
    )
    answer = ask.answer(lambda read: create_client(read, caller.actor, order.with_key(key)))
    shown = ask.keep and not answer.replayed
    told_once = {"key_name": key.name if shown else None, "key": key.key if shown else None}
    return ask.told(answer, shape=lambda outcome: {**plain(outcome), **told_once})


def _check(body: ClientBody, kinds: frozenset[str], now: datetime) -> None:
    faults = []
    if body.role not in ROLES:
        faults.append(FieldFault("/role", "role_unknown", ""))
    elif not kinds & KINDS_OF_ROLE[body.role]:
        faults.append(FieldFault("/role", "role_not_of_party", ""))
    granted = ROLES.get(body.role, frozenset()) | {"*"}
    faults += [
        FieldFault(f"/scopes/{index}", "scope_not_of_role", "")
        for index, scope in enumerate(body.scopes)
        if scope not in granted
    ]
    if not now < body.expires_at <= now + _LIFETIME_MAX:
        faults.append(FieldFault("/expires_at", "expires_at_invalid", ""))
    if faults:
        raise Problem(DoorCode.VALIDATION_FAILED, faults)


@router.post("/clients/{client_id}/revoke", **posts(ClientRevoked))
def clients_revoke(
    caller: Annotated[Caller, require("clients:write")], client_id: ClientId, ask: Asked
) -> Response:
    """Revoke a key, at once and for ever."""
    tenancy.own(ask.reads, caller, "client", [client_id])
    return ask.post(lambda read: revoke_client(read, caller.actor, client_id))


@router.get("/clients", **gets(ClientList))
def clients_list(
    caller: Annotated[Caller, require("clients:read")],
    reads: ReadsPart,
    page: Paged,
    party_id: Annotated[PartyId | None, Query()] = None,
) -> Response:
    """List clients by id."""
    query = tenancy.rows(caller, "client")
    if party_id is not None:
        query = query.where(t.client.c.party == party_id)
    return json_response(page.read(reads, query, (t.client.c.id,), told))


@router.get("/clients/{client_id}", **gets(ClientTold))
def clients_get(
    caller: Annotated[Caller, require("clients:read")], client_id: ClientId, reads: ReadsPart
) -> Response:
    """Tell one client."""
    return json_response(told(tenancy.find(reads, caller, "client", client_id)))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a client; of its secret not even the digest."""
    return {
        "client_id": encode_id(IdPrefix.CLIENT, row.id),
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "person": row.person,
        "label": row.label,
        "role": row.role,
        "scopes": list(row.scopes),
        "key_name": row.key_name,
        "expires_at": instant_text(row.expires_at),
        "revoked": row.revoked,
        "signature_required": row.signature_required,
    }
