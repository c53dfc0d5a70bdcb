"""Certificates as units: lots, the parcels that tile them, holds on them, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, exists, func, or_, select, union_all

from ledger.store import tables as t
from ledger.store.queries.paging import Listed, Page, beyond, cut, fetch
from ledger.store.queries.scope import Scope, in_own_account, owned

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Row, Select

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
    conn: Connection, scope: Scope, account: int, page: Page, *, lot: int | None = None
) -> Listed[ParcelRow]:
    """List an account's parcels by (lot, lo): earliest expiry first, then lowest serial."""
    c = t.parcel.c
    wanted = [beyond(page, c.lot, c.lo), in_own_account(scope, c.account)]
    wanted += [c.lot == lot] if lot is not None else []
    free = _some(page, c.account == account, c.hold.is_(None), *wanted)
    open_holds = select(t.hold.c.id).where(t.hold.c.account == account, t.hold.c.remaining > 0)
    held = _some(page, c.hold.in_(open_holds), *wanted)
    keys = union_all(select(free.subquery()), select(held.subquery())).subquery()
    query = (
        _parcels(scope)
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


def _parcels(scope: Scope) -> Select[Any]:
    c, lot = t.parcel.c, t.lot.c
    return select(
        c.lot,
        c.lo,
        (lot.first_serial + c.lo).label("first_serial"),
        (_past - c.lo).label("count"),
        c.account,
        case((in_own_account(scope, c.account), c.hold)).label("hold"),
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


def parcel_at(conn: Connection, scope: Scope, lot: int, serial: int) -> ParcelRow | None:
    """Find the parcel of one certificate: who has serial `serial` of a lot, under which hold.

    Its holder may see it, and whoever gave it to that holder, who does not see the hold.
    """
    c, lots, p = t.parcel.c, t.lot.c, t.posting.c
    inside = lots.first_serial.between(serial - lots.size + 1, serial)
    brought = exists().where(
        p.journal == c.acquired_journal,
        p.n == c.acquired_n,
        in_own_account(scope, p.debit, p.credit),
    )
    last = select(func.max(_next.c.lo)).where(
        _next.c.lot == lot, _next.c.lo <= serial - lots.first_serial
    )
    here = c.lo == last.correlate(t.lot).scalar_subquery()
    found = conn.execute(_parcels(scope).where(c.lot == lot, inside, here, brought)).first()
    return None if found is None else ParcelRow(*found)


def lot(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find a lot; its plant's party may see it, and whoever ever gave or took units of it."""
    given = exists().where(
        t.posting.c.lot == t.lot.c.id,
        in_own_account(scope, t.posting.c.debit, t.posting.c.credit),
    )
    query = _lots().where(t.lot.c.id == number, or_(owned(scope, t.plant.c.party), given))
    return conn.execute(query).first()


def lot_of_serial(
    conn: Connection, scope: Scope, plant: int, month: date, series: tuple[str, str], serial: int
) -> Row[Any] | None:
    """Find the lot a serial of a series belongs to; `series` is (category, trade)."""
    c = t.lot.c
    found = conn.execute(
        select(c.id).where(
            c.plant == plant,
            c.month == month,
            c.category == series[0],
            c.trade == series[1],
            c.first_serial <= serial,
            c.first_serial + c.size > serial,
        )
    ).scalar()
    return None if found is None else lot(conn, scope, found)


def lots(
    conn: Connection,
    scope: Scope,
    page: Page,
    *,
    plant: int | None = None,
    month: date | None = None,
) -> Listed[Row[Any]]:
    """List the lots issued to a party's plants, by id: earliest expiry first."""
    query = _lots().where(owned(scope, t.plant.c.party))
    query = query.where(t.lot.c.plant == plant) if plant is not None else query
    query = query.where(t.lot.c.month == month) if month is not None else query
    return fetch(conn, query, page, t.lot.c.id)


def _lots() -> Select[Any]:
    shown = [column for column in t.lot.c if column.name not in {"first", "past_serial", "follows"}]
    return select(*shown, t.plant.c.party, t.plant.c.registration_code).join(
        t.plant, t.plant.c.id == t.lot.c.plant
    )


def hold(conn: Connection, scope: Scope, number: int) -> Row[Any] | None:
    """Find a hold; the holder of the units and the controller may see it."""
    return conn.execute(_holds(scope).where(t.hold.c.id == number)).first()


def holds(
    conn: Connection,
    scope: Scope,
    page: Page,
    *,
    account: int | None = None,
    only_open: bool = False,
) -> Listed[Row[Any]]:
    """List holds by number."""
    query = _holds(scope)
    query = query.where(t.hold.c.account == account) if account is not None else query
    query = query.where(t.hold.c.remaining > 0) if only_open else query
    return fetch(conn, query, page, t.hold.c.id)


def _holds(scope: Scope) -> Select[Any]:
    return (
        select(t.hold, t.account.c.party)
        .join(t.account, t.account.c.id == t.hold.c.account)
        .where(owned(scope, t.account.c.party, t.hold.c.controller))
    )


def hold_events(conn: Connection, scope: Scope, number: int) -> tuple[Row[Any], ...]:
    """Tell what happened to a hold, in order."""
    e = t.hold_event.c
    if hold(conn, scope, number) is None:
        return ()
    query = select(t.hold_event, t.journal.c.at).join(t.journal, t.journal.c.seq == e.journal)
    return tuple(conn.execute(query.where(e.hold == number).order_by(e.journal)).all())
