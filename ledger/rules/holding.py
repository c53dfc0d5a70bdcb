"""Who may settle or release a hold, and until when. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.refusals import (
    HoldClosed,
    HoldExpired,
    HoldNotExpired,
    HoldTooSmall,
    NotTheController,
    WrongBeneficiary,
)
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.model.hold import Hold


def check_settlement(hold: Hold, party: int, receiver: int, amount: int, now: datetime) -> None:
    """Refuse to deliver held units; checked in the order below.

    Raises:
        NotTheController: `party` does not control the hold.
        HoldClosed: nothing remains on it.
        HoldExpired: `now` has reached the hold's expiry.
        WrongBeneficiary: the hold names another receiver than `receiver`.
        HoldTooSmall: fewer units remain than `amount`.
    """
    name = encode_id(IdPrefix.HOLD, hold.id)
    if party != hold.controller:
        raise NotTheController(hold=name)
    if hold.remaining == 0:
        raise HoldClosed(hold=name)
    if hold.expires_at is not None and now >= hold.expires_at:
        raise HoldExpired(hold=name, expired_at=instant_text(hold.expires_at))
    if hold.beneficiary is not None and receiver != hold.beneficiary:
        raise WrongBeneficiary(hold=name)
    if amount > hold.remaining:
        raise HoldTooSmall(hold=name, asked=amount, remaining=hold.remaining)


def check_release(hold: Hold, party: int, amount: int) -> None:
    """Refuse a release by anyone but the controller, or of more than remains."""
    name = encode_id(IdPrefix.HOLD, hold.id)
    if party != hold.controller:
        raise NotTheController(hold=name)
    if hold.remaining == 0:
        raise HoldClosed(hold=name)
    if amount > hold.remaining:
        raise HoldTooSmall(hold=name, asked=amount, remaining=hold.remaining)


def check_lapse(hold: Hold, now: datetime) -> None:
    """Refuse to end by lapse of time a hold that has not run out."""
    name = encode_id(IdPrefix.HOLD, hold.id)
    if hold.remaining == 0:
        raise HoldClosed(hold=name)
    if hold.expires_at is None or now < hold.expires_at:
        raise HoldNotExpired(hold=name)
