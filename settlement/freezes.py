"""Freezes: units that nobody uses until a decision lets them go. A freeze outranks orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from sqlalchemy import select

from ledger.kinds.kind import FROZEN_KINDS
from ledger.model.account import CANCELLED
from ledger.model.command import Act, CloseHold, FromHold, HoldKind, Move, OpenHold, Plain
from ledger.model.instrument import GEC, by_id
from ledger.refusals import HoldClosed, HoldUnknown, InstrumentUnknown, NotTheController
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.balances import as_read
from settlement.desk import Decision
from settlement.freezable import Wanted, amounts, certificates
from settlement.transfers import instrument_of

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader

Cause: TypeAlias = Literal["court_order", "objection", "suspected_data", "ccer"]

_KINDS: Final[dict[Cause, HoldKind]] = {
    "court_order": "judicial",
    "objection": "freeze",
    "suspected_data": "freeze",
    "ccer": "ccer",
}
_FROZEN_FAMILIES: Final = frozenset({"GEC", "CEA"})


@dataclass(frozen=True, slots=True)
class FreezeOrder:
    """Units to freeze, why, and the decision it rests on."""

    wanted: Wanted
    instrument: str
    cause: Cause
    document_no: str


@dataclass(frozen=True, slots=True)
class LiftOrder:
    """Frozen units to give back to their holder; all that remain, if no quantity is named."""

    hold: int
    document_no: str
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class ForcedOrder:
    """Frozen units to go where a court says."""

    hold: int
    to_account: int
    quantity: int
    document_no: str


@dataclass(frozen=True, slots=True)
class CcerOrder:
    """Frozen certificates to cancel for reductions that are credited as CCER."""

    account: int
    hold: int
    quantity: int
    project: str
    document_no: str


def freeze(read: Reader, actor: Actor, order: FreezeOrder) -> Decision:
    """Freeze certificates or allowances by decision; the deciding party controls the freeze.

    A freeze for CCER takes untraded certificates alone. Source: 国能综通新能〔2024〕124号 (CCER);
    绿证管理实施细则(试行) (objections); a court's order binds the registry (CEA likewise).

    Raises:
        InstrumentUnknown: this is neither certificates nor allowances.
        Refusal: what `settlement.freezable` says.
    """
    instrument = instrument_of(order.instrument)
    if instrument.family not in _FROZEN_FAMILIES:
        raise InstrumentUnknown(instrument=order.instrument)
    if instrument.id == GEC:
        taken = certificates(read, order.wanted)
    else:
        taken = amounts(read, order.wanted, instrument.id, instrument.code)
    opening = OpenHold(
        id=read.numbers.entity(),
        kind=_KINDS[order.cause],
        account=order.wanted.account,
        instrument=instrument.id,
        amount=taken.total,
        controller=actor.party,
        beneficiary=None,
        expires_at=None,
        reference=order.document_no,
        source=taken.runs,
    )
    act = Act("units.freeze", (*taken.seized, opening), _frozen(order, opening))
    return _decided(read, opening, act)


def _frozen(order: FreezeOrder, opening: OpenHold) -> dict[str, Plain]:
    return {
        "hold": encode_id(IdPrefix.HOLD, opening.id),
        "account": encode_id(IdPrefix.ACCOUNT, opening.account),
        "instrument": order.instrument,
        "quantity": opening.amount,
        "cause": order.cause,
        "controller": encode_id(IdPrefix.PARTY, opening.controller),
        "document_no": order.document_no,
    }


def lift(read: Reader, actor: Actor, order: LiftOrder) -> Decision:
    """Give frozen units back to their holder, by decision of the party that had them frozen."""
    hold = _controlled(read, actor, order.hold)
    quantity = hold.remaining if order.quantity is None else order.quantity
    closing = CloseHold(hold.id, hold.account, hold.instrument, quantity)
    body = _about(hold, quantity, order.document_no)
    return _decided(read, hold, Act("units.unfreeze", (closing,), body))


def force(read: Reader, actor: Actor, order: ForcedOrder) -> Decision:
    """Move units under a judicial freeze where the court says; no sale, and histories stay."""
    hold = _controlled(read, actor, order.hold)
    source = FromHold(hold.id)
    move = Move(hold.account, order.to_account, hold.instrument, order.quantity, source)
    body = _about(hold, order.quantity, order.document_no)
    return _decided(read, hold, Act("units.forced_transfer", (move,), body))


def cancel_for_ccer(read: Reader, actor: Actor, order: CcerOrder) -> Decision:
    """Cancel frozen certificates for verified reductions: no benefit is drawn twice.

    Source: 国能综通新能〔2024〕124号.
    """
    hold = _frozen_hold(read, order.hold)
    move = Move(order.account, CANCELLED, GEC, order.quantity, FromHold(hold.id))
    body = _about(hold, order.quantity, order.document_no) | {"project": order.project}
    return _decided(read, hold, Act("gec.cancel_ccer", (move,), body))


def _frozen_hold(read: Reader, number: int) -> AnyRow:
    """Read a freeze of which something remains; holds for orders are not anyone's to decide on."""
    row = read.conn.execute(select(t.hold).where(t.hold.c.id == number)).first()
    name = encode_id(IdPrefix.HOLD, number)
    if row is None or row.kind not in FROZEN_KINDS:
        raise HoldUnknown(hold=name)
    if row.remaining == 0:
        raise HoldClosed(hold=name)
    return row


def _controlled(read: Reader, actor: Actor, number: int) -> AnyRow:
    hold = _frozen_hold(read, number)
    if hold.controller != actor.party:
        raise NotTheController(hold=encode_id(IdPrefix.HOLD, number))
    return hold


def _about(hold: AnyRow, quantity: int, document_no: str) -> dict[str, Plain]:
    return {
        "hold": encode_id(IdPrefix.HOLD, hold.id),
        "quantity": quantity,
        "document_no": document_no,
    }


def _decided(read: Reader, hold: AnyRow | OpenHold, act: Act) -> Decision:
    told: dict[str, Plain] = {
        "hold_id": encode_id(IdPrefix.HOLD, hold.id),
        "instrument": by_id(hold.instrument).code,
        "unit": by_id(hold.instrument).unit,
        "quantity": act.body["quantity"],
    }
    return Decision((act,), (as_read(read, hold.account, hold.instrument),), told)
