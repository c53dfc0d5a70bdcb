"""`/v1/successions`: a merger or split passes units and duties to a successor."""

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
    SuccessionBody,
    SuccessionList,
    SuccessionPosted,
    SuccessionTold,
)
from settlement.succession import Part, SuccessionOrder, succeed

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Decision, Reader

router = doors("parties")
_SUCCESSIONS: Final = Recorded("party.succession", "succession_id")


def _succeeded(
    read: Reader,
    actor: Actor,
    body: SuccessionBody,
    _hold: int | None,
) -> Decision:
    parts = tuple(Part(part.account, part.instrument, part.quantity) for part in body.parts or ())
    order = SuccessionOrder(body.from_party, body.to_party, body.document_no, parts)
    return succeed(read, actor, order)


SUCCEED: Final = register(
    Operation(
        "succession",
        "successions:write",
        SuccessionBody,
        _succeeded,
        always=True,
        shape=_SUCCESSIONS.posted,
    )
)


@router.post("/successions", **posts(SuccessionPosted, eyes=True))
def successions_create(
    caller: Annotated[Caller, require("successions:write")], body: SuccessionBody, ask: Asked
) -> Response:
    """Pass a party's units and duties to its successor; it is no trade, and needs a second person."""
    tenancy.own(ask.reads, caller, "party", {body.from_party, body.to_party})
    if body.parts:
        tenancy.own(ask.reads, caller, "account", {part.account for part in body.parts})
    return ask.post(
        lambda read: perform(read, caller.actor, SUCCEED, body), shape=_SUCCESSIONS.posted
    )


@router.get("/successions", **gets(SuccessionList))
def successions_list(
    caller: Annotated[Caller, require("parties:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List successions, oldest first."""
    return _SUCCESSIONS.listed(reads, caller, page)


@router.get("/successions/{succession_id}", **gets(SuccessionTold))
def successions_get(
    caller: Annotated[Caller, require("parties:read")],
    succession_id: JournalId,
    reads: ReadsPart,
) -> Response:
    """Tell one succession."""
    return _SUCCESSIONS.found(reads, caller, succession_id)
