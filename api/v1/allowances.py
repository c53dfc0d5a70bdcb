"""`/v1/allowances`: vintages of carbon allowances, and their allocation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from sqlalchemy import Select, select
from starlette.responses import Response

from api import tenancy
from api.acts import acts
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Ask, Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.recorded import Recorded
from api.security import Caller, require
from ledger.model.instrument import by_id, yearly
from ledger.store import tables as t
from schemas.fields import AccountId, JournalId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.allowances import (
    AllocationBody,
    AllocationList,
    AllocationPosted,
    AllocationTold,
    VintageBody,
    VintageList,
    VintagePosted,
    VintageTold,
)
from settlement.allocating import AllocationOrder, allocate
from settlement.allowances import VintageOrder, open_vintage

if TYPE_CHECKING:
    from ledger.model.command import Actor, Plain
    from settlement.desk import AnyRow, Decision, Reader

router = doors("allowances")
_UNIT: Final = "tCO2e"
_ALLOCATIONS: Final = Recorded("cea.allocate", "allocation_id", _UNIT)


def _opened(read: Reader, actor: Actor, body: VintageBody, _hold: int | None = None) -> Decision:
    order = VintageOrder(body.vintage, body.document_no, body.province_account, body.quantity)
    decision, account = open_vintage(read, actor, order), body.province_account
    told: dict[str, Plain] = {
        "unit": _UNIT,
        "province_account": encode_id(IdPrefix.ACCOUNT, account) if account else None,
        "quantity": body.quantity,
    }
    return replace(decision, result={**decision.result, **told})


CREATE: Final = register(
    Operation("vintage", "allowances:write", VintageBody, _opened, always=True)
)


@router.post("/allowances/vintages", **posts(VintagePosted, eyes=True))
def vintages_create(
    caller: Annotated[Caller, require("allowances:write")], body: VintageBody, ask: Asked
) -> Response:
    """Open a vintage by document; units made for a province wait for a second regulator."""
    if body.province_account is None:
        return ask.post(lambda read: _opened(read, caller.actor, body))
    tenancy.own(ask.reads, caller, "account", [body.province_account])
    return ask.post(lambda read: perform(read, caller.actor, CREATE, body))


def _vintages() -> Select[Any]:
    i, first = t.instrument.c, yearly("CEA", 2000).id
    return select(i.id).where(i.id >= first, i.id < first + 100)


@router.get("/allowances/vintages", **gets(VintageList))
def vintages_list(
    caller: Annotated[Caller, require("allowances:read")],  # noqa: ARG001 - vintages are anyone's to see
    reads: ReadsPart,
    page: Paged,
) -> Response:
    """List the vintages that are open, oldest first."""
    return json_response(page.read(reads, _vintages(), (t.instrument.c.id,), _vintage))


@router.get("/allowances/vintages/{vintage}", **gets(VintageTold))
def vintages_get(
    caller: Annotated[Caller, require("allowances:read")],  # noqa: ARG001 - vintages are anyone's to see
    vintage: int,
    reads: ReadsPart,
) -> Response:
    """Tell one vintage, if it is open."""
    first = yearly("CEA", 2000).id
    query = _vintages().where(t.instrument.c.id == first + min(max(vintage - 2000, -1), 100))
    with reads.connect() as conn:
        row = conn.execute(query).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response(_vintage(row))


def _vintage(row: AnyRow) -> dict[str, Any]:
    instrument = by_id(row.id)
    return {"vintage": instrument.year, "instrument": instrument.code, "unit": instrument.unit}


@router.post("/allowances/allocations", **posts(AllocationPosted))
def allocations_create(
    caller: Annotated[Caller, require("allowances:allocate")], body: AllocationBody, ask: Asked
) -> Response:
    """Allocate to an emitter of the province, out of the province's account."""
    giver = body.province_account or _province_account(ask, caller)
    tenancy.own(ask.reads, caller, "account", {giver, body.account})
    order = AllocationOrder(
        giver, body.account, body.vintage, body.quantity, body.stage, body.document_no
    )
    return ask.post(lambda read: allocate(read, caller.actor, order), shape=_ALLOCATIONS.posted)


def _province_account(ask: Ask, caller: Caller) -> int:
    """Find the caller's own account of class province."""
    a = t.account.c
    query = select(a.id).where(
        a.party == caller.party, a["class"] == "province", a.on_behalf_of.is_(None)
    )
    with ask.reads.connect() as conn:
        number = conn.execute(query).scalar()
    if number is None:
        raise Problem(DoorCode.NOT_FOUND)
    return int(number)


@router.get("/allowances/allocations", **gets(AllocationList))
def allocations_list(
    caller: Annotated[Caller, require("allowances:read")],
    reads: ReadsPart,
    page: Paged,
    account: Annotated[AccountId | None, Query()] = None,
) -> Response:
    """List allocations by journal, oldest first; `account` gave or received."""
    query = acts(caller, _ALLOCATIONS.kind)
    if account is not None:
        query = query.where((t.posting.c.debit == account) | (t.posting.c.credit == account))
    return json_response(page.read(reads, query, (t.journal.c.seq,), _ALLOCATIONS.told))


@router.get("/allowances/allocations/{allocation_id}", **gets(AllocationTold))
def allocations_get(
    caller: Annotated[Caller, require("allowances:read")],
    allocation_id: JournalId,
    reads: ReadsPart,
) -> Response:
    """Tell one allocation; its id is that of its journal."""
    return _ALLOCATIONS.found(reads, caller, allocation_id)
