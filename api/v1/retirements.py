"""`/v1/retirements`: certificates used up for one claim of one beneficiary about one year."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api import serials, tenancy
from api.acts import moved, reversal_of
from api.approvals import Operation, moved_units, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response, plain
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from api.v1.transfers import selection_of
from ledger.store import tables as t
from ledger.store.queries.acts import reversed_by
from schemas.calendar import instant_text
from schemas.fields import AccountId, CreditCode, RetirementId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.retirements import (
    RetirementBody,
    RetirementDetail,
    RetirementList,
    RetirementPosted,
)
from settlement.retirement import RetirementOrder, retire

if TYPE_CHECKING:
    from sqlalchemy import Engine, Select

    from api.idempotency import Shape
    from ledger.model.command import Actor, Plain
    from settlement.desk import AnyRow, Decision, Reader

router = doors("retirements")


def _retired(read: Reader, actor: Actor, body: RetirementBody, hold: int | None = None) -> Decision:
    order = RetirementOrder(
        account=body.account,
        quantity=body.quantity,
        beneficiary_code=body.beneficiary.credit_code,
        beneficiary_name=body.beneficiary.name,
        purpose=body.purpose,
        consumption_year=body.consumption_year,
        select=selection_of(body.select),
        public=body.public,
        note=body.note or "",
    )
    decision = retire(read, actor, order, hold)
    told: dict[str, Plain] = {
        "account": encode_id(IdPrefix.ACCOUNT, body.account),
        "quantity": body.quantity,
        "unit": "MWh",
        "consumption_year": body.consumption_year,
        "purpose": body.purpose,
    }
    return replace(decision, result={**decision.result, **told})


def _shape(reads: Engine) -> Shape:
    return serials.with_codes(plain, reads)


RETIRE: Final = register(
    Operation(
        "retirement",
        "retirements:write",
        RetirementBody,
        _retired,
        units=moved_units,
        looks_up=_shape,
    )
)


@router.post("/retirements", **posts(RetirementPosted, eyes=True))
def retirements_create(
    caller: Annotated[Caller, require("retirements:write")], body: RetirementBody, ask: Asked
) -> Response:
    """Retire certificates for good; from the account's limit on, a second person decides."""
    tenancy.own(ask.reads, caller, "account", [body.account])
    if body.select.lot_id is not None:
        tenancy.own(ask.reads, caller, "lot", [body.select.lot_id])
    return ask.post(
        lambda read: perform(read, caller.actor, RETIRE, body), shape=RETIRE.shape_of(ask.reads)
    )


@router.get("/retirements", **gets(RetirementList))
def retirements_list(
    caller: Annotated[Caller, require("retirements:read")],
    reads: ReadsPart,
    page: Paged,
    account: Annotated[AccountId | None, Query()] = None,
    beneficiary: Annotated[CreditCode | None, Query()] = None,
    consumption_year: Annotated[int | None, Query(ge=2000, le=2099)] = None,
) -> Response:
    """List retirements by id."""
    r = t.retirement.c
    wanted = {
        r.account: account,
        r.beneficiary_code: beneficiary,
        r.consumption_year: consumption_year,
    }
    query = _rows(caller)
    query = query.where(*(col == value for col, value in wanted.items() if value))
    return json_response(page.read(reads, query, (r.id,), told))


@router.get("/retirements/{retirement_id}", **gets(RetirementDetail))
def retirements_get(
    caller: Annotated[Caller, require("retirements:read")],
    retirement_id: RetirementId,
    reads: ReadsPart,
) -> Response:
    """Tell one retirement, with the serials it used up and the codes of their ends."""
    with reads.connect() as conn:
        row = conn.execute(_rows(caller).where(t.retirement.c.id == retirement_id)).first()
        if row is None:
            raise Problem(DoorCode.NOT_FOUND)
        runs = serials.coded(conn, moved(conn, row.journal))
    return json_response({**told(row), "serials": runs})


def _rows(caller: Caller) -> Select[Any]:
    back = reversed_by(t.retirement.c.journal)
    return tenancy.rows(caller, "retirement").add_columns(back)


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a retirement."""
    return {
        "retirement_id": encode_id(IdPrefix.RETIREMENT, row.id),
        "statement_no": row.statement_no,
        "account": encode_id(IdPrefix.ACCOUNT, row.account),
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "beneficiary": {"credit_code": row.beneficiary_code, "name": row.beneficiary_name},
        "purpose": row.purpose,
        "consumption_year": row.consumption_year,
        "quantity": row.quantity,
        "unit": "MWh",
        "public": row.public,
        "note": row.note,
        "at": instant_text(row.at),
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
        "reversed_by": reversal_of(row),
    }
