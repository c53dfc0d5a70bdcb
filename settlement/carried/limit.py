"""How much a party may carry into a year, what it has carried, and what is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, func, select

from ledger.model.account import SOURCE
from ledger.model.instrument import yearly
from ledger.rules.carry import carried_most, window_of
from ledger.store import tables as t
from settlement.carried.holdings import Traded, held, traded
from settlement.carried.in_time import met_in_time

if TYPE_CHECKING:
    from settlement.desk import Reader

OPERATION: Final = "carry-over"
"""The name under which requests wait; their holds refer to it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What may be carried and the figures it comes from, in t CO2e.

    `granted` is the room that acts gave so far, `room` what is left of it and of what a
    predecessor passed on; `waiting` is asked for and not decided, and counts for who asks for more.
    """

    holdings: int
    trades: Traded
    on_time: bool
    t_max: int
    carried: int
    granted: int
    room: int
    waiting: int

    @property
    def left(self) -> int:
        """Tell what may still be asked for."""
        return max(0, self.room + self.room_change - self.waiting)

    @property
    def room_change(self) -> int:
        """Tell by how much the room that was granted differs from what may be carried now."""
        return self.t_max - self.granted


def t_max(read: Reader, party: int, year: int, *, deciding: bool = False) -> Limit:
    """Work out what a party may carry into a year; what waits is left out where a request is decided.

    Requests that came at the same instant may have passed each other at the door: the first that is
    decided goes.

    Source: 2023–24 allocation plan, Annex 5.

    Raises:
        NotInForce: nothing is carried into this year.
    """
    window = window_of(read.rules, year)
    holdings, trades = held(read, party, window), traded(read, party, window)
    on_time = met_in_time(read, party, window.on_time_years)
    most = carried_most(read.rules, year, holdings, trades.net) if on_time else 0
    granted, room = _room(read, party, year)
    return Limit(
        holdings=holdings,
        trades=trades,
        on_time=on_time,
        t_max=most,
        carried=_carried(read, party, year),
        granted=granted,
        room=room,
        waiting=0 if deciding else _waiting(read, party),
    )


def _room(read: Reader, party: int, year: int) -> tuple[int, int]:
    """Sum the room that acts gave a party, and what it has of any."""
    a, p = t.account.c, t.posting.c
    duty = select(a.id).where(a.party == party, a["class"] == "duty").scalar_subquery()
    change = case((p.credit == duty, p.amount), else_=-p.amount)
    given = (p.debit == SOURCE) | (p.credit == SOURCE)
    row = read.conn.execute(
        select(
            func.coalesce(func.sum(change).filter(given), 0),
            func.coalesce(func.sum(change), 0),
        ).where(
            p.instrument == yearly("CARRY-ROOM", year).id, (p.credit == duty) | (p.debit == duty)
        )
    ).one()
    return int(row[0]), int(row[1])


def _carried(read: Reader, party: int, year: int) -> int:
    c = t.carry_over.c
    query = select(func.coalesce(func.sum(c.quantity), 0)).where(c.party == party, c.year == year)
    return int(read.conn.execute(query).scalar_one())


def _waiting(read: Reader, party: int) -> int:
    a, h = t.account.c, t.hold.c
    query = (
        select(func.coalesce(func.sum(h.remaining), 0))
        .join_from(t.hold, t.account, a.id == h.account)
        .where(a.party == party, h.kind == "approval", h.reference == OPERATION)
    )
    return int(read.conn.execute(query).scalar_one())
