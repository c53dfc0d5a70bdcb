"""Offsets by province and sector: what green power and certificates took off the year's budgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from settlement.fossil_budget.recognition import Direction
from settlement.fossil_budget.statement import Status
from settlement.reports.budgets import BudgetThen, budgets_then
from settlement.reports.cut import Cell, Cut, Report

_GROUP = ("province", "sector")
_STATUSES = tuple(status.value for status in Status)


def offsets(cut: Cut) -> Report:
    """Add up budgets by province and sector of the unit; certificates by where they come from,
    as far as a provincial cap could bind them.

    Grams are as posted; a budget without a sector is in the group of none.
    """
    groups: dict[tuple[str, str], list[BudgetThen]] = {}
    known = budgets_then(cut)
    for budget in known:
        groups.setdefault((budget.province or "", budget.sector or ""), []).append(budget)
    added = {group: _added(found) for group, found in sorted(groups.items())}
    columns = (*_GROUP, *_added(()))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (province or None, sector or None, *figures.values())
        for (province, sector), figures in added.items()
    )
    return Report("offsets", columns, rows, _added(known))


def _added(budgets: Iterable[BudgetThen]) -> Mapping[str, int]:
    found = list(budgets)
    return {
        "units": len(found),
        "closed": sum(budget.is_closed for budget in found),
        **{
            status.lower(): sum(budget.status == status for budget in found) for status in _STATUSES
        },
        "budget_gce": sum(budget.budget_gce for budget in found),
        "charged_gce": sum(budget.charged_gce for budget in found),
        "traded_gce": sum(budget.taken_off_gce("recognised.traded") for budget in found),
        "certificate_gce": sum(budget.taken_off_gce("recognised.certificate") for budget in found),
        **{
            f"certificates_{to.value}": sum(budget.certificates(to) for budget in found)
            for to in Direction
        },
        "excess_gce": sum(max(0, -budget.balance_gce) for budget in found),
    }
