"""`/v1/parties`: who is in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import CreditCode, PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.parties import PartyBody, PartyKind, PartyList, PartyPosted, PartyTold
from settlement.registration import PartyOrder, register_party

if TYPE_CHECKING:
    from settlement.desk import AnyRow

router = doors("parties")


@router.post("/parties", **posts(PartyPosted))
def parties_create(
    caller: Annotated[Caller, require("parties:write")], body: PartyBody, ask: Asked
) -> Response:
    """Register a party by its unified social credit code."""
    order = PartyOrder(
        credit_code=body.credit_code,
        name=body.name,
        kinds=tuple(sorted(set(body.kinds))),
        province=body.province,
        sandbox=ask.parts.settings.is_sandbox,
    )
    return ask.post(lambda read: register_party(read, caller.actor, order))


@router.get("/parties", **gets(PartyList))
def parties_list(
    caller: Annotated[Caller, require("parties:read")],
    reads: ReadsPart,
    page: Paged,
    credit_code: Annotated[CreditCode | None, Query()] = None,
    kind: Annotated[PartyKind | None, Query()] = None,
) -> Response:
    """List parties by id."""
    query = tenancy.rows(caller, "party")
    if credit_code is not None:
        query = query.where(t.party.c.scheme == "uscc", t.party.c.identity == credit_code)
    if kind is not None:
        query = query.where(t.party.c.kinds.contains([kind]))
    return json_response(page.read(reads, query, (t.party.c.id,), told))


@router.get("/parties/{party_id}", **gets(PartyTold))
def parties_get(
    caller: Annotated[Caller, require("parties:read")], party_id: PartyId, reads: ReadsPart
) -> Response:
    """Tell one party."""
    return json_response(told(tenancy.find(reads, caller, "party", party_id)))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a party; persons keep their identity to themselves."""
    return {
        "party_id": encode_id(IdPrefix.PARTY, row.id),
        "credit_code": row.identity if row.scheme == "uscc" else None,
        "name": row.name,
        "kinds": list(row.kinds),
        "province": row.province,
        "sandbox": row.sandbox,
    }
