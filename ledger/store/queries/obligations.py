"""What is owed: duties of emitters, and fossil-energy budgets of key energy-using units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ledger.model.account import DISCHARGED, SURRENDERED
from ledger.model.instrument import by_id, yearly
from ledger.store import tables as t
from ledger.store.queries.paging import Listed, Page, fetch
from ledger.store.queries.scope import Scope, owned

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select


@dataclass(frozen=True, slots=True)
class Obligation:
    """A party's duty for a compliance year, in tonnes: it complied when `due` is zero."""

    party: int
    year: int
    version: int  # of the verification
    verified: int
    due: int
    discharged: int
    surrendered: tuple[tuple[str, int], ...]  # allowances handed in, by vintage
    ccer_room: int


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A unit's fossil budget for a year, in gce: it keeps to it while `balance` is not negative."""

    budget: Row[Any]
    balance: int
    events: tuple[Row[Any], ...]


def obligation(conn: Connection, scope: Scope, party: int, year: int) -> Obligation | None:
    """Find a party's duty for a year; there is none before its emissions are verified."""
    c = t.verified_emission.c
    found = conn.execute(_verified(scope).where(c.party == party, c.compliance_year == year))
    return next((_obligation(conn, row) for row in found.all()), None)


def obligations(
    conn: Connection, scope: Scope, page: Page, *, year: int | None = None
) -> Listed[Obligation]:
    """List duties by (party, year)."""
    c = t.verified_emission.c
    query = _verified(scope)
    query = query.where(c.compliance_year == year) if year is not None else query
    rows = fetch(conn, query, page, c.party, c.compliance_year)
    return rows.map(lambda row: _obligation(conn, row))


def _verified(scope: Scope) -> Select[Any]:
    """Ask for the verifications that count: the latest version of each party and year."""
    c = t.verified_emission.c
    later = t.verified_emission.alias("later")
    last = (
        select(func.max(later.c.version))
        .where(later.c.party == c.party, later.c.compliance_year == c.compliance_year)
        .correlate(t.verified_emission)
        .scalar_subquery()
    )
    return select(t.verified_emission).where(owned(scope, c.party), c.version == last)


def _obligation(conn: Connection, verified: Row[Any]) -> Obligation:
    party, year = verified.party, verified.compliance_year
    duty = yearly("DUE-CEA", year).id
    handed_in = conn.execute(_handed_in(party, duty)).all()
    return Obligation(
        party=party,
        year=year,
        version=verified.version,
        verified=verified.tco2e,
        due=_posted(conn, party, duty),
        discharged=conn.execute(_discharged(party, duty)).scalar_one(),
        surrendered=tuple((by_id(row.instrument).code, int(row.units)) for row in handed_in),
        ccer_room=_posted(conn, party, yearly("CCER-ROOM", year).id),
    )


def _posted(conn: Connection, party: int, instrument: int) -> int:
    """Read what a party's accounts together have of an instrument."""
    b = t.balance.c
    query = (
        select(func.coalesce(func.sum(b.posted), 0))
        .join(t.account, t.account.c.id == b.account)
        .where(t.account.c.party == party, b.instrument == instrument)
    )
    return int(conn.execute(query).scalar_one())


def _discharges(party: int, duty: int, *columns: Any) -> Select[Any]:
    p = t.posting.c
    return (
        select(*columns)
        .join(t.account, t.account.c.id == p.debit)
        .where(t.account.c.party == party, p.instrument == duty, p.credit == DISCHARGED)
    )


def _discharged(party: int, duty: int) -> Select[Any]:
    return _discharges(party, duty, func.coalesce(func.sum(t.posting.c.amount), 0))


def _handed_in(party: int, duty: int) -> Select[Any]:
    """Ask for what was surrendered in the groups of journals that discharged this duty."""
    p, j = t.posting.c, t.journal.c
    own = t.posting.alias("discharge")
    groups = (
        select(j.grp)
        .join(own, own.c.journal == j.seq)
        .join(t.account, t.account.c.id == own.c.debit)
        .where(t.account.c.party == party)
        .where(own.c.instrument == duty, own.c.credit == DISCHARGED)
    )
    return (
        select(p.instrument, func.sum(p.amount).label("units"))
        .join(t.journal, j.seq == p.journal)
        .join(t.account, t.account.c.id == p.debit)
        .where(t.account.c.party == party)
        .where(j.grp.in_(groups), p.credit == SURRENDERED)
        .group_by(p.instrument)
        .order_by(p.instrument)
    )


def verified_emissions(conn: Connection, scope: Scope, page: Page) -> Listed[Row[Any]]:
    """List verifications by (party, year, version); the verifier may see its own too."""
    c = t.verified_emission.c
    query = select(t.verified_emission).where(owned(scope, c.party, c.verifier))
    return fetch(conn, query, page, c.party, c.compliance_year, c.version)


def budget(conn: Connection, scope: Scope, number: int) -> BudgetRow | None:
    """Find a fossil budget, with its balance and all its events in order."""
    c, b, e = t.fossil_budget.c, t.balance.c, t.fossil_budget_event.c
    query = select(t.fossil_budget).where(c.id == number, owned(scope, c.party))
    found = conn.execute(query).first()
    if found is None:
        return None
    instrument = yearly("FEB", found.year).id
    posted = select(b.posted).where(b.account == found.account, b.instrument == instrument)
    events = select(t.fossil_budget_event).where(e.budget == number).order_by(e.n)
    return BudgetRow(found, conn.execute(posted).scalar() or 0, tuple(conn.execute(events).all()))


def budgets(
    conn: Connection,
    scope: Scope,
    page: Page,
    *,
    party: int | None = None,
    year: int | None = None,
) -> Listed[Row[Any]]:
    """List fossil budgets by number, without events."""
    c = t.fossil_budget.c
    query = select(t.fossil_budget).where(owned(scope, c.party))
    query = query.where(c.party == party) if party is not None else query
    query = query.where(c.year == year) if year is not None else query
    return fetch(conn, query, page, c.id)


def metric_uses(conn: Connection, scope: Scope, retirement: int) -> tuple[Row[Any], ...]:
    """Tell which metrics a retirement serves."""
    m, r = t.metric_use.c, t.retirement.c
    query = (
        select(t.metric_use)
        .join(t.retirement, r.id == m.retirement)
        .where(m.retirement == retirement, owned(scope, r.party))
        .order_by(m.metric)
    )
    return tuple(conn.execute(query).all())
