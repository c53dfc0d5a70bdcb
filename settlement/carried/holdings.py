"""What a party held at the end of the record day, and what it sold and bought before, from postings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, func, or_, select

from ledger.model.command import Expect
from ledger.model.instrument import yearly
from ledger.store import tables as t
from ledger.store.queries.acts import record
from settlement.balances import balances_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import ColumnElement, Select

    from ledger.rules.carry import Window
    from settlement.desk import Reader

TRADES: Final = ("transfer.listing", "transfer.bilateral", "transfer.auction")
_GIVING_UP: Final = "^(cancellation|surrender)"  # operations whose units were pending
_CLASSES: Final = ("cea_registry", "cea_trading")


@dataclass(frozen=True, slots=True)
class Traded:
    """What was sold and bought of the vintages that count, in t CO2e."""

    sold: int
    bought: int

    @property
    def net(self) -> int:
        """Tell the net sales, never below none."""
        return max(0, self.sold - self.bought)


def held(read: Reader, party: int, window: Window) -> int:
    """Sum what a party held at the end of the record day, frozen units too, less what was pending.

    Held is what is in its registry and trading accounts, and what another registry says it held
    there on or before that day. Source: 2023–24 allocation plan, Annex 5.
    """
    mine, vintages = _accounts(party), _vintages(window)
    p, j = t.posting.c, t.journal.c
    gained = case((p.credit.in_(mine), p.amount), else_=0)
    lost = case((p.debit.in_(mine), p.amount), else_=0)
    query = (
        select(func.coalesce(func.sum(gained - lost), 0))
        .join_from(t.posting, t.journal, j.seq == p.journal)
        .where(
            p.instrument.in_(vintages),
            or_(p.credit.in_(mine), p.debit.in_(mine)),
            or_(j.day <= window.sales_to, _stood_before(window)),
        )
    )
    return _number(read, query) - _pending(read, mine, window)


def traded(read: Reader, party: int, window: Window) -> Traded:
    """Sum what a party sold and bought in the window, there and here; what was taken back did not happen.

    Forced transfers and successions are no trades (own reading).
    """
    mine, o = _accounts(party), t.opening_standing.c
    there = read.conn.execute(
        select(func.coalesce(func.sum(o.sold), 0), func.coalesce(func.sum(o.bought), 0)).where(
            o.party == party
        )
    ).one()
    p = t.posting.c
    sold = _number(read, _trades(window, p.debit.in_(mine), p.credit.not_in(mine)))
    bought = _number(read, _trades(window, p.credit.in_(mine), p.debit.not_in(mine)))
    return Traded(sold + int(there[0]), bought + int(there[1]))


def rests_on(read: Reader, party: int, window: Window) -> tuple[Expect, ...]:
    """State what holdings, trades and duties in time were read from: no record of them came meanwhile."""
    a = t.account.c
    mine = read.conn.execute(_accounts(party)).scalars().all()
    duty = read.conn.execute(select(a.id).where(a.party == party, a["class"] == "duty")).scalar()
    vintages = _vintages(window)
    dues = [yearly("DUE-CEA", year).id for year in window.on_time_years]
    places = [(account, vintage) for account in mine for vintage in vintages]
    places += [] if duty is None else [(duty, due) for due in dues]
    rows = balances_of(read, {account for account, _ in places}, [*vintages, *dues])
    found = ((place, rows.get(place)) for place in places)
    return tuple(Expect(*place, row.version if row else 0) for place, row in found)


def _accounts(party: int) -> Select[Any]:
    a = t.account.c
    return select(a.id).where(
        func.coalesce(a.on_behalf_of, a.party) == party, a["class"].in_(_CLASSES)
    )


def _vintages(window: Window) -> Collection[int]:
    years = range(window.first_vintage, window.last_vintage + 1)
    return [yearly("CEA", year).id for year in years]


def _stood_before(window: Window) -> ColumnElement[bool]:
    """Say that a journal brings in what was held in another registry on the record day or before."""
    j, as_of = t.journal.c, record()["body"]["as_of"].astext
    told = case((j.kind == "opening.balance", as_of <= window.sales_to.isoformat()), else_=False)
    return and_(told, ~_taken_back())


def _taken_back() -> ColumnElement[bool]:
    back = t.journal.alias("back").c
    return select(back.seq).where(back.reverses == t.journal.c.seq).exists()


def _pending(read: Reader, mine: Select[Any], window: Window) -> int:
    """Sum what was set aside at the end of the record day to be surrendered or cancelled."""
    h, e, j = t.hold.c, t.hold_event.c, t.journal.c
    aside = case((e.event == "open", e.amount), else_=-e.amount)
    query = (
        select(func.coalesce(func.sum(aside), 0))
        .join_from(t.hold_event, t.hold, h.id == e.hold)
        .join(t.journal, j.seq == e.journal)
        .where(
            h.kind == "approval",
            h.reference.op("~")(_GIVING_UP),
            h.account.in_(mine),
            h.instrument.in_(_vintages(window)),
            j.day <= window.sales_to,
        )
    )
    return _number(read, query)


def _trades(window: Window, *sides: ColumnElement[bool]) -> Select[Any]:
    p, j = t.posting.c, t.journal.c
    return (
        select(func.coalesce(func.sum(p.amount), 0))
        .join_from(t.posting, t.journal, j.seq == p.journal)
        .where(
            p.instrument.in_(_vintages(window)),
            j.kind.in_(TRADES),
            j.day.between(window.sales_from, window.sales_to),
            ~_taken_back(),
            *sides,
        )
    )


def _number(read: Reader, query: Select[Any]) -> int:
    return int(read.conn.execute(query).scalar_one())
