"""Trades and order holds: translate an order into the movements it asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.kinds import KINDS, Rule
from ledger.model.command import (
    Act,
    CloseHold,
    Criteria,
    Exact,
    FromHold,
    Move,
    OpenHold,
    Plain,
    Source,
)
from ledger.model.instrument import GEC, by_code, by_id
from ledger.refusals import HoldUnknown, InstrumentUnknown, Refusal, SerialsNotAvailable
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from settlement.bands import Bands, bands
from settlement.desk import Decision

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from ledger.model.instrument import Instrument
    from settlement.desk import AnyRow, Reader


@dataclass(frozen=True, slots=True)
class Selection:
    """Which units: a lot, exact serials of a lot, or criteria; earliest expiry first."""

    lot: int | None = None
    first_serial: int | None = None
    production_month: date | None = None
    energy: str | None = None


ANY: Final = Selection()
FITTING: Final[Mapping[Rule, Criteria]] = {
    "trade": Criteria(trade="tradable", resold=True),
    "hydro": Criteria(energy="hydro", trade="non_tradable", category="on_grid"),
    "self_use": Criteria(category="self_use"),
    "off_grid": Criteria(category="off_grid"),
    "mechanism": Criteria(mechanism=True),
}
"""What each rule lets go at all, so that a choice by criteria offers it nothing else."""


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """A sale with its price per unit, or an assignment, which has none; and what it rests on."""

    from_account: int
    to_account: int
    instrument: str
    quantity: int
    mode: str
    select: Selection = ANY
    price_fen: int | None = None
    evidence: Mapping[str, Plain] = field(default_factory=dict)
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """Units to set aside for an order; `controller` settles or releases (the placer, if not named)."""

    account: int
    instrument: str
    quantity: int
    reference: str
    select: Selection = ANY
    controller: int | None = None
    beneficiary_account: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SettleOrder:
    """Delivery out of a hold; `close` gives back what remains."""

    hold: int
    to_account: int
    quantity: int
    mode: str
    price_fen: int | None = None
    close: bool = False
    evidence: Mapping[str, Plain] = field(default_factory=dict)
    reference: str | None = None


def instrument_of(code: str) -> Instrument:
    """Find an instrument by code, or refuse."""
    found = by_code(code)
    if found is None:
        raise InstrumentUnknown(instrument=code)
    return found


def transfer(
    read: Reader, actor: Actor, orders: Sequence[TransferOrder], hold: int | None = None
) -> list[Decision | Refusal]:
    """Decide transfers, each for itself; `hold` is the approval's hold of a single one."""
    starts = lot_starts(read, [order.select for order in orders])
    band = bands(read, [(by_code(order.instrument), order) for order in orders])
    return [_decided(read, order, starts, band, hold) for order in orders]


def _decided(
    read: Reader, order: TransferOrder, starts: Mapping[int, int], band: Bands, hold: int | None
) -> Decision | Refusal:
    try:
        instrument = instrument_of(order.instrument)
        band.check(instrument, order)
        source = FromHold(hold) if hold else _source(read, instrument, order, starts)
    except Refusal as refusal:
        return refusal
    move = Move(
        order.from_account, order.to_account, instrument.id, order.quantity, source, order.price_fen
    )
    return Decision((Act(f"transfer.{order.mode}", (move,), _body(order)),))


def _body(order: TransferOrder | SettleOrder) -> dict[str, Plain]:
    body: dict[str, Plain] = {"mode": order.mode, "quantity": order.quantity}
    body |= {"reference": order.reference} if order.reference else {}
    body |= {"evidence": dict(order.evidence)} if order.evidence else {}
    return body


def _source(
    read: Reader,
    instrument: Instrument,
    order: TransferOrder | HoldOrder,
    starts: Mapping[int, int],
) -> Source:
    """Choose what may go at all; units named outright are taken as they are and judged."""
    if instrument.id != GEC:
        return None
    source = source_of(order.select, starts)
    if isinstance(source, Exact) or source.lot is not None:
        return source
    mode = order.mode if isinstance(order, TransferOrder) else "listing"
    rule = KINDS[f"transfer.{mode}"].rule
    fitting = FITTING.get(rule, Criteria())
    most = read.rules.integer("gec.max_trades", read.day) if rule == "trade" else None
    return fitting._replace(
        trades_below=fitting.trades_below if most is None else most,
        month=source.month,
        energy=source.energy or fitting.energy,
    )


def source_of(selection: Selection, starts: Mapping[int, int]) -> Criteria | Exact:
    """Translate a caller's selection; serials become offsets within their lot."""
    if selection.first_serial is None:
        return Criteria(
            lot=selection.lot, month=selection.production_month, energy=selection.energy
        )
    start = starts.get(selection.lot or 0)
    if selection.lot is None or start is None or selection.first_serial < start:
        raise SerialsNotAvailable(
            lot=encode_id(IdPrefix.LOT, selection.lot) if selection.lot else "",
            first_serial=selection.first_serial,
            count=1,
        )
    return Exact(selection.lot, selection.first_serial - start)


def lot_starts(read: Reader, selections: Sequence[Selection]) -> dict[int, int]:
    """Read the first serial of every lot named, in one statement."""
    lots = {s.lot for s in selections if s.lot is not None and s.first_serial is not None}
    if not lots:
        return {}
    rows = read.conn.execute(select(t.lot.c.id, t.lot.c.first_serial).where(t.lot.c.id.in_(lots)))
    return {row.id: row.first_serial for row in rows}


def place_hold(
    read: Reader, actor: Actor, order: HoldOrder, waiting: int | None = None
) -> Decision:
    """Set units aside for an order (预冻结); `waiting` is the approval's hold that gave way to it."""
    instrument, number = instrument_of(order.instrument), read.numbers.entity()
    starts = lot_starts(read, [order.select])
    opening = OpenHold(
        id=number,
        kind="order",
        account=order.account,
        instrument=instrument.id,
        amount=order.quantity,
        controller=order.controller or actor.party,
        beneficiary=order.beneficiary_account,
        expires_at=order.expires_at,
        reference=order.reference,
        source=_source(read, instrument, order, starts),
    )
    name = encode_id(IdPrefix.HOLD, number)
    body: dict[str, Plain] = {
        "hold": name,
        "account": encode_id(IdPrefix.ACCOUNT, order.account),
        "controller": encode_id(IdPrefix.PARTY, opening.controller),
        "reference": order.reference,
    }
    if order.expires_at is not None:
        body["expires_at"] = instant_text(order.expires_at)
    if order.beneficiary_account is not None:
        body["beneficiary"] = encode_id(IdPrefix.ACCOUNT, order.beneficiary_account)
    effects: tuple[OpenHold | CloseHold, ...] = (opening,)
    if waiting is not None:
        effects = (CloseHold(waiting, order.account, instrument.id), opening)
    return Decision((Act("hold.open", effects, body),), result={"hold_id": name})


def settle_hold(read: Reader, actor: Actor, order: SettleOrder) -> Decision:
    """Deliver units out of a hold; with `close`, the rest goes back in the same transaction."""
    hold = _hold(read, order.hold)
    instrument = by_id(hold.instrument)
    bands(read, [(instrument, order)]).check(instrument, order)
    name = encode_id(IdPrefix.HOLD, order.hold)
    move = Move(
        hold.account,
        order.to_account,
        hold.instrument,
        order.quantity,
        FromHold(order.hold),
        order.price_fen,
    )
    acts = [Act(f"transfer.{order.mode}", (move,), _body(order) | {"hold": name})]
    if order.close and order.quantity < hold.remaining:
        rest = CloseHold(order.hold, hold.account, hold.instrument, settled=True)
        acts.append(Act("hold.release", (rest,), {"hold": name}))
    return Decision(tuple(acts), result={"hold_id": name})


def release_hold(read: Reader, actor: Actor, number: int, quantity: int | None) -> Decision:
    """Give units of a hold back, all that remain if no quantity is named."""
    hold = _hold(read, number)
    name = encode_id(IdPrefix.HOLD, number)
    closing = CloseHold(number, hold.account, hold.instrument, quantity)
    return Decision((Act("hold.release", (closing,), {"hold": name}),), result={"hold_id": name})


def _hold(read: Reader, number: int) -> AnyRow:
    row = read.conn.execute(select(t.hold).where(t.hold.c.id == number)).first()
    if row is None:
        raise HoldUnknown(hold=encode_id(IdPrefix.HOLD, number))
    return row
