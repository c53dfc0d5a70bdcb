"""The parcels of an account: runs of certificates with one holder, hold and history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, union_all

from ledger.store import tables as t
from ledger.store.queries.paging import Listed, Page, beyond, cut

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Select

_next: Final = t.parcel.alias("next")
_past: Final = func.coalesce(
    select(func.min(_next.c.lo))
    .where(_next.c.lot == t.parcel.c.lot, _next.c.lo > t.parcel.c.lo)
    .correlate(t.parcel)
    .scalar_subquery(),
    t.parcel.c.size,
)


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
        (_past - c.lo).label("count"),
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
