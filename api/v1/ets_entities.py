"""`/v1/ets-entities`: who is under the cap in a year, with which installations (重点排放单位名录)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Path, Query
from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import DeskPart, ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.entitlements import (
    EntitiesBody,
    EntitiesPosted,
    EntityList,
    EntityTold,
    EtsSector,
)
from settlement.emitters import Installation, ListOrder, below_threshold, latest, list_many, listing

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("allowances")


def _listed(read: Reader, actor: Actor, body: EntitiesBody, _hold: int | None) -> Decision:
    orders = [
        ListOrder(
            one.party_id,
            one.year,
            one.status,
            one.sector,
            one.reason,
            body.document_no,
            tuple(
                Installation(u.code, u.class_, u.capacity_kw, u.commissioned_on, u.closed_on)
                for u in one.installations or ()
            ),
        )
        for one in body.entities
    ]
    return list_many(read, actor, orders)


LIST: Final = register(Operation("ets.list", "entities:write", EntitiesBody, _listed, always=True))


@router.post("/ets-entities", **posts(EntitiesPosted, eyes=True))
def ets_entities_create(
    caller: Annotated[Caller, require("entities:write")], body: EntitiesBody, ask: Asked
) -> Response:
    """Put parties on the list of a year or take them off it, 500 at most; a second person decides."""
    tenancy.own(ask.reads, caller, "party", {one.party_id for one in body.entities})
    return ask.post(lambda read: perform(read, caller.actor, LIST, body))


@router.get("/ets-entities", **gets(EntityList))
def ets_entities_list(
    caller: Annotated[Caller, require("entities:read")],
    reads: ReadsPart,
    page: Paged,
    year: Annotated[int | None, Query(ge=2000, le=2099)] = None,
    party_id: Annotated[PartyId | None, Query()] = None,
    sector: Annotated[EtsSector | None, Query()] = None,
) -> Response:
    """List parties by id and year, as the latest version of each has them."""
    e = t.ets_entity.c
    wanted = {e.year: year, e.party: party_id, e.sector: sector}
    query = latest().where(
        tenancy.within(caller, "entity"),
        *(column == value for column, value in wanted.items() if value),
    )
    return json_response(page.read(reads, query, (e.party, e.year), told))


@router.get("/ets-entities/{party_id}/{year}", **gets(EntityTold))
def ets_entities_get(
    caller: Annotated[Caller, require("entities:read")],
    party_id: PartyId,
    year: Annotated[int, Path(ge=2000, le=2099)],
    desk: DeskPart,
) -> Response:
    """Tell a party on a year's list, its installations, and whether it may be taken off."""
    tenancy.own(desk.reads, caller, "party", [party_id])
    with desk.reader() as read:
        row, units = listing(read, party_id, year)
        if row is None:
            raise Problem(DoorCode.NOT_FOUND)
        below, most = below_threshold(read, party_id, year)
    more = {
        "installations": [{**_NOTHING, **one.spelt()} for one in units],
        "years_below_threshold": below,
        "may_be_removed": below >= most,
    }
    return json_response(told(row) | more)


_NOTHING: Final = {"capacity_kw": None, "commissioned_on": None, "closed_on": None}


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a party as one version of a year's list has it."""
    return {
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "year": row.year,
        "version": row.version,
        "status": row.status,
        "sector": row.sector,
        "reason": row.reason,
        "document_no": row.document_no,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
