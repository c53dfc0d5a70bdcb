"""Differentiated allocation (差异化): what a province keeps for an emitter, and lets go of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.command import Act, Expect, Move, Plain
from ledger.model.instrument import yearly
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.allowances import emitter_of, opened_vintage
from settlement.desk import Decision
from settlement.refusals import NotInCustodyFor, ReleaseBelowDue

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader

_YEARS = 100  # that ids of yearly instruments leave room for


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """Allowances a province lets go out of its custody to the emitter."""

    custody_account: int
    account: int
    vintage: int
    quantity: int
    document_no: str


def release(read: Reader, actor: Actor, order: ReleaseOrder) -> Decision:
    """Let allowances in custody go to the emitter they are kept for; what it owes stays there.

    Source: 2025-2026年度配额总量和分配方案, 征求意见稿, 四: the registry may hand in from custody what
    is due, and the remainder is released.

    Raises:
        NotInCustodyFor: the receiving account is not that emitter's.
        ReleaseBelowDue: less would be left in custody than the emitter has yet to surrender.
    """
    instrument = opened_vintage(read, order.vintage)
    emitter = emitter_of(read, order.custody_account)
    if emitter != emitter_of(read, order.account):
        raise NotInCustodyFor(account=encode_id(IdPrefix.ACCOUNT, order.account))
    expect = _check_due(read, emitter, order) if _keeps_due(read) else ()
    move = Move(order.custody_account, order.account, instrument.id, order.quantity)
    body: dict[str, Plain] = {
        "custody_account": encode_id(IdPrefix.ACCOUNT, order.custody_account),
        "account": encode_id(IdPrefix.ACCOUNT, order.account),
        "vintage": order.vintage,
        "quantity": order.quantity,
        "document_no": order.document_no,
    }
    return Decision((Act("cea.release", (move,), body),), expect, result=body)


def _keeps_due(read: Reader) -> bool:
    return read.rules.flag("cea.release_keeps_due", read.day)


def _check_due(read: Reader, emitter: int, order: ReleaseOrder) -> tuple[Expect, ...]:
    """Compare what would be left in custody with what is due of all years; both must stay so.

    Custody counts whole, whatever the vintage: which vintage clears which year is the surrender's rule.
    """
    a, b = t.account.c, t.balance.c
    duty = select(a.id).where(a.party == emitter, a["class"] == "duty").scalar_subquery()
    dues = _yearly(read, "DUE-CEA", b.account == duty)
    due = sum(row.posted for row in dues)
    if not due:
        return ()
    kept = _yearly(read, "CEA", b.account == order.custody_account)
    left = sum(row.posted for row in kept) - order.quantity
    if left < due:
        raise ReleaseBelowDue(
            account=encode_id(IdPrefix.ACCOUNT, order.custody_account), left=max(left, 0), due=due
        )
    return tuple(Expect(row.account, row.instrument, row.version) for row in (*dues, *kept))


def _yearly(read: Reader, family: str, of: ColumnElement[bool]) -> list[AnyRow]:
    b, first = t.balance.c, yearly(family, 2000).id
    query = select(b.account, b.instrument, b.posted, b.version).where(
        of, b.instrument >= first, b.instrument < first + _YEARS
    )
    return list(read.conn.execute(query))
