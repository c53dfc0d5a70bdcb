"""`/v1/allowances/moves` and `/releases`: allowances that change account and stay one emitter's."""

from __future__ import annotations

from typing import Annotated, Final

from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked
from api.paging import Paged
from api.recorded import Recorded
from api.security import Caller, require
from schemas.fields import JournalId
from schemas.wire.adjustments import (
    MoveBody,
    MoveList,
    MovePosted,
    MoveTold,
    ReleaseBody,
    ReleaseList,
    ReleasePosted,
    ReleaseTold,
)
from settlement.allowances import MoveOrder, move_own
from settlement.entitlement.differentiated import ReleaseOrder, release

router = doors("allowances")
_MOVES: Final = Recorded("cea.move", "move_id", "tCO2e")
_RELEASES: Final = Recorded("cea.release", "release_id", "tCO2e")


@router.post("/allowances/moves", **posts(MovePosted))
def moves_create(
    caller: Annotated[Caller, require("transfers:write")], body: MoveBody, ask: Asked
) -> Response:
    """Move allowances between an emitter's registry account and its trading account."""
    tenancy.own(ask.reads, caller, "mine", {body.from_account, body.to_account})
    order = MoveOrder(body.from_account, body.to_account, body.vintage, body.quantity)
    return ask.post(lambda read: move_own(read, caller.actor, order), shape=_MOVES.posted)


@router.get("/allowances/moves", **gets(MoveList))
def moves_list(
    caller: Annotated[Caller, require("allowances:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List moves between own accounts, oldest first."""
    return _MOVES.listed(reads, caller, page)


@router.get("/allowances/moves/{move_id}", **gets(MoveTold))
def moves_get(
    caller: Annotated[Caller, require("allowances:read")], move_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell one move."""
    return _MOVES.found(reads, caller, move_id)


@router.post("/allowances/releases", **posts(ReleasePosted))
def releases_create(
    caller: Annotated[Caller, require("allowances:allocate")], body: ReleaseBody, ask: Asked
) -> Response:
    """Let allowances in the province's custody go to the emitter they are kept for."""
    tenancy.own(ask.reads, caller, "account", {body.custody_account, body.account})
    order = ReleaseOrder(
        body.custody_account, body.account, body.vintage, body.quantity, body.document_no
    )
    return ask.post(lambda read: release(read, caller.actor, order), shape=_RELEASES.posted)


@router.get("/allowances/releases", **gets(ReleaseList))
def releases_list(
    caller: Annotated[Caller, require("allowances:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List releases out of custody, oldest first."""
    return _RELEASES.listed(reads, caller, page)


@router.get("/allowances/releases/{release_id}", **gets(ReleaseTold))
def releases_get(
    caller: Annotated[Caller, require("allowances:read")],
    release_id: JournalId,
    reads: ReadsPart,
) -> Response:
    """Tell one release."""
    return _RELEASES.found(reads, caller, release_id)
