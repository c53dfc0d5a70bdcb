"""The parcels of an account: runs of certificates with one holder, hold and history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, false, func, or_, select, union_all

from ledger.store import tables as t
from ledger.store.queries.paging import Listed, Page, beyond, cut

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Over, Select
    from sqlalchemy.sql.base import ReadOnlyColumnCollection

_next: Final = t.parcel.alias("next")
past: Final = func.coalesce(
    select(func.min(_next.c.lo))
    .where(_next.c.lot == t.parcel.c.lot, _next.c.lo > t.parcel.c.lo)
    .correlate(t.parcel)
    .scalar_subquery(),
    t.parcel.c.size,
)
"""Where a parcel ends, counted from the start of its lot: where the next one begins."""


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """A run of certificates with one holder, hold and history; `lo` counts from the lot's start."""

    lot: int
    lo: int
    first_serial: int
    count: int
    account: int
    hold: int | None
    origin: str
    trades: int
    acquired_journal: int  # the posting that brought it
    acquired_n: int
    plant: int
    month: date
    energy: str
    category: str
    trade: str
    valid_until: date


def parcels(
    conn: Connection, account: int, page: Page, *, lot: int | None = None
) -> Listed[ParcelRow]:
    """List an account's parcels by (lot, lo): earliest expiry first, then lowest serial."""
    c = t.parcel.c
    wanted = [beyond(page, c.lot, c.lo)]
    wanted += [c.lot == lot] if lot is not None else []
    free = _some(page, c.account == account, c.hold.is_(None), *wanted)
    open_holds = select(t.hold.c.id).where(t.hold.c.account == account, t.hold.c.remaining > 0)
    held = _some(page, c.hold.in_(open_holds), *wanted)
    keys = union_all(select(free.subquery()), select(held.subquery())).subquery()
    query = (
        _parcels()
        .join(keys, (keys.c.lot == c.lot) & (keys.c.lo == c.lo))
        .order_by(c.lot, c.lo)
        .limit(page.size + 1)
    )
    rows = [ParcelRow(*row) for row in conn.execute(query)]
    return cut(rows, page, lambda parcel: (parcel.lot, parcel.lo))


def _some(page: Page, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Ask for the keys of one page of parcels: free and held ones stand in different indexes."""
    c = t.parcel.c
    return select(c.lot, c.lo).where(*conditions).order_by(c.lot, c.lo).limit(page.size + 1)


def _parcels() -> Select[Any]:
    c, lot = t.parcel.c, t.lot.c
    return select(
        c.lot,
        c.lo,
        (lot.first_serial + c.lo).label("first_serial"),
        (past - c.lo).label("count"),
        c.account,
        c.hold,
        c.origin,
        c.trades,
        c.acquired_journal,
        c.acquired_n,
        lot.plant,
        lot.month,
        lot.energy,
        lot.category,
        lot.trade,
        lot.valid_until,
    ).join(t.lot, lot.id == c.lot)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A run of free neighbouring parcels of one account with equal trades and origin."""

    lot: int
    lo: int
    first_serial: int
    count: int
    parcels: int


def joinable(
    conn: Connection, account: int, lot: int | None, most: int
) -> tuple[list[Neighbours], bool]:
    """Find runs that may become one parcel, of at most `most` parcels in all; and whether more are left.

    Cost: reads every free parcel of the account, or of the lot where one is named.
    """
    rows = list(conn.execute(_with_neighbours(account, lot).limit(most + 1)))
    runs: list[Neighbours] = []
    for row in rows[:most]:
        last = runs[-1] if runs and row.continues else None
        if last is None:
            runs.append(Neighbours(row.lot, row.lo, row.first_serial, row.past - row.lo, 1))
        else:
            runs[-1] = Neighbours(
                last.lot, last.lo, last.first_serial, row.past - last.lo, last.parcels + 1
            )
    return [run for run in runs if run.parcels > 1], len(rows) > most


def _with_neighbours(account: int, lot: int | None) -> Select[Any]:
    """Select free parcels that continue the one before, or are continued by the next."""
    c = t.parcel.c
    wanted = [c.account == account, c.hold.is_(None)]
    wanted += [c.lot == lot] if lot is not None else []
    free = select(c.lot, c.lo, past.label("past"), c.trades, c.origin).where(*wanted).cte("free")
    f = free.c
    continues = and_(
        _before(f.past, f) == f.lo,
        _before(f.trades, f) == f.trades,
        _before(f.origin, f) == f.origin,
    )
    told = select(f.lot, f.lo, f.past, func.coalesce(continues, false()).label("continues")).cte()
    n = told.c
    followed = func.lead(n.continues).over(partition_by=n.lot, order_by=n.lo)
    met = select(n.lot, n.lo, n.past, n.continues, followed.label("followed")).cte()
    m = met.c
    return (
        select(
            m.lot, m.lo, m.past, m.continues, (t.lot.c.first_serial + m.lo).label("first_serial")
        )
        .join(t.lot, t.lot.c.id == m.lot)
        .where(or_(m.continues, m.followed))
        .order_by(m.lot, m.lo)
    )


def _before(column: ColumnElement[Any], run: ReadOnlyColumnCollection[str, Any]) -> Over[Any]:
    """Give a column's value in the run before it, of the same lot."""
    return func.lag(column).over(partition_by=run.lot, order_by=run.lo)


def count_parcels(conn: Connection, account: int) -> int:
    """Count an account's parcels, held ones too."""
    c = t.parcel.c
    open_holds = select(t.hold.c.id).where(t.hold.c.account == account, t.hold.c.remaining > 0)
    free = select(func.count()).where(c.account == account, c.hold.is_(None)).scalar_subquery()
    held = select(func.count()).where(c.hold.in_(open_holds)).scalar_subquery()
    return int(conn.execute(select(free + held)).scalar_one())
