"""Prices and volumes of allowances, month by month: as the exchange told them, and as settled here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.instrument import yearly
from ledger.store import tables as t
from schemas.calendar import format_month
from settlement.quotes import ALL_VINTAGES
from settlement.reports.cut import Cell, Cut, Report

if TYPE_CHECKING:
    from settlement.desk import AnyRow

_COLUMNS: Final = (
    "month",
    "vintage",
    "days",
    "volume",
    "turnover_fen",
    "average_fen",
    "low_close_fen",
    "high_close_fen",
    "settled_volume",
    "settled_turnover_fen",
)
_TRADES: Final = ("transfer.listing", "transfer.bilateral", "transfer.auction")
_CENTS: Final = Decimal("0.0001")
_FIRST: Final = yearly("CEA", 2000).id


@dataclass(slots=True)
class _Month:
    """A month of one vintage, or of all together."""

    closes: list[int] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    volume: int = 0
    turnover: int = 0
    settled: tuple[int, int] = (0, 0)  # t CO2e and fen

    def row(self, month: date, vintage: int) -> tuple[Cell, ...]:
        """Tell it; an average is of what was traded, in fen to four decimals."""
        average = None
        if self.volume:
            exact = Decimal(self.turnover) / Decimal(self.volume)
            average = f"{exact.quantize(_CENTS, ROUND_HALF_UP):f}"
        return (
            format_month(month),
            vintage or None,
            len(self.days),
            self.volume,
            self.turnover,
            average,
            min(self.closes, default=None),
            max(self.closes, default=None),
            *self.settled,
        )


def allowance_prices(cut: Cut) -> Report:
    """List the months of a calendar year by vintage; a row without one is of all together.

    The exchange's days count as last told by the cut: all vintages together where it told them so,
    else by their sum. What was settled here is what accounts gave and took by trades with a price.
    """
    months = defaultdict[tuple[date, int], _Month](_Month)
    quotes = _quotes(cut)
    whole = {row.day for row in quotes if row.vintage == ALL_VINTAGES}
    for row in quotes:
        _take(months[row.day.replace(day=1), row.vintage], row, closes=True)
        if row.vintage != ALL_VINTAGES and row.day not in whole:
            _take(months[row.day.replace(day=1), ALL_VINTAGES], row, closes=False)
    for month, vintage, units, fen in _settled(cut):
        for of in (vintage, ALL_VINTAGES):
            known = months[month, of]
            known.settled = (known.settled[0] + units, known.settled[1] + fen)
    rows = tuple(found.row(*name) for name, found in sorted(months.items()))
    totals = [found for (_, vintage), found in months.items() if vintage == ALL_VINTAGES]
    sums = {
        "volume": sum(one.volume for one in totals),
        "turnover_fen": sum(one.turnover for one in totals),
        "settled_volume": sum(one.settled[0] for one in totals),
        "settled_turnover_fen": sum(one.settled[1] for one in totals),
    }
    return Report("allowance-prices", _COLUMNS, rows, sums)


def _take(month: _Month, row: AnyRow, *, closes: bool) -> None:
    """Add a day; the closes of parts say nothing of a close of all together."""
    month.days.add(row.day)
    month.volume += row.volume
    month.turnover += row.turnover_fen
    if closes:
        month.closes.append(row.close_fen)


def _quotes(cut: Cut) -> list[AnyRow]:
    q = t.market_quote.c
    query = (
        select(q.day, q.vintage, q.close_fen, q.volume, q.turnover_fen)
        .ext(distinct_on(q.day, q.vintage))
        .where(q.day.between(*_year(cut)), cut.holds(q.journal))
        .order_by(q.day, q.vintage, q.version.desc())
    )
    return list(cut.conn.execute(query))


def _settled(cut: Cut) -> list[tuple[date, int, int, int]]:
    """Add up trades that stand, by month and vintage; reversed ones are out."""
    p, j, back = t.posting.c, t.journal.c, t.journal.alias("back").c
    month = func.date_trunc("month", j.day)
    undone = select(back.reverses).where(back.reverses == j.seq, cut.holds(back.seq)).exists()
    query = (
        select(month, p.instrument, func.sum(p.amount), func.sum(p.amount * p.price_fen))
        .join_from(t.posting, t.journal, j.seq == p.journal)
        .where(
            j.kind.in_(_TRADES),
            j.day.between(*_year(cut)),
            p.instrument.between(_FIRST, _FIRST + 99),
            p.price_fen.is_not(None),
            cut.holds(j.seq),
            ~undone,
        )
        .group_by(month, p.instrument)
        .order_by(month, p.instrument)
    )
    rows = cut.conn.execute(query)
    return [
        (at.date(), 2000 + code - _FIRST, int(units), int(fen)) for at, code, units, fen in rows
    ]


def _year(cut: Cut) -> tuple[date, date]:
    return date(cut.year, 1, 1), date(cut.year, 12, 31)
