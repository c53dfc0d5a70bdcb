"""A key unit's certificates: runs of its lots, and what retirements used up of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import CTE, ColumnElement, FromClause, Subquery, and_, extract, func, select, true
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from ledger.model.account import RETIRED
from ledger.model.instrument import GEC
from ledger.store import tables as t
from ledger.store.queries.among import among
from ledger.store.queries.units import past
from schemas.identifiers import ID_NUMBER_MAX, IdPrefix, encode_id
from settlement.ccer import is_ccer_linked
from settlement.desk import Reader
from settlement.fossil_budget.filed import OF_OWN_USE, Filed
from settlement.fossil_budget.recognition import Direction, RetiredLine

GREEN: Final = "green_power"
"""The origin of parcels that came with green power: their energy is traded energy."""
POSTINGS_MAX: Final = 64
"""Of one journal."""


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

    @property
    def journal(self) -> int:
        """Name the act that used it up."""
        return (self.line.order - 1) // POSTINGS_MAX  # postings are counted from one


def offers(read: Reader, on_file: Filed, retirements: Collection[int]) -> tuple[Offer, ...]:
    """Read the runs that retirements used up, in the order they were posted."""
    return offers_of(read, (on_file,), {on_file.id: retirements})[on_file.id]


def offers_of(
    read: Reader, filed: Sequence[Filed], retirements: Mapping[int, Collection[int]]
) -> dict[int, tuple[Offer, ...]]:
    """Read the runs of the retirements offered to each budget, by its number, in one statement."""
    offered: dict[int, list[Offer]] = {on_file.id: [] for on_file in filed}
    serves: dict[int, list[Filed]] = {}
    for on_file in filed:
        for number in retirements.get(on_file.id, ()):
            serves.setdefault(number, []).append(on_file)
    for row in _runs(read, serves) if serves else ():
        for on_file in serves[row.id]:
            offered[on_file.id].append(_offer(on_file, row))
    return {number: tuple(runs) for number, runs in offered.items()}


def owners(filed: Sequence[Filed], accounts: ColumnElement[bool] = OF_OWN_USE) -> Subquery:
    """Give budgets with their years and accounts in which their units hold certificates."""
    b, a = t.fossil_budget.c, t.account.c
    return (
        select(b.id, b.year, a.id.label("account"), a.on_behalf_of.is_not(None).label("by_agent"))
        .join_from(t.fossil_budget, t.account, accounts)
        .where(among(b.id, [on_file.id for on_file in filed]))
        .subquery("owner")
    )


def direction(on_file: Filed, province: str) -> Direction:
    """Say where certificates come from, seen from the unit."""
    own = province == on_file.province
    return Direction.IN_PROVINCE if own else Direction.OUT_OF_PROVINCE


def line_name(retirement: int, run: Run) -> str:
    """Name a run of a retirement once and for all."""
    return f"{encode_id(IdPrefix.RETIREMENT, retirement)}/{run.lot}/{run.lo}"


def parcel_units() -> ColumnElement[Any]:
    """Count a parcel's units: it ends where the next one of its lot begins."""
    return past - t.parcel.c.lo


class _Used(NamedTuple):
    """A run as a retirement used it up, whose it was, and where it is now."""

    id: int
    beneficiary_code: str
    purpose: str
    consumption_year: int
    journal: int
    n: int
    lot: int
    lo: int
    amount: int
    month: date
    province: str
    category: str
    owner: int
    serial: int
    holder: int
    origin: str
    stands: bool
    ccer_linked: bool
    day: date


def _runs(read: Reader, retirements: Collection[int]) -> Iterable[_Used]:
    """Look up what each retirement used up: by index, so that it costs the same in any registry."""
    r = _ended(retirements)
    used = _used_up(r.c)
    rows = read.conn.execute(
        select(r.c.id, r.c.beneficiary_code, r.c.purpose, r.c.consumption_year, used)
        .join_from(r, used, true())
        .order_by(used.c.journal, used.c.n)
    )
    return map(_Used._make, rows.all())


def _used_up(r: ReadOnlyColumnCollection[str, Any]) -> FromClause:
    """Give the postings of one retirement; planned for one, however many are asked for."""
    p, a, lot, now = t.posting.c, t.account.c, t.lot.c, t.parcel.c
    return (
        select(
            *(p.journal, p.n, p.lot, p.lo, p.amount, lot.month, lot.province, lot.category),
            func.coalesce(a.on_behalf_of, a.party).label("owner"),
            *((lot.first_serial + p.lo).label("serial"), now.account.label("holder"), now.origin),
            and_(now.acquired_journal == p.journal, now.acquired_n == p.n).label("stands"),
            *(is_ccer_linked().label("ccer_linked"), t.journal.c.day),
        )
        .join_from(t.posting, t.account, a.id == p.debit)
        .join(t.journal, t.journal.c.seq == p.journal)
        .join(t.lot, lot.id == p.lot)
        .join(t.parcel, and_(now.lot == p.lot, now.lo == p.lo))
        .where(p.debit == r.account, p.credit == RETIRED, p.instrument == GEC)
        .where(p.journal >= r.journal, p.journal < r.ended)
        .offset(0)  # or it would be joined with all that is asked for, and planned for that
        .lateral("used_up")
    )


def _offer(on_file: Filed, row: _Used) -> Offer:
    run = Run(row.lot, row.lo, row.amount, row.serial)
    green, own = row.origin == GREEN, row.owner == on_file.party
    line = RetiredLine(
        line=line_name(row.id, run),
        order=row.journal * POSTINGS_MAX + row.n,
        count=row.amount,
        beneficiary=row.beneficiary_code,
        purpose=row.purpose,
        production_year=row.month.year,
        consumption_year=row.consumption_year,
        direction=direction(on_file, row.province),
        retired=row.holder == RETIRED and row.stands,  # not retired anew since it was taken back
        ccer_linked=row.ccer_linked,
        traded=green and own,
        green_power_of_another=green and not own,
        category=row.category,
        origin=row.origin,
        retired_on=row.day,
    )
    return Offer(row.id, run, line)


def _ended(retirements: Collection[int]) -> CTE:
    """Give retirements with the journal at which the next one of the same account begins.

    An account's retirements are numbered under the lock of its balance, so one ends where the
    next begins, in however many journals.
    """
    r, later = t.retirement.c, t.retirement.alias("later").c
    following = select(func.min(later.journal)).where(
        later.account == r.account, later.journal > r.journal
    )
    ended = func.coalesce(following.scalar_subquery(), ID_NUMBER_MAX).label("ended")
    named = (r.id, r.account, r.journal, r.beneficiary_code, r.purpose, r.consumption_year)
    found = select(*named, ended).where(among(r.id, retirements)).cte("asked")
    return found.prefix_with("MATERIALIZED")


def year_of_lot() -> ColumnElement[int]:
    """Give the year in which a lot's energy was produced."""
    return extract("year", t.lot.c.month)
