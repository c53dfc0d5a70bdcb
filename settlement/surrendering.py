"""Surrender (清缴): what is handed in discharges as much of a duty, reductions within their room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.account import DISCHARGED, SURRENDERED
from ledger.model.command import Act, Effect, Expect, Move, Plain
from ledger.model.instrument import ccer, yearly
from ledger.refusals import DutyExceeded, DutyMissing
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.allowances import emitter_of
from settlement.balances import balance_of
from settlement.ccer_units import Picked, pick
from settlement.desk import Decision
from settlement.refusals import CcerRoomShort, NotInCustodyFor
from settlement.registration import account_or_opening

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class SurrenderOrder:
    """What is handed in for a compliance year: allowances, (vintage, quantity) each, and reductions.

    `ccer` is (project, quantity) each, of what the account's owner brought in. `on_behalf_of` is
    the party whose duty is met, where it is not the account's.
    """

    account: int
    compliance_year: int
    allowances: tuple[tuple[int, int], ...]
    ccer: tuple[tuple[str, int], ...] = ()
    on_behalf_of: int | None = None


def surrender(read: Reader, actor: Actor, order: SurrenderOrder) -> Decision:
    """Hand units in and discharge the duty by as much, in one journal; partly is allowed.

    Source: 775号 Art. 14; 管理办法(试行) Art. 28 and 29. Which vintages a year takes is the engine's
    to judge.

    Raises:
        DutyMissing: no emissions of the year are verified for the party.
        DutyExceeded: more would be handed in than is due.
        NotInCustodyFor: what is kept for one emitter would serve another.
        CcerRoomShort: more reductions than there is room for.
        Refusal: as `ccer_units.pick`.
    """
    party, year = _debtor(read, order), order.compliance_year
    total = sum(quantity for _, quantity in (*order.allowances, *order.ccer))
    account, _ = account_or_opening(read, party, "duty")
    due = yearly("DUE-CEA", year)
    balance = balance_of(read, account, due.id)
    if balance is None:
        raise DutyMissing(compliance_year=year)
    if total > balance.posted:
        raise DutyExceeded(compliance_year=year, asked=total, due=balance.posted)
    picked, room = _reductions(read, order, account)
    units = [
        Move(order.account, SURRENDERED, yearly("CEA", vintage).id, quantity)
        for vintage, quantity in order.allowances
    ]
    effects: list[Effect] = [
        *units,
        *(Move(one.account, SURRENDERED, ccer(one.number).id, one.quantity) for one in picked),
        Move(account, DISCHARGED, due.id, total),
        *room,
    ]
    body = _body(order, picked)
    result: dict[str, Plain] = body | {"surrendered": total, "due_left": balance.posted - total}
    expect = (Expect(account, due.id, balance.version), *(one.expect for one in picked))
    return Decision((Act("cea.surrender", tuple(effects), body),), expect, result)


def _debtor(read: Reader, order: SurrenderOrder) -> int:
    """Name whose duty is met; what a province keeps for one emitter serves no other."""
    emitter = emitter_of(read, order.account)
    if order.on_behalf_of is None:
        return emitter
    cls = read.conn.execute(
        select(t.account.c["class"]).where(t.account.c.id == order.account)
    ).scalar_one()
    if cls == "province_custody" and order.on_behalf_of != emitter:
        raise NotInCustodyFor(account=encode_id(IdPrefix.ACCOUNT, order.account))
    return order.on_behalf_of


def _reductions(
    read: Reader, order: SurrenderOrder, duty: int
) -> tuple[tuple[Picked, ...], tuple[Move, ...]]:
    """Pick the reductions, and take as much of the room for them."""
    if not order.ccer:
        return (), ()
    owner = read.conn.execute(
        select(t.account.c.party).where(t.account.c.id == order.account)
    ).scalar_one()
    picked = pick(read, owner, order.ccer, order.compliance_year)
    asked = sum(one.quantity for one in picked)
    space = yearly("CCER-ROOM", order.compliance_year)
    balance = balance_of(read, duty, space.id)
    room = balance.posted if balance else 0
    if asked > room:
        raise CcerRoomShort(compliance_year=order.compliance_year, asked=asked, room=room)
    return picked, (Move(duty, DISCHARGED, space.id, asked),)


def _body(order: SurrenderOrder, picked: tuple[Picked, ...]) -> dict[str, Plain]:
    """Say what is handed in; for whom, where it is not for the account's own."""
    body: dict[str, Plain] = {
        "compliance_year": order.compliance_year,
        "allowances": [{"vintage": v, "quantity": q} for v, q in order.allowances],
    }
    if picked:
        body["ccer"] = [{"instrument": one.code, "quantity": one.quantity} for one in picked]
    if order.on_behalf_of is not None:
        body["party"] = encode_id(IdPrefix.PARTY, order.on_behalf_of)
    return body
