"""`/v1/ccer/claims`: frozen certificates cancelled for reductions that are credited as CCER."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api import serials, tenancy
from api.acts import act, acts, moved, record_of
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, Outcome, json_response, own_journal, plain
from api.paging import Paged
from api.security import Caller, require
from ledger.model.instrument import by_id
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import AccountId, JournalId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.ccer import ClaimBody, ClaimDetail, ClaimList, ClaimPosted
from settlement.ccer_claims import EnergyOrder, claim_energy
from settlement.freezes import CcerOrder, cancel_for_ccer

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("freezes")
_KIND: Final = "gec.cancel_ccer"


def _claim(read: Reader, actor: Actor, body: ClaimBody, _hold: int | None) -> Decision:
    if body.account and body.hold_id and body.quantity:
        order = CcerOrder(body.account, body.hold_id, body.quantity, body.project, body.document_no)
        decision = cancel_for_ccer(read, actor, order)
        return replace(decision, result={**decision.result, "project": body.project})
    assert body.plant_id
    assert body.month
    assert body.energy_kwh
    credited = EnergyOrder(
        body.plant_id, body.month, body.energy_kwh, body.project, body.document_no
    )
    return claim_energy(read, credited)


def _posted(outcome: Outcome) -> dict[str, Any]:
    told = {**plain(outcome), "claim_id": own_journal(outcome)}
    return {**told, "serials": serials.told(outcome["moved"])}


CLAIM: Final = register(
    Operation("ccer.claim", "ccer:write", ClaimBody, _claim, always=True, shape=_posted)
)


@router.post("/ccer/claims", **posts(ClaimPosted, eyes=True))
def ccer_claims_create(
    caller: Annotated[Caller, require("ccer:write")], body: ClaimBody, ask: Asked
) -> Response:
    """Cancel certificates, frozen for CCER, for registered reductions; a second person decides.

    They are named by a freeze, or by the plant's month and the energy that is credited.
    """
    if body.account and body.hold_id:
        tenancy.own(ask.reads, caller, "account", [body.account])
        tenancy.own(ask.reads, caller, "hold", [body.hold_id])
    if body.plant_id:
        tenancy.own(ask.reads, caller, "plant", [body.plant_id])
    return ask.post(lambda read: perform(read, caller.actor, CLAIM, body), shape=_posted)


@router.get("/ccer/claims", **gets(ClaimList))
def ccer_claims_list(
    caller: Annotated[Caller, require("ccer:read")],
    reads: ReadsPart,
    page: Paged,
    account: Annotated[AccountId | None, Query()] = None,
) -> Response:
    """List cancellations for CCER by journal, oldest first."""
    query = acts(caller, _KIND)
    if account is not None:
        query = query.where(t.posting.c.debit == account)
    return json_response(page.read(reads, query, (t.journal.c.seq,), told))


@router.get("/ccer/claims/{claim_id}", **gets(ClaimDetail))
def ccer_claims_get(
    caller: Annotated[Caller, require("ccer:read")], claim_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell one cancellation for CCER, with the serials that were cancelled."""
    row = act(reads, caller, claim_id, _KIND)
    with reads.connect() as conn:
        return json_response({**told(row), "serials": serials.told(moved(conn, claim_id))})


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a cancellation for CCER; its id is that of its journal."""
    record, name = record_of(row), encode_id(IdPrefix.JOURNAL, row.seq)
    return {
        "claim_id": name,
        "journal_id": name,
        "at": instant_text(row.at),
        "account": encode_id(IdPrefix.ACCOUNT, row.debit),
        "hold_id": record["hold"],
        "unit": by_id(row.instrument).unit,
        "quantity": int(record["quantity"]),
        "project": record["project"],
        "document_no": record["document_no"],
        "plant_id": record.get("plant_id"),
        "month": record.get("month"),
        "energy_kwh": int(record["energy_kwh"]) if "energy_kwh" in record else None,
    }
