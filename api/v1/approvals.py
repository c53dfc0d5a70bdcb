"""`/v1/approvals`: acts that wait for a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.approvals import approved, operation_of, payload_of
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.security import Caller, require
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import ApprovalId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.approvals import ApprovalDone, ApprovalList, ApprovalRejected, ApprovalTold
from settlement.approvals import reject

if TYPE_CHECKING:
    from settlement.desk import AnyRow

router = doors("approvals")


@router.post("/approvals/{approval_id}/approve", **posts(ApprovalDone))
def approvals_approve(
    caller: Annotated[Caller, require("approvals:decide")], approval_id: ApprovalId, ask: Asked
) -> Response:
    """Do the act, as a second person; the answer is the act's own."""
    row = tenancy.find(ask.reads, caller, "approval", approval_id)
    operation = operation_of(caller, row)
    return ask.post(
        lambda read: approved(read, caller.actor, approval_id, operation),
        status=operation.status,
        shape=operation.shape_of(ask.reads),
    )


@router.post("/approvals/{approval_id}/reject", **posts(ApprovalRejected, 200))
def approvals_reject(
    caller: Annotated[Caller, require("approvals:decide")], approval_id: ApprovalId, ask: Asked
) -> Response:
    """Refuse the act, as a second person; the units held for it go back."""
    row = tenancy.find(ask.reads, caller, "approval", approval_id)
    operation_of(caller, row)
    return ask.post(lambda read: reject(read, caller.actor, approval_id), status=200)


@router.get("/approvals", **gets(ApprovalList))
def approvals_list(
    caller: Annotated[Caller, require("approvals:read")],
    reads: ReadsPart,
    page: Paged,
    state: Annotated[Literal["pending", "approved", "rejected", "expired"] | None, Query()] = None,
) -> Response:
    """List approvals by id, oldest first."""
    query = tenancy.rows(caller, "approval")
    if state is not None:
        query = query.where(t.approval.c.state == state)
    return json_response(page.read(reads, query, (t.approval.c.id,), told))


@router.get("/approvals/{approval_id}", **gets(ApprovalTold))
def approvals_get(
    caller: Annotated[Caller, require("approvals:read")], approval_id: ApprovalId, reads: ReadsPart
) -> Response:
    """Tell one approval, with what was asked."""
    return json_response(told(tenancy.find(reads, caller, "approval", approval_id)))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell an approval."""
    return {
        "approval_id": encode_id(IdPrefix.APPROVAL, row.id),
        "operation": row.operation,
        "state": row.state,
        "payload": payload_of(row),
        "payload_sha256": bytes(row.payload_sha256).hex(),
        "maker_party_id": encode_id(IdPrefix.PARTY, row.maker_party),
        "maker_person": row.maker_person,
        "checker_person": row.checker_person,
        "hold_id": encode_id(IdPrefix.HOLD, row.hold) if row.hold else None,
        "expires_at": instant_text(row.expires_at),
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
