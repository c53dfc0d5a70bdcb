"""`/v1/opening-balances`: what comes in from another registry at cut-over, with its history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

from starlette.responses import Response

from api import tenancy
from api.acts import act, acts
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.security import Caller, require
from ledger.model.instrument import by_id
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import JournalId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.openings import (
    OpeningAllowanceBody,
    OpeningBody,
    OpeningList,
    OpeningLotBody,
    OpeningPosted,
    OpeningTold,
    PieceBody,
    RetiredBody,
)
from settlement.opening import Claim, OpeningLot, OpeningOrder, Piece, bring_in
from settlement.opening_allowances import OpeningAllowance, Standing

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("opening-balances")
_KINDS: Final = ("opening.lot", "opening.balance")


def _bring_in(read: Reader, actor: Actor, body: OpeningBody, _hold: int | None) -> Decision:
    order = OpeningOrder(
        source_registry=body.source_registry,
        reference=body.reference,
        document_no=body.document_no,
        lots=tuple(map(_lot, body.lots)),
        allowances=tuple(map(_allowance, body.allowances)),
    )
    return bring_in(read, actor, order)


def _allowance(body: OpeningAllowanceBody) -> OpeningAllowance:
    told = body.standing
    standing = Standing(told.sold, told.bought, tuple(told.on_time)) if told else None
    return OpeningAllowance(body.account, body.vintage, body.quantity, body.as_of, standing)


def _lot(body: OpeningLotBody) -> OpeningLot:
    return OpeningLot(
        plant=body.plant_id,
        month=body.month,
        category=body.category,
        trade=body.trade,
        mechanism=body.mechanism,
        energy_kwh=body.energy_kwh,
        size=body.size,
        origin_lot=body.origin_lot,
        pieces=tuple(map(_piece, body.pieces)),
    )


def _piece(body: PieceBody) -> Piece:
    claim = _claim(body.retired) if body.retired else None
    return Piece(body.count, body.trades, body.account_id, claim)


def _claim(body: RetiredBody) -> Claim:
    return Claim(
        beneficiary_code=body.beneficiary.credit_code,
        beneficiary_name=body.beneficiary.name,
        purpose=body.purpose,
        year=body.consumption_year,
        statement_no=body.statement_no,
    )


OPENING: Final = register(
    Operation("opening-balances", "openings:write", OpeningBody, _bring_in, always=True)
)


@router.post("/opening-balances", **posts(OpeningPosted, eyes=True))
def opening_balances_create(
    caller: Annotated[Caller, require("openings:write")], body: OpeningBody, ask: Asked
) -> Response:
    """Bring in lots and balances at cut-over, all or none; a second person decides."""
    named = [piece.account_id for lot in body.lots for piece in lot.pieces]
    named += [allowance.account for allowance in body.allowances]
    tenancy.own(ask.reads, caller, "account", {number for number in named if number})
    tenancy.own(ask.reads, caller, "plant", {lot.plant_id for lot in body.lots})
    return ask.post(lambda read: perform(read, caller.actor, OPENING, body))


@router.get("/opening-balances", **gets(OpeningList))
def opening_balances_list(
    caller: Annotated[Caller, require("openings:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List what came in, by journal, oldest first."""
    return json_response(page.read(reads, acts(caller, *_KINDS), (t.journal.c.seq,), told))


@router.get("/opening-balances/{journal_id}", **gets(OpeningTold))
def opening_balances_get(
    caller: Annotated[Caller, require("openings:read")], journal_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell one lot or balance that came in."""
    return json_response(told(act(reads, caller, journal_id, *_KINDS)))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a lot or a balance that came in."""
    whole = json.loads(bytes(row.body))
    record, lot = whole["body"], whole["body"].get("lot_id")
    return {
        "journal_id": encode_id(IdPrefix.JOURNAL, row.seq),
        "kind": row.kind,
        "at": instant_text(row.at),
        "day": row.day.isoformat(),
        "source_registry": whole["external"]["source"],
        "external_id": whole["external"]["id"],
        "reference": record["reference"],
        "document_no": record["document_no"],
        "lot_id": lot,
        "instrument": "GEC" if lot else by_id(row.instrument).code,
        "quantity": int(record["count" if lot else "quantity"]),
    }
