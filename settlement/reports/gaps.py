"""Gaps in the evidence of the year's reports: what no document shows, and what does not join up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.fossil_budget.confirming import PHYSICAL, TRADED
from settlement.fossil_budget.energy import ONE, UNITS, Consumption, exact
from settlement.fossil_budget.reported import read_consumption, spell_exact
from settlement.reports.budgets import BudgetThen, budgets_then, reports_then
from settlement.reports.cut import Cell, Cut, Report

if TYPE_CHECKING:
    from settlement.desk import AnyRow

_COLUMNS = (
    "credit_code",
    "name",
    "province",
    "sector",
    "budget_id",
    "gap",
    "item",
    "reported",
    "shown",
    "unit",
)
_Gap = tuple[str, str | None, str | None, str | None, str | None]


def evidence_gaps(cut: Cut) -> Report:
    """List what a regulator should ask units about, by unit; none of it bars a report.

    `not_reported`: no consumption. `no_document`: a version of the report without any evidence, told
    by its number among the budget's versions, whether or not a later one has some. `traded_unconfirmed`
    and `physical_unconfirmed`: more kWh reported than confirmed. `measured_without_document` and
    `heat_share_without_document`: a measured heat value, a fossil share below one, and no evidence.
    `stock_unjoined`: a fuel's stock at the start is not that at the end of the year before.
    """
    budgets = budgets_then(cut)
    reports = reports_then(cut, [budget.id for budget in budgets])
    bare = _without_document(cut, [budget.id for budget in budgets])
    confirmed = _confirmed(cut, [budget.id for budget in budgets])
    before = _closing_stocks(cut, [budget.party for budget in budgets])
    rows = tuple(
        _row(budget, gap)
        for budget in budgets
        for gap in (
            *bare.get(budget.id, ()),
            *_gaps(reports.get(budget.id), confirmed.get(budget.id, {}), before.get(budget.party)),
        )
    )
    counted: dict[str, int] = defaultdict(int)
    for row in rows:
        counted[str(row[5])] += 1
    return Report("evidence-gaps", _COLUMNS, rows, {"units": len(budgets), **counted})


def _without_document(cut: Cut, numbers: Sequence[int]) -> dict[int, list[_Gap]]:
    """Read which versions of budgets' reports no document shows, first to last."""
    e = t.fossil_budget_event.c
    rows = cut.conn.execute(
        select(e.budget, e.n)
        .where(among(e.budget, numbers), e.kind == "consumption", cut.holds(e.journal))
        .where(func.jsonb_array_length(e.body["document_ids"]) == 0)
        .order_by(e.budget, e.n)
    )
    found: dict[int, list[_Gap]] = defaultdict(list)
    for row in rows:
        found[row.budget].append(("no_document", "version", str(row.n), None, None))
    return found


def _confirmed(cut: Cut, numbers: Sequence[int]) -> dict[int, dict[str, int]]:
    """Read what stands confirmed of each budget, in kWh by part."""
    c = t.energy_confirmation.c
    rows = cut.conn.execute(
        select(c.budget, c.part, c.kwh)
        .ext(distinct_on(c.budget, c.part))
        .where(among(c.budget, numbers), cut.holds(c.journal))
        .order_by(c.budget, c.part, c.version.desc())
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.budget, {})[row.part] = row.kwh
    return found


def _closing_stocks(cut: Cut, parties: Sequence[int]) -> dict[int, dict[str, Decimal]]:
    """Read the stocks at the end of the year before, by party and fuel, where that year was reported."""
    b = t.fossil_budget.c
    query = select(b.id, b.party).where(
        among(b.party, parties), b.year == cut.year - 1, cut.holds(b.journal)
    )
    of: dict[int, AnyRow] = {row.id: row for row in cut.conn.execute(query)}
    return {
        of[number].party: _stocks(_consumption(report), "stock_close")
        for number, report in reports_then(cut, list(of)).items()
    }


def _consumption(report: Mapping[str, Any]) -> Consumption:
    return read_consumption(report["consumption"])


def _stocks(consumption: Consumption, name: str) -> dict[str, Decimal]:
    """Add up a stock by fuel, in t or m³: one fuel may have lines of several heat values and units."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    with exact():
        for line in consumption.fuels:
            scale = ONE if line.unit is None else UNITS[line.unit][1]
            found[line.fuel] += getattr(line, name) * scale
    return found


def _gaps(
    report: Mapping[str, Any] | None,
    confirmed: Mapping[str, int],
    before: Mapping[str, Decimal] | None,
) -> Iterator[_Gap]:
    if report is None:
        yield "not_reported", None, None, None, None
        return
    consumption = _consumption(report)
    if not report["document_ids"]:
        yield from _undocumented(consumption)
    electricity = consumption.electricity
    told = {TRADED: electricity.other_traded_kwh, PHYSICAL: electricity.physical_kwh}
    for part, kwh in told.items():
        if kwh > confirmed.get(part, 0):
            yield f"{part}_unconfirmed", part, str(kwh), str(confirmed.get(part, 0)), "kWh"
    if before is not None:
        yield from _unjoined(_stocks(consumption, "stock_open"), before)


def _undocumented(consumption: Consumption) -> Iterator[_Gap]:
    for line in consumption.fuels:
        if line.heat_value_kj_per_unit is not None:
            measured = f"{line.heat_value_kj_per_unit:f}"
            yield "measured_without_document", line.fuel, measured, None, "kJ/kg or m3"
    if consumption.heat.purchased_mj and consumption.heat.fossil_share < ONE:
        yield "heat_share_without_document", "heat", f"{consumption.heat.fossil_share:f}", None, "1"


def _unjoined(opened: Mapping[str, Decimal], closed: Mapping[str, Decimal]) -> Iterator[_Gap]:
    for fuel in sorted({*opened, *closed}):
        now, then = opened.get(fuel, Decimal(0)), closed.get(fuel, Decimal(0))
        if now != then:
            yield "stock_unjoined", fuel, spell_exact(now), spell_exact(then), "t or m3"


def _row(budget: BudgetThen, gap: _Gap) -> tuple[Cell, ...]:
    return (
        budget.credit_code,
        budget.name,
        budget.province,
        budget.sector,
        encode_id(IdPrefix.FOSSIL_BUDGET, budget.id),
        *gap,
    )
