"""A key unit's certificates in its own hands: what it may retire for its budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, FromClause, Subquery, and_, select, true

from ledger.model.instrument import GEC
from ledger.model.lot import expires_on, lot_floor
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import AnyRow, Reader
from settlement.fossil_budget.certificates import (
    GREEN,
    Offer,
    Run,
    direction,
    line_name,
    may_count,
    owners,
    parcel_units,
    year_of_lot,
)
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.planner import OwnParcel, Proposal
from settlement.fossil_budget.recognition import RetiredLine

_PARCELS_MAX: Final = 4096  # one command's share of parcels


@dataclass(frozen=True, slots=True)
class Stock:
    """One run in the unit's own hands, as the planner sees it."""

    run: Run
    parcel: OwnParcel


def stock_of(read: Reader, filed: Sequence[Filed]) -> dict[int, dict[str, Stock]]:
    """Read what units hold free, valid and of the year, by budget and the names of the parcels.

    Green power is left out: its energy is traded energy already; so is what counts physically.
    """
    owner = owners(filed)
    held = _held(owner, read.day, may_count(read.rules, filed, owner.c.year))
    rows = read.conn.execute(
        select(owner.c.id, held)
        .join_from(owner, held, true())
        .order_by(owner.c.id, held.c.lot, held.c.lo)
    )
    by_number = {on_file.id: on_file for on_file in filed}
    found: dict[int, dict[str, Stock]] = {number: {} for number in by_number}
    for row in rows:
        item = _stock(by_number[row.id], row)
        found[row.id][item.parcel.parcel] = item
    return found


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


def _held(owner: Subquery, day: date, counts: ColumnElement[bool]) -> FromClause:
    p, lot, paid = t.parcel.c, t.lot.c, t.posting.c
    return (
        select(p.lot, p.lo, parcel_units().label("units"), lot.month, lot.province, paid.price_fen)
        .add_columns((lot.first_serial + p.lo).label("serial"))
        .join_from(t.parcel, t.lot, lot.id == p.lot)
        .join(  # of what was joined from several purchases, no one price is known
            t.posting,
            and_(paid.journal == p.acquired_journal, paid.n == p.acquired_n),
            isouter=True,
        )
        .where(p.account == owner.c.account, p.hold.is_(None), p.origin != GREEN)
        .where(year_of_lot() == owner.c.year, counts, p.lot >= lot_floor(GEC, day))
        .order_by(p.lot, p.lo)
        .limit(_PARCELS_MAX)
        .lateral("held")
    )


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
