"""`/v1/fossil-budgets/{budget_id}/plan`: what it would take to meet a budget."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import DeskPart
from api.documented import gets
from api.idempotency import json_response
from api.security import Caller, require
from schemas.fields import BudgetId
from schemas.wire.budget_plans import PlanTold
from settlement.fossil_budget import planning

router = doors("fossil-budgets")
_PRICE_FEN_MAX: Final = 10**9


@router.get("/fossil-budgets/{budget_id}/plan", **gets(PlanTold))
def fossil_budgets_plan(
    caller: Annotated[Caller, require("budgets:read")],
    budget_id: BudgetId,
    desk: DeskPart,
    price_fen: Annotated[int | None, Query(ge=0, le=_PRICE_FEN_MAX)] = None,
) -> Response:
    """Tell what it would take to meet a budget, what of it the unit has, and what the rest costs."""
    tenancy.own(desk.reads, caller, "budget", [budget_id])
    with desk.reader() as read:
        return json_response(planning.plan(read, budget_id, price_fen))
