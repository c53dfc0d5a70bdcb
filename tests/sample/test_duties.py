"""The sample's coal plants over two compliance years: who met what, what carried over, what it may cost."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import select

from api.composition import open_desk
from api.sample.desk import Clock
from api.sample.duties import FIRST, SECOND
from api.sample.life import START, Scope, live
from ledger.database import Urls
from ledger.settings import Settings
from ledger.store import tables as t
from settlement.penalty import penalty, price_month
from settlement.quotes import month_average
from settlement.standing import standing

SMALL = Scope(months=range(10, 13), plants=30)


def test_who_stays_short_is_told_what_that_may_cost(database: Urls) -> None:
    """Who found what it lacked met 2024 in time; the month before the deadline has an average price."""
    clock = Clock(START)
    with open_desk(database, Settings(sandbox=True), clock) as desk:
        live(desk, clock, lambda _: None, SMALL)
        with desk.reader() as read:
            parties = list(read.conn.execute(select(t.ets_entity.c.party).distinct()).scalars())
            stood = standing(read, parties, FIRST)
            short = next(one for one in stood.values() if one.letter == "B")
            month = price_month(short, read.rules)
            assert month is not None
            told = penalty(short, read.rules, month_average(read, month, read.day))
            carried = read.conn.execute(select(t.carry_over.c.quantity)).scalars().all()
            second = standing(read, parties, SECOND)

    assert {one.letter for one in stood.values()} == {"A", "B"}
    assert {one.days_late for one in stood.values() if one.letter == "A"} == {0}
    assert told is not None
    assert (told.regime, told.price, told.deduction) == ("A", Fraction(6236), short.due)
    assert len(carried) == 1
    assert sum(one.ccer for one in second.values()) > 0
    assert {one.version for one in second.values()} == {1}
