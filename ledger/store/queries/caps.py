"""Provincial caps as they stand: the figure that was set, and where the room under it lies."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Select, and_, case, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.account import REGISTRY_PARTY
from ledger.model.instrument import CAPS, CCERS
from ledger.store import tables as t

_PROVINCE, _WAY, _YEAR = 10_000, 1_000, 2000


def standing(province: str | None, year: int | None) -> Select[Any]:
    """Select every cap of which anything is known, by the number of its instrument.

    Certificates: `cap` as set, null without one; `recognised` by budgets, `given` to units as parts
    and not used yet, `free` for whoever comes.
    """
    i, lying, last = t.instrument.c, _lying().subquery(), _latest().subquery()
    query = (
        select(i.id, i.code, lying.c.recognised, lying.c.given, lying.c.free)
        .add_columns(last.c.cap, last.c.version, last.c.document_no, last.c.journal)
        .join_from(t.instrument, lying, lying.c.instrument == i.id, isouter=True)
        .join(last, last.c.instrument == i.id, isouter=True)
        .where(i.id >= CAPS, i.id < CCERS)
    )
    if province is not None:
        query = query.where((i.id - CAPS) // _PROVINCE == int(province))
    return query if year is None else query.where(i.id % _WAY == year - _YEAR)


def _lying() -> Select[Any]:
    b, a = t.balance.c, t.account.c
    ours = a.party == REGISTRY_PARTY
    places = {
        "recognised": and_(~ours, a["class"] == "budget"),
        "given": and_(~ours, a["class"] == "duty"),
        "free": and_(ours, a["class"] == "duty"),
    }
    sums = [
        cast(func.sum(case((place, b.posted), else_=0)), BigInteger).label(name)
        for name, place in places.items()
    ]
    return (
        select(b.instrument, *sums)
        .join_from(t.balance, t.account, a.id == b.account)
        .where(b.instrument >= CAPS, b.instrument < CCERS)
        .group_by(b.instrument)
    )


def _latest() -> Select[Any]:
    c = t.cap.c
    way = case((c.direction == "in_province", _WAY), else_=2 * _WAY)
    number = CAPS + cast(c.province, BigInteger) * _PROVINCE + way + c.year - _YEAR
    return (
        select(number.label("instrument"), c.cap, c.version, c.document_no, c.journal)
        .ext(distinct_on(c.province, c.year, c.direction))
        .order_by(c.province, c.year, c.direction, c.version.desc())
    )
