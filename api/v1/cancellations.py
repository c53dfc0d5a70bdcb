"""`/v1/allowances/cancellations`: allowances given up for good (自愿注销)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, moved_units, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked
from api.paging import Paged
from api.recorded import Recorded
from api.security import Caller, require
from schemas.fields import JournalId
from schemas.wire.adjustments import (
    CancellationBody,
    CancellationList,
    CancellationPosted,
    CancellationTold,
)
from settlement.allowances import CancellationOrder, cancel

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Decision, Reader

router = doors("allowances")
_CANCELLATIONS: Final = Recorded("cea.cancel", "cancellation_id", "tCO2e")


def _cancelled(
    read: Reader, actor: Actor, body: CancellationBody, hold: int | None = None
) -> Decision:
    order = CancellationOrder(body.account, body.vintage, body.quantity, body.reason, body.public)
    return cancel(read, actor, order, hold)


CANCEL: Final = register(
    Operation(
        "cancellation",
        "cancellations:write",
        CancellationBody,
        _cancelled,
        always=True,
        units=moved_units,
        shape=_CANCELLATIONS.posted,
    )
)


@router.post("/allowances/cancellations", **posts(CancellationPosted, eyes=True))
def cancellations_create(
    caller: Annotated[Caller, require("cancellations:write")], body: CancellationBody, ask: Asked
) -> Response:
    """Give allowances up for good; a second person of the holder's approves."""
    tenancy.own(ask.reads, caller, "account", [body.account])
    return ask.post(
        lambda read: perform(read, caller.actor, CANCEL, body), shape=_CANCELLATIONS.posted
    )


@router.get("/allowances/cancellations", **gets(CancellationList))
def cancellations_list(
    caller: Annotated[Caller, require("allowances:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List cancellations, oldest first."""
    return _CANCELLATIONS.listed(reads, caller, page)


@router.get("/allowances/cancellations/{cancellation_id}", **gets(CancellationTold))
def cancellations_get(
    caller: Annotated[Caller, require("allowances:read")],
    cancellation_id: JournalId,
    reads: ReadsPart,
) -> Response:
    """Tell one cancellation."""
    return _CANCELLATIONS.found(reads, caller, cancellation_id)
