"""`/v1/holds`: units set aside for an order (预冻结), and their settlement."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import Query
from sqlalchemy import func, select
from starlette.responses import Response

from api import serials, tenancy
from api.approvals import Operation, Units, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, Outcome, json_response, plain
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from api.v1.transfers import evidence_of, selection_of
from ledger.model.command import OpenHold
from ledger.model.instrument import by_id
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import AccountId, HoldId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.holds import (
    HoldBody,
    HoldDetail,
    HoldList,
    HoldPosted,
    ReleaseBody,
    ReleasePosted,
    SettleBody,
    SettlePosted,
)
from settlement.transfers import (
    HoldOrder,
    SettleOrder,
    instrument_of,
    place_hold,
    release_hold,
    settle_hold,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.model.command import Actor, Plain
    from settlement.desk import AnyRow, Decision, Reader

router = doors("holds")


def _placed(read: Reader, actor: Actor, body: HoldBody, waiting: int | None) -> Decision:
    instrument = instrument_of(body.instrument)
    order = HoldOrder(
        account=body.account,
        instrument=body.instrument,
        quantity=body.quantity,
        reference=body.reference,
        select=selection_of(body.select),
        controller=_party(read.conn, body.controller) if body.controller else None,
        beneficiary_account=body.beneficiary_account,
        expires_at=body.expires_at,
    )
    decision = place_hold(read, actor, order, waiting)
    told: dict[str, Plain] = {
        "instrument": instrument.code,
        "unit": instrument.unit,
        "quantity": order.quantity,
    }
    return replace(decision, result={**decision.result, **told})


def _party(conn: Connection, credit_code: str) -> int:
    """Find any party by its credit code: a controller is usually not the caller's to see."""
    p = t.party.c
    query = select(p.id).where(p.scheme == "uscc", p.identity == credit_code)
    number = conn.execute(query).scalar()
    if number is None:
        raise Problem(DoorCode.NOT_FOUND)
    return int(number)


def _units(decision: Decision) -> Units:
    opening = decision.acts[0].effects[-1]
    assert isinstance(opening, OpenHold)
    return Units(opening.account, opening.instrument, opening.amount, opening.source)


def _with_serials(outcome: Outcome) -> dict[str, Any]:
    return {**plain(outcome), "serials": serials.told(outcome["moved"])}


PLACE: Final = register(
    Operation("hold", "holds:write", HoldBody, _placed, units=_units, shape=_with_serials)
)


@router.post("/holds", **posts(HoldPosted, eyes=True))
async def holds_create(
    caller: Annotated[Caller, require("holds:write")], body: HoldBody, ask: Asked
) -> Response:
    """Set units of an own account aside; `controller` alone settles or releases them.

    The holder sees the hold, and gets back what remains when it runs out. From the account's limit
    on, a second person decides.
    """

    def decide(read: Reader) -> Decision:
        tenancy.own(read.conn, caller, "account", [body.account])
        if body.beneficiary_account is not None:
            tenancy.known(read.conn, "account", [body.beneficiary_account])
        if body.select.lot_id is not None:
            tenancy.own(read.conn, caller, "lot", [body.select.lot_id])
        return perform(read, caller.actor, PLACE, body)

    return await ask.posted(decide, shape=_with_serials)


@router.post("/holds/{hold_id}/settle", **posts(SettlePosted))
async def holds_settle(
    caller: Annotated[Caller, require("holds:write")],
    hold_id: HoldId,
    body: SettleBody,
    ask: Asked,
) -> Response:
    """Deliver units out of a hold, as its controller; `close` gives back what remains."""
    order = SettleOrder(
        hold=hold_id,
        to_account=body.to_account,
        quantity=body.quantity,
        mode=body.mode,
        price_fen=body.price_fen_per_unit,
        close=body.close,
        evidence=evidence_of(body.evidence),
        reference=body.reference,
    )

    def decide(read: Reader) -> Decision:
        tenancy.own(read.conn, caller, "hold", [hold_id])
        tenancy.known(read.conn, "account", [body.to_account])
        if body.evidence is not None:
            tenancy.own(read.conn, caller, "document", body.evidence.document_ids or ())
        return _settled(read, caller.actor, order)

    return await ask.posted(decide, shape=_delivered)


def _settled(read: Reader, actor: Actor, order: SettleOrder) -> Decision:
    decision = settle_hold(read, actor, order)
    return _about(_hold(read, order.hold), order.quantity, decision)


def _about(row: AnyRow, quantity: int, decision: Decision) -> Decision:
    """Tell what a decision about a hold is about."""
    told: dict[str, Plain] = {"unit": by_id(row.instrument).unit, "quantity": quantity}
    return replace(decision, result={**decision.result, **told})


def _hold(read: Reader, number: int) -> AnyRow:
    return read.conn.execute(select(t.hold).where(t.hold.c.id == number)).one()


def _delivered(outcome: Outcome) -> dict[str, Any]:
    told = _with_serials(outcome)
    return {**told, "transfer_id": told["journal_id"]}


@router.post("/holds/{hold_id}/release", **posts(ReleasePosted))
async def holds_release(
    caller: Annotated[Caller, require("holds:write")],
    hold_id: HoldId,
    body: ReleaseBody,
    ask: Asked,
) -> Response:
    """Give units of a hold back to their holder, as its controller; all if no quantity is named."""

    def decide(read: Reader) -> Decision:
        tenancy.own(read.conn, caller, "hold", [hold_id])
        return _released(read, caller.actor, hold_id, body.quantity)

    return await ask.posted(decide, shape=_given_back)


def _released(read: Reader, actor: Actor, hold: int, quantity: int | None) -> Decision:
    decision = release_hold(read, actor, hold, quantity)
    unit: dict[str, Plain] = {"unit": by_id(_hold(read, hold).instrument).unit}
    return replace(decision, result={**decision.result, **unit})


def _given_back(outcome: Outcome) -> dict[str, Any]:
    """Tell how much went back: what the book did, not what was asked."""
    return {**plain(outcome), "quantity": sum(amount for _, _, amount in outcome["holds"])}


@router.get("/holds", **gets(HoldList))
def holds_list(
    caller: Annotated[Caller, require("holds:read")],
    reads: ReadsPart,
    page: Paged,
    account: Annotated[AccountId | None, Query()] = None,
    state: Annotated[Literal["open", "closed"] | None, Query()] = None,
) -> Response:
    """List holds on own accounts, and those the caller controls, by id."""
    h, query = t.hold.c, tenancy.rows(caller, "hold")
    if account is not None:
        query = query.where(h.account == account)
    if state is not None:
        query = query.where(h.remaining > 0 if state == "open" else h.remaining == 0)
    return json_response(page.read(reads, query, (h.id,), told))


@router.get("/holds/{hold_id}", **gets(HoldDetail))
def holds_get(
    caller: Annotated[Caller, require("holds:read")], hold_id: HoldId, reads: ReadsPart
) -> Response:
    """Tell one hold, with the serials it holds."""
    row = tenancy.find(reads, caller, "hold", hold_id)
    with reads.connect() as conn:
        return json_response({**told(row), "serials": serials.told(held(conn, hold_id))})


def held(conn: Connection, hold: int) -> list[tuple[int, int, int]]:
    """Read the serials under a hold, as (lot, first serial, count)."""
    p, lot = t.parcel.c, t.lot.c
    other = t.parcel.alias().c
    following = select(func.min(other.lo)).where(other.lot == p.lot, other.lo > p.lo)
    past = func.coalesce(following.scalar_subquery(), p.size)
    query = (
        select(p.lot, lot.first_serial + p.lo, past - p.lo)
        .join_from(t.parcel, t.lot, lot.id == p.lot)
        .where(p.hold == hold)
    )
    return [(row[0], row[1], row[2]) for row in conn.execute(query)]


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a hold."""
    instrument, receiver = by_id(row.instrument), row.beneficiary
    return {
        "hold_id": encode_id(IdPrefix.HOLD, row.id),
        "kind": row.kind,
        "account": encode_id(IdPrefix.ACCOUNT, row.account),
        "instrument": instrument.code,
        "unit": instrument.unit,
        "original": row.original,
        "remaining": row.remaining,
        "state": "open" if row.remaining else "closed",
        "controller_id": encode_id(IdPrefix.PARTY, row.controller),
        "beneficiary_account": encode_id(IdPrefix.ACCOUNT, receiver) if receiver else None,
        "expires_at": instant_text(row.expires_at) if row.expires_at else None,
        "reference": row.reference,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
