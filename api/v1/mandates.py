"""`/v1/mandates`: what owners let agents do with the accounts held on their behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from sqlalchemy import Select, exists, select
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import AccountId, MandateId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.mandates import (
    MandateBody,
    MandateEndBody,
    MandateEnded,
    MandateList,
    MandatePosted,
    MandateTold,
)
from settlement.mandates import MandateOrder, end_mandate, grant_mandate

if TYPE_CHECKING:
    from settlement.desk import AnyRow

router = doors("mandates")


@router.post("/mandates", **posts(MandatePosted))
def mandates_create(
    caller: Annotated[Caller, require("mandates:write")], body: MandateBody, ask: Asked
) -> Response:
    """Register a mandate, by the owner's key or by the operator on the owner's document."""
    _check_owner(caller, ask.reads, body.agent_account)
    order = MandateOrder(
        account=body.agent_account,
        scopes=tuple(sorted(set(body.scopes))),
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        document_no=body.document_no,
    )
    return ask.post(lambda read: grant_mandate(read, caller.actor, order))


def _check_owner(caller: Caller, reads: ReadsPart, account: int) -> None:
    """Refuse whoever is neither operator nor owner: an agent gives itself no mandate."""
    with reads.connect() as conn:
        owner = conn.execute(
            select(t.account.c.on_behalf_of).where(t.account.c.id == account)
        ).scalar()
    if owner is not None and owner == caller.party:
        return
    tenancy.own(reads, caller, "account", [account])
    if caller.role != "operator":
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": "mandates:write"})


@router.post("/mandates/{mandate_id}/end", **posts(MandateEnded))
def mandates_end(
    caller: Annotated[Caller, require("mandates:write")],
    mandate_id: MandateId,
    body: MandateEndBody,
    ask: Asked,
) -> Response:
    """End a mandate, by its owner, its agent or the operator; the agent's next act is refused."""
    tenancy.own(ask.reads, caller, "mandate", [mandate_id])
    return ask.post(lambda read: end_mandate(read, caller.actor, mandate_id, body.document_no))


@router.get("/mandates", **gets(MandateList))
def mandates_list(
    caller: Annotated[Caller, require("mandates:read")],
    reads: ReadsPart,
    page: Paged,
    agent_account: Annotated[AccountId | None, Query()] = None,
) -> Response:
    """List mandates by id: those given, and those held."""
    query = _mandates(caller)
    if agent_account is not None:
        query = query.where(t.mandate.c.account == agent_account)
    return json_response(page.read(reads, query, (t.mandate.c.id,), told))


@router.get("/mandates/{mandate_id}", **gets(MandateTold))
def mandates_get(
    caller: Annotated[Caller, require("mandates:read")], mandate_id: MandateId, reads: ReadsPart
) -> Response:
    """Tell one mandate."""
    with reads.connect() as conn:
        row = conn.execute(_mandates(caller).where(t.mandate.c.id == mandate_id)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response(told(row))


def _mandates(caller: Caller) -> Select[Any]:
    ended = exists().where(t.mandate_end.c.mandate == t.mandate.c.id)
    return tenancy.rows(caller, "mandate").add_columns(ended.label("ended"))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a mandate."""
    return {
        "mandate_id": encode_id(IdPrefix.MANDATE, row.id),
        "account_id": encode_id(IdPrefix.ACCOUNT, row.account),
        "agent_id": encode_id(IdPrefix.PARTY, row.agent),
        "owner_id": encode_id(IdPrefix.PARTY, row.owner),
        "scopes": list(row.scopes),
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat(),
        "document_no": row.document_no,
        "ended": row.ended,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
