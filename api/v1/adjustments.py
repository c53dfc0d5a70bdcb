"""`/v1/allowances/returns` and `/reductions`: what an emitter gives back, or is not given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked
from api.paging import Paged
from api.recorded import Recorded
from api.security import Caller, require
from schemas.fields import JournalId
from schemas.wire.adjustments import (
    ReductionBody,
    ReductionList,
    ReductionPosted,
    ReductionTold,
    ReturnBody,
    ReturnList,
    ReturnPosted,
    ReturnTold,
)
from settlement.allocating import ReductionOrder, ReturnOrder, reduce_allocation, return_allowances

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Decision, Reader

router = doors("allowances")
_RETURNS: Final = Recorded("cea.return", "return_id", "tCO2e")
_REDUCTIONS: Final = Recorded("cea.reduce", "reduction_id", "tCO2e")


@router.post("/allowances/returns", **posts(ReturnPosted))
def returns_create(
    caller: Annotated[Caller, require("allowances:return")], body: ReturnBody, ask: Asked
) -> Response:
    """Return what was allocated to the province; what was kept back first, and what lacks is a debt."""
    tenancy.own(ask.reads, caller, "mine", [body.account])
    if body.province_account is not None:
        tenancy.known(ask.reads, "account", [body.province_account])
    order = ReturnOrder(
        body.account,
        body.vintage,
        body.quantity,
        body.stage,
        body.document_no,
        body.province_account,
    )
    return ask.post(
        lambda read: return_allowances(read, caller.actor, order), shape=_RETURNS.posted
    )


@router.get("/allowances/returns", **gets(ReturnList))
def returns_list(
    caller: Annotated[Caller, require("allowances:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List returns, oldest first."""
    return _RETURNS.listed(reads, caller, page)


@router.get("/allowances/returns/{return_id}", **gets(ReturnTold))
def returns_get(
    caller: Annotated[Caller, require("allowances:read")], return_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell one return."""
    return _RETURNS.found(reads, caller, return_id)


def _reduced(
    read: Reader,
    actor: Actor,
    body: ReductionBody,
    _hold: int | None,
) -> Decision:
    order = ReductionOrder(body.account, body.quantity, body.cause, body.document_no)
    return reduce_allocation(read, actor, order)


REDUCE: Final = register(
    Operation(
        "reduction",
        "allowances:write",
        ReductionBody,
        _reduced,
        always=True,
        shape=_REDUCTIONS.posted,
    )
)


@router.post("/allowances/reductions", **posts(ReductionPosted, eyes=True))
def reductions_create(
    caller: Annotated[Caller, require("allowances:write")], body: ReductionBody, ask: Asked
) -> Response:
    """Cut what an emitter is allocated from now on, by decision; a second regulator approves."""
    tenancy.own(ask.reads, caller, "account", [body.account])
    return ask.post(
        lambda read: perform(read, caller.actor, REDUCE, body), shape=_REDUCTIONS.posted
    )


@router.get("/allowances/reductions", **gets(ReductionList))
def reductions_list(
    caller: Annotated[Caller, require("allowances:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List reductions, oldest first."""
    return _REDUCTIONS.listed(reads, caller, page)


@router.get("/allowances/reductions/{reduction_id}", **gets(ReductionTold))
def reductions_get(
    caller: Annotated[Caller, require("allowances:read")],
    reduction_id: JournalId,
    reads: ReadsPart,
) -> Response:
    """Tell one reduction."""
    return _REDUCTIONS.found(reads, caller, reduction_id)
