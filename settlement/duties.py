"""Duties as postings tell them: what was verified, discharged and passed on, to the end of a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, case, func, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.account import DISCHARGED, SOURCE
from ledger.model.instrument import yearly
from ledger.store import tables as t
from ledger.store.queries.among import among

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy import ColumnElement

    from settlement.desk import AnyRow, Reader

_PASSED: Final = 0


@dataclass(slots=True)
class Flow:
    """What came to a duty account of one instrument, in t CO2e; below zero where more went."""

    granted: int = 0  # by verification
    discharged: int = 0  # by surrender, less what was taken back
    passed: int = 0  # from predecessors, less what went to successors
    last: date | None = None  # the last day on which anything came or went

    @property
    def left(self) -> int:
        """What is left of it."""
        return self.granted + self.passed - self.discharged

    def add(self, way: int, amount: int, day: date) -> None:
        """Take a sum of postings in; `amount` is what came by them."""
        if way == SOURCE:
            self.granted += amount
        elif way == DISCHARGED:
            self.discharged -= amount
        else:
            self.passed += amount
        self.last = day if self.last is None else max(self.last, day)


@dataclass(frozen=True, slots=True)
class Duty:
    """A party's duty of a year, and the room for CCER that comes with it."""

    due: Flow = field(default_factory=Flow)
    room: Flow = field(default_factory=Flow)


def duty_accounts(read: Reader, parties: Collection[int]) -> dict[int, int]:
    """Find the duty accounts of parties, by party, in one statement."""
    a = t.account.c
    query = select(a.party, a.id).where(a["class"] == "duty", among(a.party, parties))
    return {row.party: row.id for row in read.conn.execute(query)}


def flows(
    read: Reader, accounts: Collection[int], instruments: Collection[int], day: date | None = None
) -> dict[tuple[int, int], Flow]:
    """Sum what came to accounts and went, by account and instrument, in one statement.

    With a `day`, as it was at its end: later acts, and what takes earlier ones back, do not count.
    """
    p, found = t.posting.c, dict[tuple[int, int], Flow]()
    both = union_all(
        _side(p.debit, p.credit, -1, accounts, instruments, day),
        _side(p.credit, p.debit, 1, accounts, instruments, day),
    )
    for account, instrument, way, amount, last in read.conn.execute(both):
        found.setdefault((account, instrument), Flow()).add(way, int(amount), last)
    return found


def _side(
    own: ColumnElement[int],
    other: ColumnElement[int],
    sign: int,
    accounts: Collection[int],
    instruments: Collection[int],
    day: date | None,
) -> Select[Any]:
    p, j = t.posting.c, t.journal.c
    way = case((other.in_((SOURCE, DISCHARGED)), other), else_=_PASSED)
    query = (
        select(own, p.instrument, way, sign * func.sum(p.amount), func.max(j.day))
        .join_from(t.posting, t.journal, j.seq == p.journal)
        .where(among(own, accounts), p.instrument.in_(instruments))
        .group_by(own, p.instrument, way)
    )
    return query if day is None else query.where(j.day <= day)


def duties(
    read: Reader, accounts: Collection[int], years: Collection[int], day: date | None = None
) -> dict[tuple[int, int], Duty]:
    """Tell the duties of accounts, by account and compliance year; none where nothing ever moved."""
    instruments = {yearly(family, year).id for family in ("DUE-CEA", "CCER-ROOM") for year in years}
    found = flows(read, accounts, instruments, day)
    return {
        (account, year): Duty(
            found.get((account, yearly("DUE-CEA", year).id), Flow()),
            found.get((account, yearly("CCER-ROOM", year).id), Flow()),
        )
        for account in accounts
        for year in years
    }


def last_versions(
    read: Reader, parties: Collection[int], years: Collection[int], day: date | None = None
) -> dict[tuple[int, int], AnyRow]:
    """Find the latest verified emissions (version, t CO2e), by party and compliance year.

    With a `day`, as they were on file at its end. One statement.
    """
    v, j = t.verified_emission.c, t.journal.c
    query = (
        select(v.party, v.compliance_year, v.version, v.tco2e, v.verifier, v.journal)
        .ext(distinct_on(v.party, v.compliance_year))
        .where(among(v.party, parties), v.compliance_year.in_(years))
        .order_by(v.party, v.compliance_year, v.version.desc())
    )
    if day is not None:
        query = query.join(t.journal, j.seq == v.journal).where(j.day <= day)
    return {(row.party, row.compliance_year): row for row in read.conn.execute(query)}
