"""Who may decide an approval, and until when. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ledger.refusals import ApprovalDecided, ApprovalExpired, HoldNotExpired, SamePerson
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.model.hold import Approval


def check_decision(
    approval: Approval,
    person: str,
    state: Literal["approved", "rejected", "expired"],
    now: datetime,
) -> None:
    """Refuse a decision that is late, made twice, or made by the maker.

    The maker may reject (withdraw) nothing and approve nothing: the checker is another person.

    Raises:
        ApprovalDecided: it is not pending any more.
        ApprovalExpired: `now` has reached its expiry.
        SamePerson: `person` made the request.
    """
    name = encode_id(IdPrefix.APPROVAL, approval.id)
    if approval.state != "pending":
        raise ApprovalDecided(approval=name, state=approval.state)
    lapsed = now >= approval.expires_at
    if state == "expired":
        if not lapsed:
            raise HoldNotExpired(hold=name)
        return
    if lapsed:
        raise ApprovalExpired(approval=name)
    if person == approval.maker_person:
        raise SamePerson(approval=name)
