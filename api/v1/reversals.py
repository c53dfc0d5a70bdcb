"""`/v1/reversals`: acts taken back on the same units and histories (冲正), never by changing a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from starlette.responses import Response

from api.acts import act, acts, known, record_of
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, Outcome, json_response, own_journal, plain
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.kinds import KINDS
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import JournalId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.reversals import ReversalBody, ReversalList, ReversalPosted, ReversalTold
from settlement.reversals import ReversalOrder, reverse

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("reversals")
_KINDS: Final = ("reverse.act", "reverse.decision")


def _reversed(read: Reader, actor: Actor, body: ReversalBody, _hold: int | None) -> Decision:
    order = ReversalOrder(body.journal_id, body.reason, body.document_no)
    return reverse(read, actor, order)


def _posted(outcome: Outcome) -> dict[str, Any]:
    return {**plain(outcome), "reversal_id": own_journal(outcome)}


REVERSE: Final = register(
    Operation("reversal", "reversals:write", ReversalBody, _reversed, always=True, shape=_posted)
)


@router.post("/reversals", **posts(ReversalPosted, eyes=True))
def reversals_create(
    caller: Annotated[Caller, require("reversals:write")], body: ReversalBody, ask: Asked
) -> Response:
    """Take an act back, wholly or not at all; a second person decides.

    A retirement and a surrender are taken back by a regulator alone (`reversals:decide`). 422
    `reversal_too_late` where the receiver has not all of it any more, free and as it came.
    """
    _check_part(caller, known(ask.reads, caller, body.journal_id))
    return ask.post(lambda read: perform(read, caller.actor, REVERSE, body), shape=_posted)


def _check_part(caller: Caller, kind: str) -> None:
    if KINDS[kind].reversal == "decision" and not caller.may("reversals:decide"):
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": "reversals:decide"})


@router.get("/reversals", **gets(ReversalList))
def reversals_list(
    caller: Annotated[Caller, require("reversals:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List reversals by journal, oldest first."""
    return json_response(page.read(reads, acts(caller, *_KINDS), (t.journal.c.seq,), told))


@router.get("/reversals/{reversal_id}", **gets(ReversalTold))
def reversals_get(
    caller: Annotated[Caller, require("reversals:read")], reversal_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell one reversal."""
    return json_response(told(act(reads, caller, reversal_id, *_KINDS)))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a reversal."""
    record = record_of(row)
    return {
        "reversal_id": encode_id(IdPrefix.JOURNAL, row.seq),
        "at": instant_text(row.at),
        "day": row.day.isoformat(),
        **{
            name: record[name] for name in ("journal_id", "act_id", "kind", "reason", "document_no")
        },
    }
