"""Bodies of `/v1/approvals`."""

from typing import Any

from schemas.wire.body import Posted, Told


class ApprovalTold(Told):
    """An act that waits, or waited, for a second person; `payload` is what was asked."""

    approval_id: str
    operation: str
    state: str
    payload: dict[str, Any]
    payload_sha256: str
    maker_party_id: str
    maker_person: str
    checker_person: str | None
    hold_id: str | None
    expires_at: str
    journal_id: str


class ApprovalList(Told):
    """Approvals, by id."""

    items: list[ApprovalTold]
    next_cursor: str | None


class ApprovalDone(Posted):
    """The act was done: its own body, with the approval's id."""

    approval_id: str


class ApprovalRejected(Posted):
    """The act will not be done."""

    approval_id: str
    state: str
