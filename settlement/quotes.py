"""Quotes (行情): what a day's trading of allowances came to, as the exchange tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from sqlalchemy import ARRAY, Integer, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.command import Act, Enter, Plain
from ledger.store import tables as t
from settlement.desk import Decision
from settlement.refusals import QuoteUnfit

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Subquery

    from ledger.model.command import Actor
    from settlement.desk import Reader

ALL_VINTAGES: Final = 0
"""Stands for all vintages together where a quote names none."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A day's close in fen per t CO2e, volume in t and turnover in fen, of one vintage or of all."""

    close_fen: int
    volume: int
    turnover_fen: int
    vintage: int = ALL_VINTAGES


@dataclass(frozen=True, slots=True)
class QuoteOrder:
    """What an exchange tells of a day; telling it again is the next version."""

    day: date
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Average:
    """A month's trading: t CO2e and fen."""

    volume: int
    turnover_fen: int

    @property
    def price(self) -> Fraction:
        """Give the average price, in fen per t, exactly."""
        return Fraction(self.turnover_fen, self.volume)


def record_quotes(read: Reader, actor: Actor, order: QuoteOrder) -> Decision:
    """Put a day's quotes on file; what was told of the day before stays there as it was.

    Raises:
        QuoteUnfit: the day is to come, a vintage stands there twice, or turnover and volume do not go
            together.
    """
    _check(order, read.day)
    versions = _versions(read, order.day)
    told: list[Plain] = []
    rows: list[Enter] = []
    for quote in order.quotes:
        figures: dict[str, Plain] = {
            "close_fen": quote.close_fen,
            "volume": quote.volume,
            "turnover_fen": quote.turnover_fen,
            "version": versions.get(quote.vintage, 0) + 1,
        }
        named: dict[str, Plain] = {"vintage": quote.vintage}
        told.append(figures | named if quote.vintage else figures)
        rows.append(Enter("market_quote", {"day": order.day.isoformat()} | named | figures))
    body: dict[str, Plain] = {"day": order.day.isoformat(), "quotes": told}
    return Decision((Act("cea.quote", tuple(rows), body),), result=body)


def month_average(read: Reader, month: date, day: date) -> Average | None:
    """Add up a month's trading as it was known at the end of the registry day `day`.

    A day counts by its quote of all vintages together, or, where there is none, by the sum of its
    vintages. `month` is any day of it. None where nothing was traded or told.
    """
    known = _latest(day)
    q = known.c
    first, after = month.replace(day=1), _next_month(month)
    rows = read.conn.execute(
        select(q.day, q.vintage, q.volume, q.turnover_fen).where(q.day >= first, q.day < after)
    ).all()
    whole = {row.day for row in rows if row.vintage == ALL_VINTAGES}
    counted = [row for row in rows if row.vintage == ALL_VINTAGES or row.day not in whole]
    volume = sum(row.volume for row in counted)
    return Average(volume, sum(row.turnover_fen for row in counted)) if volume else None


def last_close(read: Reader, vintage: int, before: date) -> int | None:
    """Find the close, in fen per t, of the last day before `before` that has one.

    Of the vintage itself if it was ever quoted, else of all vintages together; None if nothing was.
    """
    return last_closes(read, {vintage}, before).get(vintage)


def last_closes(read: Reader, vintages: Collection[int], before: date) -> dict[int, int]:
    """Find the last closes of some vintages, as `last_close` does, in one statement."""
    listed = bindparam("asked", [*vintages, ALL_VINTAGES], ARRAY(Integer))
    asked = func.unnest(listed).table_valued("vintage").render_derived()
    q = t.market_quote.c
    last = (
        select(q.close_fen)
        .where(q.vintage == asked.c.vintage, q.day < before)
        .order_by(q.day.desc(), q.version.desc())
        .limit(1)
        .lateral()
    )
    query = select(asked.c.vintage, last.c.close_fen).join_from(asked, last, true())
    found = {row.vintage: row.close_fen for row in read.conn.execute(query)}
    closes = {each: found.get(each, found.get(ALL_VINTAGES)) for each in vintages}
    return {each: close for each, close in closes.items() if close is not None}


def _check(order: QuoteOrder, today: date) -> None:
    seen: set[int] = set()
    for quote in order.quotes:
        if reason := _fault(order, quote, today, seen):
            raise QuoteUnfit(day=order.day.isoformat(), vintage=quote.vintage, reason=reason)
        seen.add(quote.vintage)


def _fault(order: QuoteOrder, quote: Quote, today: date, seen: set[int]) -> str | None:
    if order.day > today:
        return "day_to_come"
    if quote.vintage in seen:
        return "vintage_twice"
    return "turnover_unfit" if (quote.volume == 0) != (quote.turnover_fen == 0) else None


def _versions(read: Reader, day: date) -> dict[int, int]:
    q = t.market_quote.c
    rows = read.conn.execute(
        select(q.vintage, func.max(q.version).label("last")).where(q.day == day).group_by(q.vintage)
    )
    return {row.vintage: row.last for row in rows}


def _latest(day: date) -> Subquery:
    """Select of every day and vintage the version last told by the end of a registry day."""
    q, j = t.market_quote.c, t.journal.c
    return (
        select(t.market_quote)
        .join(t.journal, j.seq == q.journal)
        .where(j.day <= day)
        .ext(distinct_on(q.day, q.vintage))
        .order_by(q.day, q.vintage, q.version.desc())
        .subquery()
    )


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
