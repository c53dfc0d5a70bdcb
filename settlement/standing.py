"""Where emitters stand for a compliance year at the end of a day, from postings alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.instrument import yearly
from ledger.rules.rulebook import Rules
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.duties import Duty, duties, duty_accounts, last_versions
from settlement.rulebooks import parsed

if TYPE_CHECKING:
    from collections.abc import Collection

    from settlement.desk import AnyRow, Reader

Letter = Literal["A", "B", "C"]
DEADLINE: Final = "cea.surrender_deadline"
_SECTORS: Final = {"power": "power"}
"""The sectors with a day of their own for verification; the others share industry's."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a party stood for a compliance year at the end of a day; quantities in t CO2e.

    It is a function of postings, never a stored flag. `deadline` and `verify_by` are None where no
    rule known then has them.
    """

    party: int
    compliance_year: int
    day: date
    version: int  # of the verified emissions; 0 where there are none
    verified: int
    taken_over: int  # from a predecessor, less what passed on to a successor
    surrendered: int
    ccer: int  # of what was surrendered
    due: int
    ccer_room: int
    changed_on: date | None  # the last day on which what is due changed
    sector: str | None  # where the party is on the list of the year
    deadline: date | None
    verify_by: date | None

    @property
    def known(self) -> bool:
        """Tell whether anything says what is due: verified emissions, or a predecessor's duty."""
        return self.version > 0 or self.taken_over != 0

    @property
    def late(self) -> bool:
        """Tell whether the deadline was over; its own day is in time."""
        return self.deadline is not None and self.day > self.deadline

    @property
    def status(self) -> str:
        """Say it in a word: NOT_VERIFIED, COMPLIED, DUE, or ARREARS once it is late."""
        if not self.known:
            return "NOT_VERIFIED"
        if self.due == 0:
            return "COMPLIED"
        return "ARREARS" if self.late else "DUE"

    @property
    def letter(self) -> Letter | None:
        """Say it in a letter: A met, B short after the deadline, C not verified in time; None is open.

        C is for parties on the list. Source: the letters of the UK and EU registries; what they
        mean here is the reading of this house.
        """
        if self.known:
            return "A" if self.due == 0 else "B" if self.late else None
        end = self.verify_by or self.deadline
        over = end is not None and self.day > end
        return "C" if over and self.sector is not None else None

    @property
    def days_late(self) -> int:
        """Count the days from the deadline until it was met, or so far; 0 in time, or nothing due."""
        met = self.changed_on if self.due == 0 else self.day
        if not self.known or met is None or self.deadline is None:
            return 0
        return max(0, (met - self.deadline).days)


def obligation(read: Reader, party: int, year: int, day: date | None = None) -> Standing:
    """Tell where one party stands, or stood at the end of a day."""
    return standing(read, (party,), year, day)[party]


def standing(
    read: Reader, parties: Collection[int], year: int, day: date | None = None
) -> dict[int, Standing]:
    """Tell where parties stood for a compliance year at the end of a day, by party; None is today.

    What is posted or adopted later changes nothing of it; today may still change. The same few
    statements however many parties.
    """
    at = day or read.day
    rules = rules_known(read, at)
    accounts = duty_accounts(read, parties)
    owed = duties(read, accounts.values(), (year,), at) if accounts else {}
    versions = last_versions(read, parties, (year,), at)
    sectors = _listed(read, parties, year, at)
    found = {}
    for party in parties:
        account = accounts.get(party, 0)
        duty = owed.get((account, year), Duty())
        sector = sectors.get(party)
        found[party] = stood((party, year, at), duty, versions.get((party, year)), sector, rules)
    return found


def stood(
    whose: tuple[int, int, date],
    duty: Duty,
    last: AnyRow | None,
    sector: str | None,
    rules: Rules,
) -> Standing:
    """Put together where a party stood: (party, compliance year, day), its duty, version and sector."""
    party, year, at = whose
    key = date(year, 1, 1)
    place = _SECTORS.get(sector or "", "industry")
    return Standing(
        party=party,
        compliance_year=year,
        day=at,
        version=last.version if last else 0,
        verified=last.tco2e if last else 0,
        taken_over=duty.due.passed,
        surrendered=duty.due.discharged,
        ccer=duty.room.discharged,
        due=duty.due.left,
        ccer_room=duty.room.left,
        changed_on=duty.due.last,
        sector=sector,
        deadline=_day(rules, DEADLINE, key),
        verify_by=_day(rules, f"cea.verification_deadline.{place}", key),
    )


def rules_known(read: Reader, day: date) -> Rules:
    """Give the rules as they were adopted by the end of a day."""
    if day >= read.day:
        return read.rules
    b, j = t.rulebook.c, t.journal.c
    query = (
        select(b.raw)
        .join_from(t.rulebook, t.journal, j.seq == b.journal)
        .where(j.day <= day)
        .ext(distinct_on(b.name))
        .order_by(b.name, b.version.desc())
    )
    return Rules(tuple(parsed(bytes(raw)) for (raw,) in read.conn.execute(query)))


def journals_of(read: Reader, stood: Standing) -> list[int]:
    """List the journals that a standing rests on, in order: what changed the duty, and its version."""
    account = duty_accounts(read, (stood.party,)).get(stood.party, 0)
    p, j, v = t.posting.c, t.journal.c, t.verified_emission.c
    due = yearly("DUE-CEA", stood.compliance_year).id
    moved = select(p.journal).where(
        p.instrument == due, (p.debit == account) | (p.credit == account)
    )
    told = select(v.journal).where(
        v.party == stood.party, v.compliance_year == stood.compliance_year
    )
    query = select(j.seq).where(j.seq.in_(moved.union(told)), j.day <= stood.day).order_by(j.seq)
    return list(read.conn.execute(query).scalars())


def _listed(read: Reader, parties: Collection[int], year: int, day: date) -> dict[int, str]:
    """Find the sectors of parties on the list of a year, as it was at the end of a day."""
    e, j = t.ets_entity.c, t.journal.c
    query = (
        select(e.party, e.status, e.sector)
        .join_from(t.ets_entity, t.journal, j.seq == e.journal)
        .where(among(e.party, parties), e.year == year, j.day <= day)
        .ext(distinct_on(e.party))
        .order_by(e.party, e.version.desc())
    )
    rows = read.conn.execute(query)
    return {row.party: row.sector for row in rows if row.status == "listed"}


def _day(rules: Rules, name: str, key: date) -> date | None:
    return rules.day(name, key) if rules.find(name, key) is not None else None
