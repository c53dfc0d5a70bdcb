"""`/v1/revocations`: certificates withdrawn from their first holder (撤销)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

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
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import JournalId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.revocations import (
    RevocationBody,
    RevocationDetail,
    RevocationList,
    RevocationPosted,
)
from settlement.revocations import RevocationOrder, revoke

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("revocations")
_KIND: Final = "gec.revoke"


def _revoked(read: Reader, actor: Actor, body: RevocationBody, _hold: int | None) -> Decision:
    order = RevocationOrder(
        lot=body.lot_id,
        cause=body.cause,
        document_no=body.document_no,
        quantity=body.quantity,
        first_serial=body.first_serial,
        objection=body.objection_id,
    )
    decision = revoke(read, actor, order)
    return replace(decision, result={**decision.result, "unit": "MWh"})


def _posted(outcome: Outcome) -> dict[str, Any]:
    told = serials.told(outcome["moved"])
    return {**plain(outcome), "revocation_id": own_journal(outcome), "serials": told}


REVOKE: Final = register(
    Operation(
        "revocation", "revocations:write", RevocationBody, _revoked, always=True, shape=_posted
    )
)


@router.post("/revocations", **posts(RevocationPosted, eyes=True))
def revocations_create(
    caller: Annotated[Caller, require("revocations:write")], body: RevocationBody, ask: Asked
) -> Response:
    """Withdraw certificates of a lot from their first holder; a second person decides.

    `over_issuance` withdraws at most what the plant's energy debt stands for, and what the first
    holder has sold stays as that debt: later months are issued only when it is paid. `error` gives
    the energy back, to be issued anew under new serials. What is frozen on suspicion goes first.
    """
    tenancy.own(ask.reads, caller, "lot", [body.lot_id])
    if body.objection_id is not None:
        tenancy.own(ask.reads, caller, "objection", [body.objection_id])
    return ask.post(lambda read: perform(read, caller.actor, REVOKE, body), shape=_posted)


@router.get("/revocations", **gets(RevocationList))
def revocations_list(
    caller: Annotated[Caller, require("revocations:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List revocations by journal, oldest first."""
    return json_response(page.read(reads, acts(caller, _KIND), (t.journal.c.seq,), told))


@router.get("/revocations/{revocation_id}", **gets(RevocationDetail))
def revocations_get(
    caller: Annotated[Caller, require("revocations:read")],
    revocation_id: JournalId,
    reads: ReadsPart,
) -> Response:
    """Tell one revocation, with the serials withdrawn."""
    row = act(reads, caller, revocation_id, _KIND)
    with reads.connect() as conn:
        return json_response({**told(row), "serials": serials.told(moved(conn, revocation_id))})


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a revocation."""
    record = record_of(row)
    return {
        "revocation_id": encode_id(IdPrefix.JOURNAL, row.seq),
        "lot_id": record["lot_id"],
        "plant_id": record["plant_id"],
        "revoked": int(record["revoked"]),
        "unit": "MWh",
        "debt_kwh": int(record["debt_kwh"]),
        "cause": record["cause"],
        "document_no": record["document_no"],
        "objection_id": record.get("objection_id"),
        "at": instant_text(row.at),
        "day": row.day.isoformat(),
    }
