"""`/v1/fossil-budgets/{id}/confirmations`: what others say of a unit's traded and physical energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from sqlalchemy import select
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import BudgetId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.confirmations import ConfirmationBody, ConfirmationList, ConfirmationPosted
from settlement.fossil_budget.confirming import PHYSICAL, TRADED, ConfirmOrder, confirm

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from settlement.desk import AnyRow

router = doors("fossil-budgets")
_EXCHANGE: Final = "exchange"


@router.post("/fossil-budgets/{budget_id}/confirmations", **posts(ConfirmationPosted))
def confirmations_create(
    caller: Annotated[Caller, require("budgets:confirm")],
    budget_id: BudgetId,
    body: ConfirmationBody,
    ask: Asked,
) -> Response:
    """Confirm traded or physical energy of a unit's year; it replaces what was confirmed before.

    A closing counts traded energy outside this ledger only as far as it is confirmed.
    """
    _admit(ask.reads, caller, budget_id, body)
    said = {TRADED: body.traded_kwh, PHYSICAL: body.physical_kwh}
    kwh = {part: value for part, value in said.items() if value is not None}
    order = ConfirmOrder(kwh, body.document_no)
    return ask.post(lambda read: confirm(read, caller.actor, budget_id, order))


def _admit(reads: Engine, caller: Caller, budget: int, body: ConfirmationBody) -> None:
    """Let an exchange speak for anybody's trades, and of nothing but trades.

    It sees no other party's budget, and is told nothing of the one it names.
    """
    if caller.role != _EXCHANGE:
        tenancy.own(reads, caller, "budget", [budget])
        return
    if body.physical_kwh is not None:
        raise Problem(DoorCode.FORBIDDEN)
    tenancy.known(reads, "budget", [budget])


@router.get("/fossil-budgets/{budget_id}/confirmations", **gets(ConfirmationList))
def confirmations_list(
    caller: Annotated[Caller, require("budgets:read")],
    budget_id: BudgetId,
    reads: ReadsPart,
    page: Paged,
) -> Response:
    """List what was confirmed of a budget's year, first to last; the last version of a part counts."""
    tenancy.own(reads, caller, "budget", [budget_id])
    e = t.fossil_budget_event.c
    query = select(t.fossil_budget_event).where(e.budget == budget_id, e.kind == "confirm")
    return json_response(page.read(reads, query, (e.n,), told))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell what was confirmed at one time."""
    return {
        "budget_id": encode_id(IdPrefix.FOSSIL_BUDGET, row.budget),
        "confirmed": row.body["confirmed"],
        "document_no": row.body["document_no"],
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
