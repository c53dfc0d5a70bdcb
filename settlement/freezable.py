"""What a freeze may take of an account: free units first, then those set aside for orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.book.pick import PARCELS_MAX
from ledger.model.command import CloseHold, Exact, Runs
from ledger.model.instrument import GEC
from ledger.refusals import SerialsNotAvailable, TooFragmented, UnitsShort
from ledger.store import tables as t
from ledger.store.queries import units
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from settlement.desk import Reader

_ORDERS_MAX: Final = 500  # that one freeze takes units out of: its record must name them all
YIELDING: Final = ("order", "approval")
"""Kinds of hold that give way to a freeze."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of an account to freeze: of these lots, or any; all there are, if no quantity."""

    account: int
    quantity: int | None = None
    lots: tuple[int, ...] = ()
    first_serial: int | None = None  # of the one lot named; a quantity is then given
    untraded: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What a freeze takes: how many units, which of them out of orders, and which serials."""

    total: int
    seized: tuple[CloseHold, ...]
    runs: Runs | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """Units of one lot, free or under an order; `past` is the unit after them."""

    lot: int
    lo: int
    past: int
    hold: int | None


def certificates(read: Reader, wanted: Wanted) -> Taken:
    """Choose certificates, earliest expiry first; the last run is cut at its high end.

    Raises:
        SerialsNotAvailable: serials are named that are elsewhere, frozen, or not there.
        UnitsShort: fewer are there than asked.
        TooFragmented: more runs or orders would be touched than one act may.
    """
    first = wanted.first_serial
    there = _runs(read, wanted) if first is None else _named(read, wanted, first)
    runs = list(_first(there, wanted.quantity))
    total = sum(run.past - run.lo for run in runs)
    if len(runs) > PARCELS_MAX:
        raise _fragmented(wanted.account, PARCELS_MAX)
    _check_enough(wanted, "GEC", total)
    seized = tuple(
        CloseHold(run.hold, wanted.account, GEC, run.past - run.lo, seized=True, source=exact)
        for run, exact in ((run, Exact(run.lot, run.lo)) for run in runs)
        if run.hold is not None
    )
    _check_orders(wanted.account, {closing.hold for closing in seized})
    return Taken(total, seized, Runs(tuple((run.lot, run.lo, run.past - run.lo) for run in runs)))


def amounts(read: Reader, wanted: Wanted, instrument: int, code: str) -> Taken:
    """Choose units that have no serials; orders give way newest first.

    Raises:
        UnitsShort: fewer are there than asked.
        TooFragmented: more orders would be touched than one act may.
    """
    b, h = t.balance.c, t.hold.c
    here = (b.account == wanted.account, b.instrument == instrument)
    free = read.conn.execute(select(b.posted - b.held).where(*here)).scalar() or 0
    orders = read.conn.execute(
        select(h.id, h.remaining)
        .where(h.account == wanted.account, h.instrument == instrument)
        .where(h.remaining > 0, h.kind.in_(YIELDING))
        .order_by(h.id.desc())
    ).all()
    total = free + sum(order.remaining for order in orders)
    if wanted.quantity is not None:
        total = min(total, wanted.quantity)
    _check_enough(wanted, code, total)
    seized, need = [], total - free
    for order in orders:
        if need <= 0:
            break
        amount = min(need, order.remaining)
        seized.append(CloseHold(order.id, wanted.account, instrument, amount, seized=True))
        need -= amount
    _check_orders(wanted.account, {closing.hold for closing in seized})
    return Taken(total, tuple(seized))


def _runs(read: Reader, wanted: Wanted, lo: int = 0, past: int = 2**62) -> list[_Run]:
    """Read the account's runs that are not frozen, free ones first; one more than an act may touch."""
    p, h = t.parcel.c, t.hold.c
    query = (
        select(p.lot, p.lo, units.past, p.hold)
        .join_from(t.parcel, t.hold, h.id == p.hold, isouter=True)
        .where(p.account == wanted.account, p.hold.is_(None) | h.kind.in_(YIELDING))
        .where(*_narrowed(wanted), p.lo < past, units.past > lo)
        .order_by(p.hold.is_not(None), p.lot, p.lo)
        .limit(PARCELS_MAX + 1)
    )
    return [_Run(*row) for row in read.conn.execute(query)]


def _narrowed(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    p = t.parcel.c
    if wanted.lots:
        yield p.lot.in_(wanted.lots)
    if wanted.untraded:
        yield p.trades == 0
        yield p.origin == "issued"


def _named(read: Reader, wanted: Wanted, first: int) -> list[_Run]:
    """Read the serials named; all of them must be there."""
    (lot,), count = wanted.lots, wanted.quantity or 0
    start = read.conn.execute(select(t.lot.c.first_serial).where(t.lot.c.id == lot)).scalar_one()
    lo, past = first - start, first - start + count
    named = [
        _Run(lot, max(run.lo, lo), min(run.past, past), run.hold)
        for run in _runs(read, wanted, lo, past)
    ]
    if sum(run.past - run.lo for run in named) != count:
        name = encode_id(IdPrefix.LOT, lot)
        raise SerialsNotAvailable(lot=name, first_serial=first, count=count)
    return named


def _first(there: Iterable[_Run], quantity: int | None) -> Iterator[_Run]:
    """Take runs until there are enough; the last one gives its high end."""
    need = quantity
    for run in there:
        if need == 0:
            return
        count = run.past - run.lo if need is None else min(need, run.past - run.lo)
        need = None if need is None else need - count
        yield _Run(run.lot, run.past - count, run.past, run.hold)


def _check_enough(wanted: Wanted, code: str, total: int) -> None:
    asked = 1 if wanted.quantity is None else wanted.quantity
    if total < asked:
        account = encode_id(IdPrefix.ACCOUNT, wanted.account)
        raise UnitsShort(account=account, instrument=code, asked=asked, available=total)


def _check_orders(account: int, holds: set[int]) -> None:
    if len(holds) > _ORDERS_MAX:
        raise _fragmented(account, _ORDERS_MAX)


def _fragmented(account: int, limit: int) -> TooFragmented:
    return TooFragmented(account=encode_id(IdPrefix.ACCOUNT, account), parcels_limit=limit)
