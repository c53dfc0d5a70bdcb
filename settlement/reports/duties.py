"""Duties of a compliance year as a cut has them: who is listed, what was verified, handed in, left."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, case, func, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.account import DISCHARGED, SOURCE
from ledger.model.instrument import yearly
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.duties import Duty, Flow
from settlement.reports.rests import rules_of
from settlement.standing import Standing, stood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Table

    from settlement.desk import AnyRow
    from settlement.reports.cut import Cut


@dataclass(frozen=True, slots=True)
class EntityThen:
    """One party under the cap, or with a duty, at the cut; where it stands is told in t CO2e."""

    party: int
    province: str
    sector: str
    is_listed: bool
    standing: Standing


def entities_then(cut: Cut) -> list[EntityThen]:
    """Tell every party that is listed for the year or owes for it, by id, in five statements.

    The day of a standing is that of the last act within the cut.
    """
    due, room = (yearly(family, cut.year).id for family in ("DUE-CEA", "CCER-ROOM"))
    owed, versions, listed = flows_then(cut, (due, room)), _versions(cut), listed_then(cut)
    rules, day = rules_of(cut), _last_day(cut)
    found = []
    for party, province in _parties(cut, {*versions, *listed, *(one for one, _ in owed)}):
        duty = Duty(owed.get((party, due), Flow()), owed.get((party, room), Flow()))
        entry = listed.get(party)
        sector = entry.sector if entry is not None and entry.status == "listed" else None
        stands = stood((party, cut.year, day), duty, versions.get(party), sector, rules)
        told = entry.sector if entry is not None else ""
        found.append(EntityThen(party, province or "", told, sector is not None, stands))
    return [one for one in found if one.is_listed or one.standing.known]


def flows_then(cut: Cut, instruments: Sequence[int]) -> dict[tuple[int, int], Flow]:
    """Sum what came to duty accounts and went, by party and instrument, in one statement."""
    p, found = t.posting.c, defaultdict[tuple[int, int], Flow](Flow)
    both = union_all(
        _side(cut, p.debit, p.credit, -1, instruments),
        _side(cut, p.credit, p.debit, 1, instruments),
    )
    for party, instrument, way, amount, last in cut.conn.execute(both):
        found[party, instrument].add(way, int(amount), last)
    return found


def _side(
    cut: Cut,
    own: ColumnElement[int],
    other: ColumnElement[int],
    sign: int,
    instruments: Sequence[int],
) -> Select[Any]:
    p, j, a = t.posting.c, t.journal.c, t.account.c
    way = case((other.in_((SOURCE, DISCHARGED)), other), else_=0)
    return (
        select(a.party, p.instrument, way, sign * func.sum(p.amount), func.max(j.day))
        .join_from(t.posting, t.journal, j.seq == p.journal)
        .join(t.account, a.id == own)
        .where(a["class"] == "duty", p.instrument.in_(instruments), cut.holds(p.journal))
        .group_by(a.party, p.instrument, way)
    )


def listed_then(cut: Cut) -> dict[int, AnyRow]:
    """Find the latest version of everybody on, or taken off, the year's list, by party."""
    e = t.ets_entity.c
    return _latest(cut, t.ets_entity, e.year, e.status, e.sector)


def _versions(cut: Cut) -> Mapping[int, AnyRow]:
    v = t.verified_emission.c
    return _latest(cut, t.verified_emission, v.compliance_year, v.version, v.tco2e)


def _latest(
    cut: Cut, table: Table, year: ColumnElement[int], *told: ColumnElement[Any]
) -> dict[int, AnyRow]:
    """Find each party's latest version of the year in a table, by party."""
    c = table.c
    query = (
        select(c.party, *told)
        .ext(distinct_on(c.party))
        .where(year == cut.year, cut.holds(c.journal))
        .order_by(c.party, c.version.desc())
    )
    return {row.party: row for row in cut.conn.execute(query)}


def _parties(cut: Cut, numbers: set[int]) -> list[tuple[int, str | None]]:
    p = t.party.c
    query = select(p.id, p.province).where(among(p.id, numbers), cut.sees).order_by(p.id)
    return [(row.id, row.province) for row in cut.conn.execute(query)] if numbers else []


def _last_day(cut: Cut) -> date:
    """Give the registry day of the last act within the cut; nothing stands before the first."""
    j, leaf = t.journal.c, t.log_leaf.c
    query = select(j.day).join_from(t.journal, t.log_leaf, leaf.seq == j.seq)
    day = cut.conn.execute(query.where(leaf.idx == cut.size - 1)).scalar()
    return date(cut.year, 1, 1) if day is None else day
