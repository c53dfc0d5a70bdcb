"""Deciding a report of many units: all of them, or those units alone of which every row is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, select

from api.imports.energy_report import UnitReport, all_faults, unit_reports
from api.imports.rows import Row
from ledger.refusals import Refusal
from ledger.rules.rulebook import NotInForce
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.fossil_budget.book import Report, charge_many
from settlement.fossil_budget.energy import coefficients
from settlement.refusals import ReportRowsRefused

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from ledger.model.command import Actor, Expect, Plain
    from settlement.desk import AnyRow, Reader

UNITS_MAX: Final = 2_000
"""Units in one act: each is a journal of the group, whose parts are numbered by a small integer."""
_TOLD_MAX: Final = 5_000  # rows that are told as refused; what more there are is counted
_OWN_UNIT: Final = {"kg": "t", "m3": "m3"}  # by what a fuel's factor is given for


@dataclass(frozen=True, slots=True)
class EnergyReport:
    """A year's report: its rows, and whether units that are right go ahead without the others."""

    year: int
    rows: tuple[Row, ...]
    partial: bool = False


def report_energy(
    read: Reader, actor: Actor, report: EnergyReport, sees: ColumnElement[bool]
) -> Decision:
    """Charge the budgets of all units in a report, as one act.

    Args:
        read: the view it is decided on.
        actor: who reports.
        report: what is reported.
        sees: the condition that a party is the reporter's to see.

    Raises:
        ReportRowsRefused: something is wrong with some row, and the report is not partial.
        RuleNotInForce: no rulebook covers the year.
    """
    units = unit_reports(report.rows, report.year, _own_units(read, report.year))
    budgets = _budgets(read, units, report.year, sees)
    _name_documents(read, actor, units, budgets)
    fit = [unit for unit in units[:UNITS_MAX] if not unit.faults]
    for unit in units[UNITS_MAX:]:
        unit.refuse(unit.rows[0], "credit_code", "too_many_units", most=UNITS_MAX)
    done = _charged(read, actor, fit, budgets)
    refused = [fault.told() for fault in all_faults(units)]
    told, more = refused[:_TOLD_MAX], max(0, len(refused) - _TOLD_MAX)
    if refused and not report.partial:
        raise ReportRowsRefused(rows=list(told), more=more, units=len(done))
    result: dict[str, Plain] = {
        "year": report.year,
        "mode": "partial" if report.partial else "atomic",
        "units": [_told(unit, budgets[unit.credit_code].id, found) for unit, found in done],
        "refused": list(told),
        "refused_more": more,
        "open_points": _open_points([decision for _, decision in done]),
    }
    return _together([decision for _, decision in done], result)


def _own_units(read: Reader, year: int) -> dict[str, str]:
    try:
        fuels = coefficients(read.rules, year).fuels
    except NotInForce as missing:
        raise missing.refused() from missing
    return {name: _OWN_UNIT[factor.per] for name, factor in fuels.items()}


def _budgets(
    read: Reader, units: Sequence[UnitReport], year: int, sees: ColumnElement[bool]
) -> dict[str, AnyRow]:
    """Find the budgets of units by credit code; who is not the reporter's to see is not there."""
    p, b = t.party.c, t.fossil_budget.c
    codes = [unit.credit_code for unit in units if not unit.faults]
    of_year = and_(b.party == p.id, b.year == year)
    query = (
        select(b.id, p.id.label("party"), p.identity)
        .join_from(t.party, t.fossil_budget, of_year, isouter=True)
        .where(p.scheme == "uscc", among(p.identity, codes), sees)
    )
    found = {row.identity: row for row in read.conn.execute(query)}
    for unit in units:
        row = found.get(unit.credit_code)
        if not unit.faults and (row is None or row.id is None):
            code = "party_unknown" if row is None else "budget_unknown"
            unit.refuse(unit.rows[0], "credit_code", code)
    return found


def _name_documents(
    read: Reader, actor: Actor, units: Sequence[UnitReport], budgets: Mapping[str, AnyRow]
) -> None:
    """Turn digests of evidence into the documents on file, of the unit or of who reports."""
    fit = [unit for unit in units if unit.documents and not unit.faults]
    digests = {bytes.fromhex(sha256) for unit in fit for sha256 in unit.documents}
    d = t.document.c
    query = select(d.id, d.party, d.sha256).where(d.sha256.in_(digests)).order_by(d.id.desc())
    rows = read.conn.execute(query) if digests else ()
    on_file = {(row.party, bytes(row.sha256).hex()): row.id for row in rows}
    for unit in fit:
        own, names = budgets[unit.credit_code].party, []
        for sha256, row in unit.documents.items():
            number = on_file.get((own, sha256)) or on_file.get((actor.party, sha256))
            if number is None:
                unit.refuse(row, "document_sha256", "evidence_unknown", document=sha256)
            else:
                names.append(encode_id(IdPrefix.DOCUMENT, number))
        unit.told["document_ids"] = names


def _charged(
    read: Reader, actor: Actor, units: Sequence[UnitReport], budgets: Mapping[str, AnyRow]
) -> list[tuple[UnitReport, Decision]]:
    """Charge units; a refusal is put where it came from."""
    reports = [Report(budgets[unit.credit_code].id, unit.told) for unit in units]
    done = []
    for unit, decided in zip(units, charge_many(read, actor, reports), strict=True):
        if isinstance(decided, Decision):
            done.append((unit, decided))
        else:
            _refuse(unit, decided)
    return done


def _refuse(unit: UnitReport, refusal: Refusal) -> None:
    """Refuse the row of the fuel that a refusal names, or the unit's first row."""
    facts = refusal.facts()
    named = (row for row in unit.rows if row.cells.get("item") == facts.get("fuel"))
    unit.refuse(next(named, unit.rows[0]), "item", refusal.code, **facts)


def _told(unit: UnitReport, budget: int, decision: Decision) -> dict[str, Plain]:
    names = ("status", "balance_gce", "excess_gce", "needed")
    return {
        "credit_code": unit.credit_code,
        "budget_id": encode_id(IdPrefix.FOSSIL_BUDGET, budget),
        "rows": len(unit.rows),
        "unchanged": not decision.acts,
        **{name: decision.result[name] for name in names},
    }


def _open_points(decisions: Sequence[Decision]) -> list[Plain]:
    """Tell what any of the units' figures rest on that is open, each value once, by name."""
    results: list[Mapping[str, Any]] = [decision.result for decision in decisions]
    told = [point for result in results for point in result["open_points"]]
    once = {(point["name"], point["value"], point["note"]): point for point in told}
    return [once[place] for place in sorted(once)]


def _together(decisions: Sequence[Decision], result: dict[str, Any]) -> Decision:
    acts = tuple(act for decision in decisions for act in decision.acts)
    expect: dict[Expect, None] = {}
    for decision in decisions:
        expect |= dict.fromkeys(decision.expect)
    return Decision(acts, tuple(expect), result)
