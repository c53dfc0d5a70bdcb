"""Holds and the second person."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.refusals.refusal import Refusal


@dataclass(eq=False)
class HoldUnknown(Refusal):
    """No such hold, or it is not the caller's to see."""

    code = "hold_unknown"
    hold: str


@dataclass(eq=False)
class HoldClosed(Refusal):
    """Nothing is left on this hold: it was settled, released or has run out."""

    code = "hold_closed"
    hold: str


@dataclass(eq=False)
class HoldExpired(Refusal):
    """The hold ran out before this act; its units go back to the holder."""

    code = "hold_expired"
    hold: str
    expired_at: str


@dataclass(eq=False)
class HoldNotExpired(Refusal):
    """The hold has not run out; only its controller may release it."""

    code = "hold_not_expired"
    hold: str


@dataclass(eq=False)
class HoldTooSmall(Refusal):
    """The hold has fewer units left than asked."""

    code = "hold_too_small"
    hold: str
    asked: int
    remaining: int


@dataclass(eq=False)
class NotTheController(Refusal):
    """Only the party that controls a hold may settle or release it."""

    code = "not_the_controller"
    hold: str


@dataclass(eq=False)
class WrongBeneficiary(Refusal):
    """The hold was placed for another receiver."""

    code = "hold_for_another_receiver"
    hold: str


@dataclass(eq=False)
class ApprovalDecided(Refusal):
    """The approval was decided, or ran out."""

    code = "approval_decided"
    approval: str
    state: str


@dataclass(eq=False)
class ApprovalExpired(Refusal):
    """The approval ran out before it was decided."""

    code = "approval_expired"
    approval: str


@dataclass(eq=False)
class SamePerson(Refusal):
    """Maker and checker are the same person; a second person must decide."""

    code = "maker_is_checker"
    approval: str


@dataclass(eq=False)
class ApprovalNeeded(Refusal):
    """A second person must approve this act first; ask for an approval."""

    code = "approval_needed"
    kind: str
