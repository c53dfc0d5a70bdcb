"""`/v1/allowances/approvals`: what a year gives entities, worked out and approved by two persons (核定)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Path, Query
from sqlalchemy import select
from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import DeskPart, ReadsPart
from api.documented import gets, posts
from api.idempotency import Ask, Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.rules.open_point import rests
from ledger.store import tables as t
from schemas.fields import PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.entitlements import (
    EntitlementBody,
    EntitlementList,
    EntitlementsBody,
    EntitlementsPosted,
    EntitlementTold,
    UnitBody,
)
from settlement.emitters import listing
from settlement.entitlement.approving import approve_many
from settlement.entitlement.quota import quotas
from settlement.entitlement.worked import EntitlementOrder, UnitInput, rests_on
from settlement.fossil_budget.told import tell_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.model.command import Actor, Plain
    from settlement.desk import AnyRow, Decision, Reader

router = doors("allowances")
_UNIT: Final = "tCO2e"
_FIGURES: Final = ("qe_mwh", "qh_gj", "peak_factor", "emissions_t", "intensity")


def _approved(read: Reader, actor: Actor, body: EntitlementsBody, _hold: int | None) -> Decision:
    return approve_many(read, actor, [_order(body, one) for one in body.approvals])


def _order(body: EntitlementsBody, one: EntitlementBody) -> EntitlementOrder:
    return EntitlementOrder(
        party=one.party_id,
        year=one.year,
        stage=one.stage,
        document_no=body.document_no,
        units=tuple(_unit(unit) for unit in one.installations or ()),
        asked=one.asked,
        previous=one.previous_verified,
        ground=one.ground,
        fraud_cut=one.fraud_cut,
        price_fen=one.price_fen_per_t,
        province_account=body.province_account,
        allocate=body.allocate,
    )


def _unit(unit: UnitBody) -> UnitInput:
    told: dict[str, Decimal | None] = {name: getattr(unit, name) for name in _FIGURES}
    figures = {name: value for name, value in told.items() if value is not None}
    return UnitInput(unit.code, figures, unit.special)


ENTITLE: Final = register(
    Operation("entitlement", "allowances:approve", EntitlementsBody, _approved, always=True)
)


@router.post("/allowances/approvals", **posts(EntitlementsPosted, eyes=True))
def allowance_approvals_create(
    caller: Annotated[Caller, require("allowances:approve")], body: EntitlementsBody, ask: Asked
) -> Response:
    """Approve a stage of a year for up to 500 parties and allocate what it adds; a second person decides."""
    tenancy.own(ask.reads, caller, "party", {one.party_id for one in body.approvals})
    payload = out_of(ask, caller, body)
    return ask.post(lambda read: perform(read, caller.actor, ENTITLE, payload))


def out_of(ask: Ask, caller: Caller, body: EntitlementsBody) -> EntitlementsBody:
    """Say out of which account the allowances come: one named, or the caller's own."""
    if body.province_account is not None:
        tenancy.own(ask.reads, caller, "account", [body.province_account])
        return body
    a = t.account.c
    query = select(a.id).where(
        a.party == caller.party, a["class"] == "province", a.on_behalf_of.is_(None)
    )
    with ask.reads.connect() as conn:
        number = conn.execute(query).scalar()
    return body if number is None else body.model_copy(update={"province_account": int(number)})


@router.get("/allowances/approvals", **gets(EntitlementList))
def allowance_approvals_list(
    caller: Annotated[Caller, require("allowances:read")],
    reads: ReadsPart,
    page: Paged,
    year: Annotated[int | None, Query(ge=2000, le=2099)] = None,
    party_id: Annotated[PartyId | None, Query()] = None,
) -> Response:
    """List approvals by party, year and number, with every input."""
    e = t.entitlement.c
    wanted = {e.year: year, e.party: party_id}
    query = tenancy.rows(caller, "entitlement").where(
        *(column == value for column, value in wanted.items() if value)
    )
    return json_response(page.read(reads, query, (e.party, e.year, e.n), told))


@router.get("/allowances/approvals/{party_id}/{year}", **gets(EntitlementTold))
def allowance_approvals_get(
    caller: Annotated[Caller, require("allowances:read")],
    party_id: PartyId,
    year: Annotated[int, Path(ge=2000, le=2099)],
    desk: DeskPart,
) -> Response:
    """Tell what a year gives a party, what is left to allocate of it, and what law is open in it."""
    tenancy.own(desk.reads, caller, "party", [party_id])
    e = t.entitlement.c
    query = tenancy.rows(caller, "entitlement").where(e.party == party_id, e.year == year)
    with desk.reader() as read:
        rows = read.conn.execute(query.order_by(e.n)).all()
        if not rows:
            raise Problem(DoorCode.NOT_FOUND)
        quota = quotas(read, year, [party_id])[party_id]
        entity, _ = listing(read, party_id, year)
        points = _open_points(read, rows, entity.sector if entity is not None else "power")
    return json_response(
        {
            "party_id": encode_id(IdPrefix.PARTY, party_id),
            "year": year,
            "unit": _UNIT,
            "quota": {
                "approved": quota.approved,
                "allocated": quota.allocated,
                "kept": quota.kept,
                "left": quota.left,
            },
            "approvals": [told(row) for row in rows],
            "open_points": points,
        }
    )


def _open_points(read: Reader, rows: Sequence[AnyRow], sector: str) -> list[Plain]:
    """Tell what is open of the rules that the approvals were worked out from, as they are known now."""
    bodies = [(row.body["formula"], row.body["inputs"]) for row in rows]
    names = dict.fromkeys(name for body in bodies for name in rests_on(sector, *body))
    key = date(rows[0].year, 1, 1)
    known = (name for name in names if read.rules.find(name, key))
    return tell_open(rests(known, key, read.rules))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell one approval."""
    return {
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "year": row.year,
        "n": row.n,
        "stage": row.stage,
        "formula": row.body["formula"],
        "quantity": row.quantity,
        "change": row.change,
        "unit": _UNIT,
        "verified_version": row.verified_version,
        "ground": row.ground,
        "inputs": row.body["inputs"],
        "steps": [{**step, "quantity": int(step["quantity"])} for step in row.body["steps"]],
        "document_no": row.document_no,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
