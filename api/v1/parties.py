"""`/v1/parties`: who is in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Ask, Asked, json_response
from api.paging import Paged
from api.persons import identity_of
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import CreditCode, PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.parties import PartyBody, PartyKind, PartyList, PartyPosted, PartyTold
from settlement.persons import PersonOrder, register_person
from settlement.registration import PartyOrder, register_party

if TYPE_CHECKING:
    from settlement.desk import AnyRow

router = doors("parties")


@router.post("/parties", **posts(PartyPosted))
def parties_create(
    caller: Annotated[Caller, require("parties:write")], body: PartyBody, ask: Asked
) -> Response:
    """Register a party by its unified social credit code, or a person by a document."""
    known = tuple(sorted(set(body.kinds))), body.province, ask.parts.settings.is_sandbox
    if body.credit_code is not None:
        party = PartyOrder(body.credit_code, body.name, *known)
        return ask.post(lambda read: register_party(read, caller.actor, party))
    assert body.person is not None
    person = PersonOrder(identity_of(ask.parts.person_key, body.person), body.name, *known)
    _forget_number(ask, person.identity)
    return ask.post(lambda read: register_person(read, caller.actor, person))


def _forget_number(ask: Ask, identity: str) -> None:
    """Compare requests by the digest: a plain hash of a number would be undone by trying them all."""
    asked = ask.request.state.document
    ask.request.state.document = {**asked, "person": identity}


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
        "scheme": row.scheme,
        "credit_code": row.identity if row.scheme == "uscc" else None,
        "name": row.name,
        "kinds": list(row.kinds),
        "province": row.province,
        "sandbox": row.sandbox,
    }
