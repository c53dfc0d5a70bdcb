"""`/v1/freezes`: units frozen by decision of an authority, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import Query
from sqlalchemy import Select, select
from starlette.responses import Response

from api import serials, tenancy
from api.acts import record_of
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, Outcome, json_response, plain
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from api.v1.holds import held
from api.v1.holds import told as hold_told
from ledger.kinds.kind import FROZEN_KINDS
from ledger.store import tables as t
from schemas.fields import AccountId, HoldId
from schemas.wire.freezes import (
    ForcedBody,
    ForcedPayload,
    FreezeDetail,
    FreezeList,
    LiftBody,
    LiftPayload,
    UnitsFreezeBody,
    UnitsFrozenPosted,
)
from settlement.freezable import Wanted
from settlement.freezes import ForcedOrder, FreezeOrder, LiftOrder, force, freeze, lift

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("freezes")
_PERMISSION: Final = "freezes:write"


def _freeze(read: Reader, actor: Actor, body: UnitsFreezeBody, _hold: int | None) -> Decision:
    named = body.select
    wanted = Wanted(
        account=body.account,
        quantity=body.quantity,
        lots=(named.lot_id,) if named else tuple(body.lots or ()),
        first_serial=named.first_serial if named else None,
        untraded=body.cause == "ccer",
    )
    order = FreezeOrder(wanted, body.instrument, body.cause, body.document_no)
    return freeze(read, actor, order)


def _lift(read: Reader, actor: Actor, body: LiftPayload, _hold: int | None) -> Decision:
    return lift(read, actor, LiftOrder(body.hold_id, body.document_no, body.quantity))


def _force(read: Reader, actor: Actor, body: ForcedPayload, _hold: int | None) -> Decision:
    order = ForcedOrder(body.hold_id, body.to_account, body.quantity, body.document_no)
    return force(read, actor, order)


def _posted(outcome: Outcome) -> dict[str, Any]:
    return {**plain(outcome), "serials": serials.told(outcome["moved"])}


FREEZE: Final = register(
    Operation("units.freeze", _PERMISSION, UnitsFreezeBody, _freeze, always=True, shape=_posted)
)
LIFT: Final = register(
    Operation("units.unfreeze", _PERMISSION, LiftPayload, _lift, always=True, shape=_posted)
)
FORCE: Final = register(
    Operation(
        "units.forced_transfer", _PERMISSION, ForcedPayload, _force, always=True, shape=_posted
    )
)


@router.post("/freezes", **posts(UnitsFrozenPosted, eyes=True))
def freezes_create(
    caller: Annotated[Caller, require(_PERMISSION)], body: UnitsFreezeBody, ask: Asked
) -> Response:
    """Freeze certificates or allowances by decision; a second person decides.

    Free units go first, then those set aside for orders: what was placed for them ends there.
    Validity runs on. The issuer freezes certificates, a regulator both.
    """
    if caller.role == "issuer" and body.instrument != "GEC":
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": _PERMISSION})
    tenancy.own(ask.reads, caller, "account", [body.account])
    lots = [*(body.lots or ()), *([body.select.lot_id] if body.select else ())]
    tenancy.own(ask.reads, caller, "lot", lots)
    return ask.post(lambda read: perform(read, caller.actor, FREEZE, body), shape=_posted)


@router.post("/freezes/{hold_id}/lift", **posts(UnitsFrozenPosted, eyes=True))
def freezes_lift(
    caller: Annotated[Caller, require(_PERMISSION)], hold_id: HoldId, body: LiftBody, ask: Asked
) -> Response:
    """Give frozen units back, by the party that had them frozen; a second person decides."""
    _find(ask.reads, caller, hold_id)
    payload = LiftPayload.model_construct(hold_id=hold_id, **_given(body))
    return ask.post(lambda read: perform(read, caller.actor, LIFT, payload), shape=_posted)


@router.post("/freezes/{hold_id}/transfer", **posts(UnitsFrozenPosted, eyes=True))
def freezes_transfer(
    caller: Annotated[Caller, require(_PERMISSION)], hold_id: HoldId, body: ForcedBody, ask: Asked
) -> Response:
    """Move units under a judicial freeze where the court says; a second person decides."""
    _find(ask.reads, caller, hold_id)
    tenancy.known(ask.reads, "account", [body.to_account])
    payload = ForcedPayload.model_construct(hold_id=hold_id, **_given(body))
    return ask.post(lambda read: perform(read, caller.actor, FORCE, payload), shape=_posted)


def _given(body: LiftBody | ForcedBody) -> dict[str, Any]:
    """Give the fields of a body as they were read."""
    return {name: getattr(body, name) for name in body.model_fields_set}


@router.get("/freezes", **gets(FreezeList))
def freezes_list(
    caller: Annotated[Caller, require("freezes:read")],
    reads: ReadsPart,
    page: Paged,
    account: Annotated[AccountId | None, Query()] = None,
    state: Annotated[Literal["open", "closed"] | None, Query()] = None,
) -> Response:
    """List freezes of own units, and those the caller decided, by id."""
    h, query = t.hold.c, _freezes(caller)
    if account is not None:
        query = query.where(h.account == account)
    if state is not None:
        query = query.where(h.remaining > 0 if state == "open" else h.remaining == 0)
    return json_response(page.read(reads, query, (h.id,), told))


@router.get("/freezes/{hold_id}", **gets(FreezeDetail))
def freezes_get(
    caller: Annotated[Caller, require("freezes:read")], hold_id: HoldId, reads: ReadsPart
) -> Response:
    """Tell one freeze, with the serials that are still frozen."""
    row = _find(reads, caller, hold_id)
    with reads.connect() as conn:
        return json_response({**told(row), "serials": serials.told(held(conn, hold_id))})


def _freezes(caller: Caller) -> Select[Any]:
    """Select freezes with the record of the act that opened them."""
    h, j = t.hold.c, t.journal.c
    return (
        select(t.hold, j.body)
        .join(t.journal, j.seq == h.journal)
        .where(h.kind.in_(FROZEN_KINDS), tenancy.within(caller, "hold"))
    )


def _find(reads: ReadsPart, caller: Caller, number: int) -> AnyRow:
    """Read one freeze; a hold for an order is none."""
    with reads.connect() as conn:
        row = conn.execute(_freezes(caller).where(t.hold.c.id == number)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return row


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a freeze."""
    record = record_of(row)
    return {
        **hold_told(row),
        "cause": record["cause"],
        "document_no": record["document_no"],
    }
