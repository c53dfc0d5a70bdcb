"""Carrying over: old allowances give way to as many of a later vintage, within the holder's room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ledger.model.account import CONVERTED, DISCHARGED, SOURCE
from ledger.model.command import Act, Enter, Expect, FromHold, Move, Plain
from ledger.model.instrument import Instrument, yearly
from ledger.refusals import MovementNotAllowed
from ledger.rules.carry import window_of
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.allowances import emitter_of, opened_vintage
from settlement.balances import balance_of
from settlement.carried.batches import Batch, batch_of
from settlement.carried.holdings import rests_on
from settlement.carried.limit import t_max
from settlement.desk import Decision
from settlement.instruments import instrument_row
from settlement.refusals import (
    CarryOverAboveLimit,
    CarryOverClosed,
    CarryOverNotOnTime,
    CarryOverVintage,
)
from settlement.registration import account_or_opening

if TYPE_CHECKING:
    from datetime import date

    from ledger.model.command import Actor, Effect
    from ledger.rules.carry import Window
    from settlement.carried.limit import Limit
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class CarryOrder:
    """Allowances of one vintage to carry into a year, in t CO2e, out of a registry account."""

    account: int
    year: int
    vintage: int
    quantity: int
    document_no: str


def carry(read: Reader, actor: Actor, order: CarryOrder, hold: int | None = None) -> Decision:
    """Convert allowances one for one; `hold` is that of the request, whose day the window is judged by.

    Source: 2023–24 allocation plan, Annex 5 (CEA-R7).

    Raises:
        CarryOverClosed: it was asked outside its days.
        CarryOverVintage: the vintage is not carried into this year.
        CarryOverNotOnTime: a duty of before was not met by its deadline.
        CarryOverAboveLimit: it is more than is left, what else waits counted where it is asked for.
        InstrumentUnknown: a vintage is not open here.
        MovementNotAllowed: the account is none that allowances are handed in from.
        NotInForce: nothing is carried into this year.
    """
    window, asked_on = window_of(read.rules, order.year), _asked_on(read, hold)
    _check_window(read, window, order, asked_on)
    old, new = opened_vintage(read, order.vintage), opened_vintage(read, order.year)
    _check_account(read, order, old)
    party = emitter_of(read, order.account)
    limit = t_max(read, party, order.year, deciding=hold is not None)
    past = rests_on(read, party, window)
    if not limit.on_time:
        raise CarryOverNotOnTime(years=", ".join(map(str, window.on_time_years)))
    if order.quantity > limit.left:
        raise CarryOverAboveLimit(asked=order.quantity, left=limit.left, t_max=limit.t_max)
    body = _body(order, limit, hold)
    told = _told(batch_of(read.rules, order.year, asked_on), read.day)
    result = body | told | {"left": limit.left - order.quantity}
    effects, expect = _effects(read, party, order, limit, (old, new), hold)
    return Decision((Act("cea.carry_over", effects, body),), (*expect, *past), result)


def _asked_on(read: Reader, hold: int | None) -> date:
    if hold is None:
        return read.day
    h, j = t.hold.c, t.journal.c
    query = select(j.day).join_from(t.hold, t.journal, j.seq == h.journal).where(h.id == hold)
    day: date = read.conn.execute(query).scalar_one()
    return day


def _check_window(read: Reader, window: Window, order: CarryOrder, asked_on: date) -> None:
    late = asked_on > window.apply_until
    refused = read.rules.text("cea.late.carry_over", asked_on) == "refused"
    if asked_on < window.opens or (late and refused):
        raise CarryOverClosed(
            first_day=window.opens.isoformat(), last_day=window.apply_until.isoformat()
        )
    if not window.takes(order.vintage):
        raise CarryOverVintage(
            vintage=order.vintage, first=window.first_vintage, last=window.last_vintage
        )


def _check_account(read: Reader, order: CarryOrder, old: Instrument) -> None:
    """Refuse at the door what the book would refuse after a second person's word."""
    a = t.account.c
    cls = read.conn.execute(select(a["class"]).where(a.id == order.account)).scalar_one()
    if cls != "cea_registry":
        raise MovementNotAllowed(
            kind="cea.carry_over", debit_class=cls, credit_class="converted", instrument=old.code
        )


def _body(order: CarryOrder, limit: Limit, hold: int | None) -> dict[str, Plain]:
    body: dict[str, Plain] = {
        "account": encode_id(IdPrefix.ACCOUNT, order.account),
        "year": order.year,
        "vintage": order.vintage,
        "quantity": order.quantity,
        "holdings": limit.holdings,
        "sold": limit.trades.sold,
        "bought": limit.trades.bought,
        "on_time": limit.on_time,
        "t_max": limit.t_max,
        "room_change": limit.room_change,
        "document_no": order.document_no,
    }
    return body | ({"hold": encode_id(IdPrefix.HOLD, hold)} if hold else {})


def _told(batch: Batch, today: date) -> dict[str, Plain]:
    late = None if batch.credited_by is None else today > batch.credited_by
    return {**batch.told(), "late": late}


def _effects(
    read: Reader,
    party: int,
    order: CarryOrder,
    limit: Limit,
    units: tuple[Instrument, Instrument],
    hold: int | None,
) -> tuple[tuple[Effect, ...], tuple[Expect, ...]]:
    """Convert, set the room to what may be carried, and use of it; it all rests on the room as read."""
    room = yearly("CARRY-ROOM", order.year)
    duty, opening = account_or_opening(read, party, "duty")
    old, new = units
    effects: tuple[Effect, ...] = (
        Move(order.account, CONVERTED, old.id, order.quantity, FromHold(hold) if hold else None),
        Move(SOURCE, order.account, new.id, order.quantity),
        *opening,
        instrument_row(room),
        Enter("carry_over", _row(read, party, order)),
        *_granted(duty, room, limit.room_change),
        Move(duty, DISCHARGED, room.id, order.quantity),
    )
    balance = None if opening else balance_of(read, duty, room.id)
    expect = () if opening else (Expect(duty, room.id, balance.version if balance else 0),)
    return effects, expect


def _granted(duty: int, room: Instrument, change: int) -> tuple[Move, ...]:
    if change > 0:
        return (Move(SOURCE, duty, room.id, change),)
    return (Move(duty, SOURCE, room.id, -change),) if change < 0 else ()


def _row(read: Reader, party: int, order: CarryOrder) -> dict[str, Plain]:
    c = t.carry_over.c
    query = select(func.coalesce(func.max(c.n), 0)).where(c.party == party, c.year == order.year)
    return {
        "party": party,
        "year": order.year,
        "n": int(read.conn.execute(query).scalar_one()) + 1,
        "vintage": order.vintage,
        "quantity": order.quantity,
    }
