"""`/v1/plants`: plants and their registration (建档立卡)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from sqlalchemy import Select, exists
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Ask, Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import PartyId, PlantId, Province
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.plants import (
    Energy,
    PlantApproved,
    PlantBody,
    PlantList,
    PlantPosted,
    PlantTold,
)
from settlement.registration import PlantOrder, approve_plant, register_plant

if TYPE_CHECKING:
    from settlement.desk import AnyRow

router = doors("plants")


@router.post("/plants", **posts(PlantPosted))
def plants_create(
    caller: Annotated[Caller, require("plants:write")], body: PlantBody, ask: Asked
) -> Response:
    """Register a plant of a party; the account of its energy is opened with it."""
    facts = {name: value for name, value in body if name not in {"credit_code", "party_id"}}
    order = PlantOrder(party=_owner(ask, caller, body), **facts)
    return ask.post(lambda read: register_plant(read, caller.actor, order))


def _owner(ask: Ask, caller: Caller, body: PlantBody) -> int:
    if body.credit_code is not None:
        return tenancy.party_by_code(ask.reads, caller, body.credit_code)
    assert body.party_id is not None
    tenancy.own(ask.reads, caller, "party", [body.party_id])
    return body.party_id


@router.post("/plants/{plant_id}/approve", **posts(PlantApproved))
def plants_approve(
    caller: Annotated[Caller, require("plants:approve")], plant_id: PlantId, ask: Asked
) -> Response:
    """Approve a plant's registration, once; certificates are issued from then on."""
    tenancy.own(ask.reads, caller, "plant", [plant_id])
    return ask.post(lambda read: approve_plant(read, caller.actor, plant_id))


@router.get("/plants", **gets(PlantList))
def plants_list(
    caller: Annotated[Caller, require("plants:read")],
    reads: ReadsPart,
    page: Paged,
    party_id: Annotated[PartyId | None, Query()] = None,
    province: Annotated[Province | None, Query()] = None,
    energy: Annotated[Energy | None, Query()] = None,
) -> Response:
    """List plants by id."""
    p = t.plant.c
    wanted = {p.party: party_id, p.province: province, p.energy: energy}
    query = _plants(caller).where(*(col == value for col, value in wanted.items() if value))
    return json_response(page.read(reads, query, (p.id,), told))


@router.get("/plants/{plant_id}", **gets(PlantTold))
def plants_get(
    caller: Annotated[Caller, require("plants:read")], plant_id: PlantId, reads: ReadsPart
) -> Response:
    """Tell one plant."""
    with reads.connect() as conn:
        row = conn.execute(_plants(caller).where(t.plant.c.id == plant_id)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response(told(row))


def _plants(caller: Caller) -> Select[Any]:
    approved = exists().where(t.plant_approval.c.plant == t.plant.c.id)
    return tenancy.rows(caller, "plant").add_columns(approved.label("approved"))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a plant."""
    return {
        "plant_id": encode_id(IdPrefix.PLANT, row.id),
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "name": row.name,
        "energy": row.energy,
        "technology": row.technology,
        "capacity_kw": row.capacity_kw,
        "commissioned_on": row.commissioned_on.isoformat(),
        "province": row.province,
        "grid_connection": row.grid_connection,
        "market_based": row.market_based,
        "storage": row.storage,
        "registration_code": row.registration_code,
        "account_id": encode_id(IdPrefix.ACCOUNT, row.account),
        "approved": row.approved,
    }
