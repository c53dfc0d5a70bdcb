"""The compliance calendar: what is to be done for a year, until when, and when a party did it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from ledger.model.instrument import yearly
from ledger.rules.rulebook import NotInForce
from ledger.store import tables as t
from ledger.store.queries.among import among

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Select

    from ledger.rules.rulebook import Rules
    from settlement.desk import Reader

_SECTORS: Final = ("power", "industry")
_SAME: Final = {
    "power": "power",
    "steel": "industry",
    "cement": "industry",
    "aluminium": "industry",
}


@dataclass(frozen=True, slots=True)
class _Kind:
    """One sort of step: the rule with its day, per sector perhaps, and what happens after that day.

    `late` is None where the law says elsewhere what follows, `acts` false where nothing of it is
    done in this registry. What is `owed` comes late only for whom something is due.
    """

    name: str
    due: str
    by_sector: bool = False
    late: str | None = None
    acts: bool = True
    owed: bool = False


KINDS: Final = (
    _Kind("list", "cea.entity_list_deadline", late="cea.late.list"),
    _Kind("report", "cea.report_deadline", acts=False),
    _Kind("quality_plan", "cea.quality_plan_deadline", acts=False),
    _Kind("pre", "cea.prealloc_deadline", by_sector=True, late="cea.late.pre"),
    _Kind("carry_over", "cea.carry.apply_until", late="cea.late.carry_over", acts=False),
    _Kind("verify", "cea.verification_deadline", by_sector=True, late="cea.late.verify"),
    _Kind("approve", "cea.approval_registered", late="cea.late.final"),
    _Kind("allocate", "cea.allocation_deadline", late="cea.late.final"),
    _Kind("surrender", "cea.surrender_deadline", owed=True),
)


@dataclass(frozen=True, slots=True)
class Done:
    """The day a step was done, and the instant and journal of it."""

    day: date
    at: datetime
    journal: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one party for a compliance year.

    `late` says that it was done after its day, or is not done and its day is over; None where this
    registry cannot see it done, or that anything was due. `consequence` is the rule's word for acts that
    come late. `of` is the sector whose day it is; empty where it is everybody's.
    """

    party: int
    year: int
    name: str
    due: date
    of: str
    done: Done | None
    late: bool | None
    consequence: str | None


def steps(read: Reader, year: int, parties: Collection[int], day: date) -> tuple[Step, ...]:
    """List the steps of a year by their days, for each party; as seen on a day.

    Steps that no rule in force has a day for are left out. A party on the list has the days of its
    sector, any other those of each.
    """
    done, sectors = _done(read, year, parties), _listed(read, year, parties)
    owing = _owing(read, year, parties)
    found = [
        _step(read.rules, kind, (party, year, seen), due, of, done.get((party, kind.name)))
        for party in parties
        for kind in KINDS
        for seen in (None if kind.owed and party not in owing else day,)
        for of, due in _due(read.rules, kind, year, sectors.get(party))
    ]
    return tuple(sorted(found, key=lambda step: (step.party, step.due, step.name, step.of)))


def rests_on(rules: Rules, year: int) -> tuple[str, ...]:
    """Name the rules that the days of a year's steps come from, as far as there are any."""
    names = (
        f"{kind.due}.{place}" if kind.by_sector else kind.due
        for kind in KINDS
        for place in _SECTORS
    )
    key = date(year, 1, 1)
    return tuple(name for name in dict.fromkeys(names) if rules.find(name, key))


def _step(
    rules: Rules,
    kind: _Kind,
    whose: tuple[int, int, date | None],
    due: date,
    of: str,
    done: Done | None,
) -> Step:
    """Describe a step as seen on a day; on none where nothing of it is due."""
    party, year, day = whose
    seen = done.day if done else day
    late = seen > due if kind.acts and seen else None
    return Step(party, year, kind.name, due, of, done, late, _consequence(rules, kind, due))


def _consequence(rules: Rules, kind: _Kind, due: date) -> str | None:
    found = rules.find(kind.late, due) if kind.late else None
    return str(found.value) if found else None


def _due(rules: Rules, kind: _Kind, year: int, sector: str | None) -> Iterator[tuple[str, date]]:
    places = ((sector,) if sector else _SECTORS) if kind.by_sector else ("",)
    for place in places:
        name = f"{kind.due}.{place}" if place else kind.due
        try:
            yield place, rules.day(name, date(year, 1, 1))
        except NotInForce:
            continue


def _listed(read: Reader, year: int, parties: Collection[int]) -> dict[int, str]:
    """Tell by party whose days of a sector apply, as the last version of the year's list has it."""
    e = t.ets_entity.c
    query = (
        select(e.party, e.sector)
        .where(e.year == year, among(e.party, parties))
        .order_by(e.party, e.version)
    )
    return {row.party: _SAME[row.sector] for row in read.conn.execute(query)}


def _done(read: Reader, year: int, parties: Collection[int]) -> dict[tuple[int, str], Done]:
    """Find when each party did each step, by party and step."""
    found: dict[tuple[int, str], Done] = {}
    for name, query in _journals(year, parties):
        j = t.journal.c
        each = query.subquery().c
        told = select(each.party, j.day, j.at, j.seq).join_from(
            t.journal, each.journal.table, j.seq == each.journal
        )
        for row in read.conn.execute(told):
            found[row.party, name] = Done(row.day, row.at, row.seq)
    return found


def _journals(year: int, parties: Collection[int]) -> Iterator[tuple[str, Select[Any]]]:
    """Select, for each step, parties and the journals that did it."""
    e, n, v, c = t.ets_entity.c, t.entitlement.c, t.verified_emission.c, t.carry_over.c
    yield "list", _first(e, e.year == year, e.status == "listed", among(e.party, parties))
    for name, stage in (("pre", "pre"), ("approve", "final")):
        yield name, _first(n, n.year == year, n.stage == stage, among(n.party, parties))
    yield "verify", _first(v, v.compliance_year == year, among(v.party, parties))
    yield "carry_over", _first(c, c.year == year, among(c.party, parties))
    yield "allocate", _emptied(yearly("QUOTA-CEA", year).id, parties)
    newer = t.verified_emission.alias("newer").c
    last = select(func.max(newer.version)).where(
        newer.party == v.party, newer.compliance_year == v.compliance_year
    )
    nothing = (v.compliance_year == year, v.tco2e == 0, v.version == last.scalar_subquery())
    yield "surrender", _first(v, *nothing, among(v.party, parties))
    yield "surrender", _emptied(yearly("DUE-CEA", year).id, parties)


def _owing(read: Reader, year: int, parties: Collection[int]) -> set[int]:
    """Name the parties of which something of the year is due."""
    a, b = t.account.c, t.balance.c
    query = (
        select(a.party)
        .join_from(t.account, t.balance, b.account == a.id)
        .where(
            a["class"] == "duty",
            among(a.party, parties),
            b.instrument == yearly("DUE-CEA", year).id,
            b.posted > 0,
        )
    )
    return set(read.conn.execute(query).scalars())


def _first(columns: Any, *which: Any) -> Select[Any]:
    query = select(columns.party, func.min(columns.journal).label("journal"))
    return query.where(*which).group_by(columns.party)


def _emptied(instrument: int, parties: Collection[int]) -> Select[Any]:
    """Select the last journal of duties of which nothing is left."""
    a, b, p = t.account.c, t.balance.c, t.posting.c
    return (
        select(a.party, func.max(p.journal).label("journal"))
        .join_from(t.account, t.balance, b.account == a.id)
        .join(t.posting, (p.debit == a.id) | (p.credit == a.id))
        .where(
            a["class"] == "duty",
            among(a.party, parties),
            b.instrument == instrument,
            b.posted == 0,
            p.instrument == instrument,
        )
        .group_by(a.party)
    )
