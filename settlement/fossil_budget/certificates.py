"""A key unit's certificates: those it retired, those it holds, and those it got with green power."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Subquery, and_, extract, func, or_, select

from ledger.model.account import RETIRED
from ledger.model.instrument import GEC
from ledger.model.lot import expires_on, lot_floor
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import AnyRow, Reader
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.planner import OwnParcel, Proposal
from settlement.fossil_budget.recognition import Direction, RetiredLine

_GREEN: Final = "green_power"
_PARCELS_MAX: Final = 4096  # one command's share of parcels
_POSTINGS_MAX: Final = 64  # of one journal


@dataclass(frozen=True, slots=True)
class Run:
    """Certificates of one lot: from which unit of it, how many, and the serial of the first."""

    lot: int
    lo: int
    count: int
    serial: int

    def high(self, count: int) -> Run:
        """Cut from the high end; the keeper keeps the low one."""
        cut = self.count - count
        return Run(self.lot, self.lo + cut, count, self.serial + cut)


@dataclass(frozen=True, slots=True)
class Offer:
    """One run that a retirement used up, as it is judged for the budget."""

    retirement: int
    run: Run
    line: RetiredLine


@dataclass(frozen=True, slots=True)
class Stock:
    """One run in the unit's own hands, as the planner sees it."""

    run: Run
    parcel: OwnParcel


def user_account(read: Reader, party: int) -> int | None:
    """Find the account in which a party holds certificates for its own use."""
    a = t.account.c
    number: int | None = read.conn.execute(
        select(a.id).where(a.party == party, a["class"] == "user", a.on_behalf_of.is_(None))
    ).scalar()
    return number


def offers(read: Reader, on_file: Filed, retirements: Collection[int]) -> tuple[Offer, ...]:
    """Read the runs that retirements used up, in the order they were posted."""
    if not retirements:
        return ()
    r, p, lot, now = _ended(retirements), t.posting.c, t.lot.c, t.parcel.c
    rows = read.conn.execute(
        select(
            *(r.c.id, r.c.account, r.c.beneficiary_code, r.c.purpose, r.c.consumption_year),
            *(p.journal, p.n, p.lot, p.lo, p.amount, lot.month, lot.province),
            *((lot.first_serial + p.lo).label("serial"), now.account.label("holder"), now.origin),
        )
        .join_from(r, t.posting, and_(p.debit == r.c.account, p.credit == RETIRED))
        .join(t.lot, lot.id == p.lot)
        .join(t.parcel, and_(now.lot == p.lot, now.lo == p.lo))
        .where(
            r.c.id.in_(retirements),
            p.instrument == GEC,
            p.journal >= r.c.journal,
            or_(r.c.ended.is_(None), p.journal < r.c.ended),
        )
        .order_by(p.journal, p.n)
    )
    own = user_account(read, on_file.party)
    return tuple(_offer(on_file, row, own) for row in rows)


def stock(read: Reader, on_file: Filed) -> dict[str, Stock]:
    """Read what the unit holds free, valid and of the year, by the names of the parcels.

    Green power is left out: its energy is traded energy already.
    """
    own = user_account(read, on_file.party)
    if own is None:
        return {}
    p, lot, paid = t.parcel.c, t.lot.c, t.posting.c
    rows = read.conn.execute(
        select(p.lot, p.lo, _count().label("units"), lot.month, lot.province, paid.price_fen)
        .add_columns((lot.first_serial + p.lo).label("serial"))
        .join_from(t.parcel, t.lot, lot.id == p.lot)
        .join(  # of what was joined from several purchases, no one price is known
            t.posting,
            and_(paid.journal == p.acquired_journal, paid.n == p.acquired_n),
            isouter=True,
        )
        .where(p.account == own, p.hold.is_(None), p.origin != _GREEN, _of_year(on_file.year))
        .where(p.lot >= lot_floor(GEC, read.day))
        .order_by(p.lot, p.lo)
        .limit(_PARCELS_MAX)
    )
    found = (_stock(on_file, row) for row in rows)
    return {item.parcel.parcel: item for item in found}


def green_power(read: Reader, on_file: Filed) -> int:
    """Count the year's certificates that came to the unit with green power, held or retired."""
    own = user_account(read, on_file.party)
    p, lot, used = t.parcel.c, t.lot.c, t.posting.c
    green = and_(p.origin == _GREEN, _of_year(on_file.year))
    held = (
        select(func.coalesce(func.sum(_count()), 0))
        .join_from(t.parcel, t.lot, lot.id == p.lot)
        .where(p.account == own, green)
    )
    retired = (
        select(func.coalesce(func.sum(used.amount), 0))
        .join_from(t.posting, t.parcel, and_(p.lot == used.lot, p.lo == used.lo))
        .join(t.lot, lot.id == p.lot)
        .where(used.debit == own, used.instrument == GEC, used.credit == RETIRED)
        .where(p.acquired_journal == used.journal, p.acquired_n == used.n, green)
    )
    return sum(int(read.conn.execute(query).scalar_one()) for query in (held, retired))


def direction(on_file: Filed, province: str) -> Direction:
    """Say where certificates come from, seen from the unit."""
    own = province == on_file.province
    return Direction.IN_PROVINCE if own else Direction.OUT_OF_PROVINCE


def retired_now(on_file: Filed, item: Stock, proposal: Proposal, place: tuple[int, int]) -> Offer:
    """Give the run that a proposal would retire as the budget will see it; `place` is (number, order)."""
    number, order = place
    run = item.run.high(proposal.count)
    line = RetiredLine(
        line=line_name(number, run),
        order=order,
        count=run.count,
        beneficiary=on_file.credit_code,
        purpose="fossil_budget",
        production_year=item.parcel.production_year,
        consumption_year=on_file.year,
        direction=item.parcel.direction,
    )
    return Offer(number, run, line)


def line_name(retirement: int, run: Run) -> str:
    """Name a run of a retirement once and for all."""
    return f"{encode_id(IdPrefix.RETIREMENT, retirement)}/{run.lot}/{run.lo}"


def _offer(on_file: Filed, row: AnyRow, own: int | None) -> Offer:
    run = Run(row.lot, row.lo, row.amount, row.serial)
    line = RetiredLine(
        line=line_name(row.id, run),
        order=row.journal * _POSTINGS_MAX + row.n,
        count=row.amount,
        beneficiary=row.beneficiary_code,
        purpose=row.purpose,
        production_year=row.month.year,
        consumption_year=row.consumption_year,
        direction=direction(on_file, row.province),
        retired=row.holder == RETIRED,
        traded=row.origin == _GREEN and row.account == own,
    )
    return Offer(row.id, run, line)


def _stock(on_file: Filed, row: AnyRow) -> Stock:
    run = Run(row.lot, row.lo, int(row.units), row.serial)
    month: date = row.month
    parcel = OwnParcel(
        parcel=f"{row.lot}/{row.lo:020d}",
        lot=encode_id(IdPrefix.LOT, row.lot),
        production_year=month.year,
        expires_on=expires_on(row.lot),
        count=run.count,
        direction=direction(on_file, row.province),
        price_fen=row.price_fen or 0,
    )
    return Stock(run, parcel)


def _ended(retirements: Collection[int]) -> Subquery:
    """Give retirements with the journal at which the next one of the same account begins.

    An account's retirements are numbered under the lock of its balance, so one ends where the
    next begins, in however many journals.
    """
    r = t.retirement.c
    parties = select(r.party).where(r.id.in_(retirements)).scalar_subquery()
    ended = func.lead(r.journal).over(partition_by=r.account, order_by=r.journal)
    return select(t.retirement, ended.label("ended")).where(r.party.in_(parties)).subquery()


def _of_year(year: int) -> ColumnElement[bool]:
    return extract("year", t.lot.c.month) == year


def _count() -> ColumnElement[Any]:
    """Count a parcel's units: it ends where the next one of its lot begins."""
    following = t.parcel.alias("following").c
    p = t.parcel.c
    ends = (
        select(func.min(following.lo))
        .where(following.lot == p.lot, following.lo > p.lo)
        .correlate(t.parcel)
        .scalar_subquery()
    )
    return func.coalesce(ends, p.size) - p.lo
