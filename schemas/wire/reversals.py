"""Bodies of `/v1/reversals`."""

from typing import Annotated

from schemas.fields import DocumentNo, JournalId, plain_text
from schemas.wire.body import Body, Posted, Told

_REASON_CHARS = 500


class ReversalBody(Body):
    """The act to take back, named by its journal, why, and by which decision."""

    journal_id: JournalId
    reason: Annotated[str, plain_text(_REASON_CHARS)]
    document_no: DocumentNo


class ReversalPosted(Posted):
    """An act was taken back; `act_id` names its first journal."""

    reversal_id: str | None
    act_id: str
    kind: str
    document_no: str


class ReversalTold(Told):
    """One journal that takes back another; a large act is taken back in several."""

    reversal_id: str
    journal_id: str
    """The journal that was taken back."""
    act_id: str
    kind: str
    reason: str
    document_no: str
    at: str
    day: str


class ReversalList(Told):
    """Reversals, oldest first."""

    items: list[ReversalTold]
    next_cursor: str | None
