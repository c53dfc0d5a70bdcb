"""Bodies of `/v1/objections`."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from schemas.fields import DocumentId, DocumentNo, JournalId, ObjectionId, plain_text
from schemas.wire.body import Body, Posted, Told

_REASON_CHARS = 500
_DOCUMENTS_MAX = 20

Outcome: TypeAlias = Literal["upheld", "dismissed"]
_Reason: TypeAlias = Annotated[str, plain_text(_REASON_CHARS)]


class ObjectionBody(Body):
    """The act objected to, or to be reviewed, why, and the evidence on file."""

    journal_id: JournalId
    reason: _Reason
    document_ids: Annotated[list[DocumentId], Field(min_length=1, max_length=_DOCUMENTS_MAX)]


class RulingBody(Body):
    """What is decided about an objection, and by which decision."""

    outcome: Outcome
    document_no: DocumentNo
    note: _Reason | None = None


class RulingPayload(RulingBody):
    """A ruling with the objection it is about: what a second person approves."""

    objection_id: ObjectionId


class ObjectionPosted(Posted):
    """An objection is on file."""

    objection_id: str
    act_id: str
    decide_by: str | None
    """The last day for deciding a review; null for others, or where nobody published working days."""


class RulingPosted(Posted):
    """An objection was decided."""

    objection_id: str
    outcome: str
    document_no: str
    late: bool | None
    """A review decided after its working days; null for others, or where nobody published them."""


class ObjectionTold(Told):
    """An objection, and what was decided about it."""

    objection_id: str
    party_id: str
    act_id: str
    """The first journal of the act."""
    reason: str
    document_ids: list[str]
    at: str
    outcome: Outcome | None
    document_no: str | None
    journal_id: str


class ObjectionList(Told):
    """Objections, by id."""

    items: list[ObjectionTold]
    next_cursor: str | None
