"""`/v1/objections`: doubts about certificates, verifications and approvals, and what is decided (异议)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from sqlalchemy import Select
from starlette.responses import Response

from api import tenancy
from api.acts import known
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Ask, Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import ObjectionId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.objections import (
    ObjectionBody,
    ObjectionList,
    ObjectionPosted,
    ObjectionTold,
    RulingBody,
    RulingPayload,
    RulingPosted,
)
from settlement.objections import ObjectionOrder, ObjectionRuling, kind_of, object_to, rule_on
from settlement.reviews import REVIEWED

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("objections")


def _ruled(read: Reader, actor: Actor, body: RulingPayload, _hold: int | None) -> Decision:
    ruling = ObjectionRuling(body.objection_id, body.outcome, body.document_no, body.note or "")
    return rule_on(read, actor, ruling)


RULE: Final = register(
    Operation("objection.decide", "objections:decide", RulingPayload, _ruled, always=True)
)


@router.post("/objections", **posts(ObjectionPosted))
def objections_create(
    caller: Annotated[Caller, require("objections:write")], body: ObjectionBody, ask: Asked
) -> Response:
    """Object to an issuance or a transfer the party had part in; the issuer may object to any.

    Within three months of the result (`objection_too_late`); nothing is frozen by it. An emitter asks
    in the same way for a review of its verified emissions or of an approval of its allocation, within
    seven working days (`review_too_late`); `decide_by` is the last day for deciding it, null where
    nobody published the working days.
    """
    known(ask.reads, caller, body.journal_id)
    tenancy.own(ask.reads, caller, "document", body.document_ids)
    order = ObjectionOrder(
        body.journal_id, body.reason, tuple(body.document_ids), by_issuer=caller.role == "issuer"
    )
    return ask.post(lambda read: object_to(read, caller.actor, order))


@router.post("/objections/{objection_id}/decide", **posts(RulingPosted, eyes=True))
def objections_decide(
    caller: Annotated[Caller, require("objections:decide")],
    objection_id: ObjectionId,
    body: RulingBody,
    ask: Asked,
) -> Response:
    """Uphold or dismiss an objection; a second person decides.

    Those about certificates are the issuer's to decide, reviews the province's or the regulator's.
    """
    tenancy.own(ask.reads, caller, "objection", [objection_id])
    _check_role(ask, caller, objection_id)
    payload = RulingPayload.model_construct(objection_id=objection_id, **dict(body))
    return ask.post(lambda read: perform(read, caller.actor, RULE, payload))


def _check_role(ask: Ask, caller: Caller, objection: int) -> None:
    with ask.parts.desk.reader() as read:
        reviewed = kind_of(read, objection) in REVIEWED
    if reviewed == (caller.role == "issuer"):
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": "objections:decide"})


@router.get("/objections", **gets(ObjectionList))
def objections_list(
    caller: Annotated[Caller, require("objections:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List objections by id."""
    return json_response(page.read(reads, _rows(caller), (t.objection.c.id,), told))


@router.get("/objections/{objection_id}", **gets(ObjectionTold))
def objections_get(
    caller: Annotated[Caller, require("objections:read")],
    objection_id: ObjectionId,
    reads: ReadsPart,
) -> Response:
    """Tell one objection."""
    query = _rows(caller).where(t.objection.c.id == objection_id)
    with reads.connect() as conn:
        row = conn.execute(query).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response(told(row))


def _rows(caller: Caller) -> Select[Any]:
    o, d = t.objection.c, t.objection_decision.c
    query = tenancy.rows(caller, "objection").add_columns(d.outcome, d.document_no)
    return query.join(t.objection_decision, d.objection == o.id, isouter=True)


def told(row: AnyRow) -> dict[str, Any]:
    """Tell an objection."""
    return {
        "objection_id": encode_id(IdPrefix.OBJECTION, row.id),
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "act_id": encode_id(IdPrefix.JOURNAL, row.target),
        "reason": row.reason,
        "document_ids": [encode_id(IdPrefix.DOCUMENT, number) for number in row.documents],
        "at": instant_text(row.at),
        "outcome": row.outcome,
        "document_no": row.document_no,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
