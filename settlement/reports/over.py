"""Units over budget: who burnt more than it may, and what was taken off already."""

from __future__ import annotations

from schemas.identifiers import IdPrefix, encode_id
from settlement.fossil_budget.statement import Status
from settlement.reports.budgets import BudgetThen, budgets_then
from settlement.reports.cut import NOT_REPORTED, Cell, Cut, Report

_COLUMNS = (
    "credit_code",
    "name",
    "province",
    "sector",
    "budget_id",
    "state",
    "mode",
    "budget_gce",
    "charged_gce",
    "traded_gce",
    "certificate_gce",
    "excess_gce",
)


def over_budget(cut: Cut) -> Report:
    """List the units whose balance is below zero, the farthest above its budget first.

    Sums count all units of the year by status, those that have not reported among them.
    """
    known = budgets_then(cut)
    over = sorted(
        (budget for budget in known if budget.status == Status.NOT_MET.value),
        key=lambda budget: (budget.balance_gce, budget.credit_code),
    )
    sums = {
        "units": len(known),
        **{
            status.lower(): sum(budget.status == status for budget in known)
            for status in (*(status.value for status in Status), NOT_REPORTED)
        },
        "excess_gce": sum(-budget.balance_gce for budget in over),
    }
    return Report("budgets-over", _COLUMNS, tuple(_row(budget) for budget in over), sums)


def _row(budget: BudgetThen) -> tuple[Cell, ...]:
    return (
        budget.credit_code,
        budget.name,
        budget.province,
        budget.sector,
        encode_id(IdPrefix.FOSSIL_BUDGET, budget.id),
        "closed" if budget.is_closed else "open",
        budget.mode,
        budget.budget_gce,
        budget.charged_gce,
        budget.taken_off_gce("recognised.traded"),
        budget.taken_off_gce("recognised.certificate"),
        -budget.balance_gce,
    )
