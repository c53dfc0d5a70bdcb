"""`/v1/fossil-budgets/{budget_id}/plan`: what it would take to meet a budget."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Query
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import DeskPart
from api.documented import gets
from api.idempotency import json_response
from api.security import Caller, require
from schemas.fields import BudgetId, Decimal3, Decimal9, not_below_zero
from schemas.wire.budget_plans import PlanTold
from settlement.fossil_budget import planning
from settlement.fossil_budget.whatif import Change

router = doors("fossil-budgets")
_PRICE_FEN_MAX: Final = 10**9
_YEARS_MAX: Final = 10
_PRODUCTION_MAX: Final = 1_000
_K = Annotated[
    Decimal9, not_below_zero("apportionment_factor_invalid", "k is at least 0 and below 1")
]


def _change(
    production: Annotated[Decimal3 | None, Query(le=_PRODUCTION_MAX)] = None,
    k: Annotated[_K | None, Query()] = None,
    years: Annotated[int | None, Query(ge=1, le=_YEARS_MAX)] = None,
) -> Change | None:
    """Read what if: production as a multiple of what is reported, another k, later years beside."""
    if production is None and k is None and years is None:
        return None
    return Change(production, k, years or 1)


@router.get("/fossil-budgets/{budget_id}/plan", **gets(PlanTold))
def fossil_budgets_plan(
    caller: Annotated[Caller, require("budgets:read")],
    budget_id: BudgetId,
    desk: DeskPart,
    change: Annotated[Change | None, Depends(_change)],
    price_fen: Annotated[int | None, Query(ge=0, le=_PRICE_FEN_MAX)] = None,
) -> Response:
    """Tell what it would take to meet a budget, what of it the unit has, and what the rest costs.

    With `production` (a multiple of what is reported), `k` or `years`, tell what if beside it.
    """
    tenancy.own(desk.reads, caller, "budget", [budget_id])
    with desk.reader() as read:
        return json_response(planning.plan(read, budget_id, price_fen, change))
