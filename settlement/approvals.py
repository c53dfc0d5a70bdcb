"""Four eyes: an act waits as it was asked, with its units held, until a second person decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.model.command import Act, CloseHold, Decide, Enter, OpenHold, Plain
from ledger.refusals import ApprovalDecided
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader

WAITS_HOURS: Final = 72
"""How long an act waits for a second person, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class ApprovalOrder:
    """An act that needs a second person: its name, its body as asked, and the units it would take."""

    operation: str
    payload: bytes
    hold: OpenHold | None = None
    lifetime_hours: int = WAITS_HOURS


def open_approval(read: Reader, actor: Actor, order: ApprovalOrder) -> Decision:
    """Put an act before a second person; its units are held until it is decided or runs out."""
    number = read.numbers.entity()
    expires = instant_text(read.now + timedelta(hours=order.lifetime_hours))
    digest = sha256(order.payload)
    row: dict[str, Plain] = {
        "id": number,
        "operation": order.operation,
        "payload": "\\x" + order.payload.hex(),
        "payload_sha256": "\\x" + digest.hexdigest(),
        "maker_party": actor.party,
        "maker_person": actor.person,
        "maker_client": actor.client,
        "hold": order.hold.id if order.hold else None,
        "expires_at": expires,
    }
    names: dict[str, Plain] = {
        "approval_id": encode_id(IdPrefix.APPROVAL, number),
        "operation": order.operation,
        "payload_sha256": digest.hexdigest(),
        "expires_at": expires,
    }
    effects = (Enter("approval", row), *((order.hold,) if order.hold else ()))
    return Decision((Act("approval.open", effects, names),), result=names | {"state": "pending"})


def load_approval(read: Reader, number: int) -> AnyRow:
    """Read one approval.

    Raises:
        ApprovalDecided: there is none of this number, or it is not pending any more.
    """
    row = read.conn.execute(select(t.approval).where(t.approval.c.id == number)).first()
    if row is None or row.state != "pending":
        raise ApprovalDecided(
            approval=encode_id(IdPrefix.APPROVAL, number), state=row.state if row else "unknown"
        )
    return row


def approve(read: Reader, actor: Actor, number: int, inner: Decision) -> Decision:
    """Approve, and do what was asked, in one transaction; `inner` was decided from the payload."""
    name = encode_id(IdPrefix.APPROVAL, number)
    act = Act("approval.approve", (Decide(number, "approved"),), {"approval_id": name})
    return Decision((act, *inner.acts), inner.expect, {**inner.result, "approval_id": name})


def reject(read: Reader, actor: Actor, number: int) -> Decision:
    """Reject; the units held go back."""
    return _end(read, number, "approval.reject", Decide(number, "rejected"))


def lapse(read: Reader, number: int) -> Decision:
    """End an approval whose time is over; the units held go back."""
    return _end(read, number, "approval.expire", Decide(number, "expired"))


def _end(read: Reader, number: int, kind: str, decide: Decide) -> Decision:
    row = load_approval(read, number)
    name = encode_id(IdPrefix.APPROVAL, number)
    effects: tuple[Decide | CloseHold, ...] = (decide,)
    if row.hold is not None:
        hold = read.conn.execute(select(t.hold).where(t.hold.c.id == row.hold)).one()
        effects += (CloseHold(hold.id, hold.account, hold.instrument),)
    return Decision(
        (Act(kind, effects, {"approval_id": name}),),
        result={"approval_id": name, "state": decide.state},
    )
