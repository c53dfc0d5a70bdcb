"""`/v1/lots`: units issued together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from sqlalchemy import case, func, select
from starlette.responses import Response

from api import serials, tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets
from api.idempotency import json_response
from api.paging import Paged
from api.security import Caller, require
from ledger.model.account import CONTRA_LIMIT, EXPIRED, RETIRED
from ledger.store import tables as t
from schemas.calendar import format_month
from schemas.fields import LotId, Month, PlantId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.lots import LotDetail, LotList
from schemas.wire.plants import Energy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from settlement.desk import AnyRow

router = doors("lots")


@router.get("/lots", **gets(LotList))
def lots_list(
    caller: Annotated[Caller, require("lots:read")],
    reads: ReadsPart,
    page: Paged,
    plant_id: Annotated[PlantId | None, Query()] = None,
    month: Annotated[Month | None, Query()] = None,
    energy: Annotated[Energy | None, Query()] = None,
) -> Response:
    """List lots of own plants and lots held from, earliest expiry first."""
    lot = t.lot.c
    wanted = {lot.plant: plant_id, lot.month: month, lot.energy: energy}
    query = tenancy.rows(caller, "lot")
    query = query.where(*(col == value for col, value in wanted.items() if value))
    return json_response(page.read(reads, query, (lot.id,), told))


@router.get("/lots/{lot_id}", **gets(LotDetail))
def lots_get(
    caller: Annotated[Caller, require("lots:read")], lot_id: LotId, reads: ReadsPart
) -> Response:
    """Tell one lot, the codes of its first and last certificate, and where its units are."""
    row = tenancy.find(reads, caller, "lot", lot_id)
    with reads.connect() as conn:
        run = (row.id, row.first_serial, row.size)
        named = serials.coded(conn, [run])[0]
        return json_response(named | told(row) | _whereabouts(conn, row.id))


def _whereabouts(conn: Connection, lot: int) -> dict[str, int]:
    """Count units held, retired and expired; parcels tile their lot."""
    p = t.parcel.c
    past = func.coalesce(func.lead(p.lo).over(order_by=p.lo), p.size)
    state = case(
        (p.account >= CONTRA_LIMIT, "held"),
        (p.account == RETIRED, "retired"),
        (p.account == EXPIRED, "expired"),
        else_="elsewhere",
    )
    runs = select(state.label("state"), (past - p.lo).label("units")).where(p.lot == lot).subquery()
    counted = select(runs.c.state, func.sum(runs.c.units)).group_by(runs.c.state)
    found = {row[0]: int(row[1]) for row in conn.execute(counted)}
    return {name: found.get(name, 0) for name in ("held", "retired", "expired")}


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a lot."""
    return {
        "lot_id": encode_id(IdPrefix.LOT, row.id),
        "plant_id": encode_id(IdPrefix.PLANT, row.plant),
        "month": format_month(row.month),
        "energy": row.energy,
        "category": row.category,
        "trade": row.trade,
        "mechanism": row.mechanism,
        "province": row.province,
        "first_serial": row.first_serial,
        "count": row.size,
        "unit": "MWh",
        "valid_until": row.valid_until.isoformat(),
        "reading_id": encode_id(IdPrefix.READING, row.reading),
        "origin_registry": row.origin_registry,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
