"""Green power of a unit's year: certificates whose energy is traded energy, and why some are not.

What the unit holds free and valid counts, and what was retired out of its accounts for itself, for
this year and for a purpose that serves the budget. Anything else of it counts for nobody, and is
told with its reason. Source: guide 622 of 2026, annex 1 and 5; the reading is this house's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, true

from ledger.model.account import RETIRED
from ledger.model.command import Expect
from ledger.model.instrument import GEC
from ledger.model.lot import lot_floor
from ledger.store import tables as t
from settlement.desk import Reader
from settlement.fossil_budget.certificates import (
    GREEN,
    Offer,
    Run,
    owners,
    parcel_units,
    year_of_lot,
)
from settlement.fossil_budget.filed import Filed
from settlement.fossil_budget.recognition import Claim, Reason, ineligible

# Spelled in the statement: a plan made for any account takes the one of all that was ever retired for
# an account like others, and goes over everybody's retirements for each budget.
_SPELT_RETIRED: Final = literal(RETIRED, literal_execute=True)
_SPELT_GREEN: Final = literal(GREEN, literal_execute=True)
_OWN_OR_KEPT: Final = and_(
    t.account.c["class"].in_(("user", "agent")),
    func.coalesce(t.account.c.on_behalf_of, t.account.c.party) == t.fossil_budget.c.party,
)
"""Joins a budget with the accounts that hold certificates for its unit, an agent's among them."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Green power that is not the unit's traded energy, and why not; `retirement` if it was retired."""

    run: Run
    reason: Reason
    retirement: int | None = None


class GreenLine(NamedTuple):
    """Green power that counts and is free, and the act that brought it to its unit."""

    run: Run
    journal: int


@dataclass(frozen=True, slots=True)
class GreenPower:
    """How many certificates' energy is traded energy, and what was left out.

    `retired` are those among them that retirements used up; the rest is held free.
    """

    certificates: int = 0
    left_out: tuple[LeftOut, ...] = ()
    retired: tuple[Offer, ...] = ()

    def with_retired(self, claim: Claim, offers: Iterable[Offer]) -> GreenPower:
        """Add what retirements used up of the unit's own green power of the year."""
        certificates, left_out, retired = self.certificates, list(self.left_out), []
        for offer in offers:
            if not _is_of(claim, offer):
                continue
            reason = ineligible(claim, offer.line)
            assert reason is not None  # own green power is never recognised as certificates
            if reason is Reason.COUNTED_AS_TRADED:
                certificates += offer.run.count
                retired.append(offer)
            else:
                left_out.append(LeftOut(offer.run, reason, offer.retirement))
        return GreenPower(certificates, tuple(left_out), (*self.retired, *retired))


def held_green_of(read: Reader, filed: Sequence[Filed]) -> dict[int, GreenPower]:
    """Count green power of the year that nobody retired, by budget, in one statement."""
    found = {on_file.id: GreenPower() for on_file in filed}
    for row in read.conn.execute(_held(read, filed)):
        before, units = found[row.id], int(row.units)
        if row.reason is None:
            found[row.id] = GreenPower(before.certificates + units, before.left_out)
        else:
            run = Run(row.lot, row.lo, units, row.serial)
            left_out = (*before.left_out, LeftOut(run, Reason(row.reason)))
            found[row.id] = GreenPower(before.certificates, left_out)
    return found


def green_retirements_of(read: Reader, filed: Sequence[Filed]) -> dict[int, tuple[int, ...]]:
    """Name the retirements that used up green power of units' accounts, by budget, in one statement."""
    owner, p, used, r = owners(filed, _OWN_OR_KEPT), t.parcel.c, t.posting.c, t.retirement.c
    retirement = (  # whose numbers run with the journals of an account
        select(r.id)
        .where(r.account == used.debit, r.journal <= used.journal)
        .order_by(r.journal.desc())
        .limit(1)
        .lateral("of_posting")
    )
    rows = read.conn.execute(
        select(owner.c.id, retirement.c.id.label("retirement"))
        .join_from(owner, t.posting, used.debit == owner.c.account)
        .join(t.parcel, and_(p.lot == used.lot, p.lo == used.lo))
        .join(t.lot, t.lot.c.id == p.lot)
        .join(retirement, true())
        .where(used.instrument == GEC, used.credit == _SPELT_RETIRED, p.account == _SPELT_RETIRED)
        .where(p.acquired_journal == used.journal, p.acquired_n == used.n, _green(owner.c.year))
        .distinct()
        .order_by(owner.c.id, retirement.c.id)
    )
    found: dict[int, tuple[int, ...]] = {on_file.id: () for on_file in filed}
    for row in rows:
        found[row.id] = (*found[row.id], row.retirement)
    return found


def green_lines(read: Reader, filed: Sequence[Filed]) -> dict[int, tuple[GreenLine, ...]]:
    """Give the runs of green power that a closing retires: the unit's own of the year, free and valid.

    In the order of their lots, and so of their expiry. All of them stand in the account `Filed.user`.
    """
    owner, p = owners(filed), t.parcel.c
    rows = read.conn.execute(
        select(owner.c.id, p.lot, p.lo, parcel_units().label("units"), p.acquired_journal)
        .add_columns((t.lot.c.first_serial + p.lo).label("serial"))
        .join_from(owner, t.parcel, p.account == owner.c.account)
        .join(t.lot, t.lot.c.id == p.lot)
        .where(_green(owner.c.year), _reason(read, owner.c.by_agent).is_(None))
        .order_by(owner.c.id, p.lot, p.lo)
    )
    found: dict[int, list[GreenLine]] = {on_file.id: [] for on_file in filed}
    for row in rows:
        run = Run(row.lot, row.lo, int(row.units), row.serial)
        found[row.id].append(GreenLine(run, row.acquired_journal))
    return {number: tuple(lines) for number, lines in found.items()}


def rests_on_held(read: Reader, filed: Sequence[Filed]) -> dict[int, tuple[Expect, ...]]:
    """State the certificates that figures rest on, by budget: a unit's own and what agents keep for it.

    Their balances as read now, in one statement; whoever retires or moves any makes a decision stale.
    """
    owner, b = owners(filed, _OWN_OR_KEPT), t.balance.c
    balance = and_(b.account == owner.c.account, b.instrument == GEC)
    rows = read.conn.execute(
        select(owner.c.id, owner.c.account, func.coalesce(b.version, 0).label("version"))
        .join_from(owner, t.balance, balance, isouter=True)
        .order_by(owner.c.id, owner.c.account)
    )
    found: dict[int, tuple[Expect, ...]] = {on_file.id: () for on_file in filed}
    for row in rows:
        found[row.id] = (*found[row.id], Expect(row.account, GEC, row.version))
    return found


def offered_and_green(
    used: Mapping[int, Collection[int]], green: Mapping[int, Collection[int]]
) -> dict[int, set[int]]:
    """Put together the retirements whose runs are to be read, by budget."""
    return {number: {*used.get(number, ()), *green[number]} for number in green}


def _held(read: Reader, filed: Sequence[Filed]) -> Select[Any]:
    """Add up what counts in one row, however many the parcels; what does not has a row a parcel."""
    owner, p, lot = owners(filed, _OWN_OR_KEPT), t.parcel.c, t.lot.c
    reason = _reason(read, owner.c.by_agent)
    told = [p.lot, p.lo, (lot.first_serial + p.lo).label("serial")]
    parcels = (
        select(owner.c.id, reason.label("reason"), parcel_units().label("units"))
        .add_columns(*(case((reason.is_not(None), column)).label(column.name) for column in told))
        .join_from(owner, t.parcel, p.account == owner.c.account)
        .join(t.lot, lot.id == p.lot)
        .where(_green(owner.c.year))
        .subquery("green")
        .c
    )
    names = (parcels.id, parcels.reason, parcels.lot, parcels.lo, parcels.serial)
    return select(*names, func.sum(parcels.units).label("units")).group_by(*names).order_by(*names)


def _green(year: ColumnElement[int]) -> ColumnElement[bool]:
    return and_(t.parcel.c.origin == _SPELT_GREEN, year_of_lot() == year)


def _reason(read: Reader, by_agent: ColumnElement[bool]) -> ColumnElement[str | None]:
    """Say why what is held is not traded energy, null if it is: it cannot be retired at closing."""
    p = t.parcel.c
    return case(
        (p.lot < lot_floor(GEC, read.day), Reason.EXPIRED.value),
        (p.hold.is_not(None), Reason.HELD.value),
        (by_agent, Reason.HELD_BY_AGENT.value),
    )


def _is_of(claim: Claim, offer: Offer) -> bool:
    """Tell green power of the unit and the year that is retired still."""
    line = offer.line
    return line.traded and line.retired and line.production_year == claim.year
