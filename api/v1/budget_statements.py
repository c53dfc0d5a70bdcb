"""`/v1/fossil-budgets/{id}/statements` and `/versions`: what a year was closed on, and all before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Path
from sqlalchemy import and_, select
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import READING, files, gets
from api.idempotency import json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import BudgetId
from schemas.identifiers import IdPrefix, encode_id
from schemas.records.budget_statement import BUDGET_STATEMENT
from schemas.wire.budget_statements import StatementList, VersionList

if TYPE_CHECKING:
    from settlement.desk import AnyRow

router = doors("fossil-budgets")
_JSON: Final = "application/json"
_NUMBER_MAX: Final = 2**31 - 1


@router.get("/fossil-budgets/{budget_id}/statements", **gets(StatementList))
def budget_statements_list(
    caller: Annotated[Caller, require("budgets:read")],
    budget_id: BudgetId,
    reads: ReadsPart,
    page: Paged,
) -> Response:
    """List the statements on which a budget's year was closed; the last one stands."""
    tenancy.own(reads, caller, "budget", [budget_id])
    s, e = t.budget_statement.c, t.fossil_budget_event.c
    closing = and_(e.budget == s.budget, e.journal == s.journal, e.kind == "close")
    query = (
        select(s.budget, s.n, s.sha256, s.journal)
        .add_columns(e.body["statement"]["status"].astext.label("status"))
        .add_columns(e.body["statement"]["balance_gce"].astext.label("balance_gce"))
        .join_from(t.budget_statement, t.fossil_budget_event, closing)
        .where(s.budget == budget_id)
    )
    return json_response(page.read(reads, query, (s.n,), told))


@router.get(
    "/fossil-budgets/{budget_id}/statements/{n}",
    **files(_JSON, *READING, schema=BUDGET_STATEMENT),
)
def budget_statements_get(
    caller: Annotated[Caller, require("budgets:read")],
    budget_id: BudgetId,
    n: Annotated[int, Path(ge=1, le=_NUMBER_MAX)],
    reads: ReadsPart,
) -> Response:
    """Give a statement's bytes; the record of its closing names their SHA-256."""
    tenancy.own(reads, caller, "budget", [budget_id])
    s = t.budget_statement.c
    with reads.connect() as conn:
        raw = conn.execute(select(s.bytes).where(s.budget == budget_id, s.n == n)).scalar()
    if raw is None:
        raise Problem(DoorCode.NOT_FOUND)
    return Response(bytes(raw), media_type=_JSON)


@router.get("/fossil-budgets/{budget_id}/versions", **gets(VersionList))
def budget_versions_list(
    caller: Annotated[Caller, require("budgets:read")],
    budget_id: BudgetId,
    reads: ReadsPart,
    page: Paged,
) -> Response:
    """List every decision and report about a budget, first to last; of each kind the last one counts."""
    tenancy.own(reads, caller, "budget", [budget_id])
    e = t.fossil_budget_event.c
    query = select(t.fossil_budget_event).where(e.budget == budget_id)
    return json_response(page.read(reads, query, (e.n,), version_told))


def version_told(row: AnyRow) -> dict[str, Any]:
    """Tell what was decided or reported at one time; a statement is told by its number."""
    inner = {"statement", "counted"}  # the latter in what earlier versions wrote
    return {
        "budget_id": encode_id(IdPrefix.FOSSIL_BUDGET, row.budget),
        "n": row.n,
        "kind": row.kind,
        "told": {name: value for name, value in row.body.items() if name not in inner},
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a statement without its bytes."""
    return {
        "budget_id": encode_id(IdPrefix.FOSSIL_BUDGET, row.budget),
        "n": row.n,
        "sha256": bytes(row.sha256).hex(),
        "status": row.status,
        "balance_gce": int(row.balance_gce),
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
