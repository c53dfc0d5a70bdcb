"""`/v1/fossil-budgets`: fossil-energy budgets of key units (化石能源消费预算)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from sqlalchemy import Select, and_, select
from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, Units, perform, register
from api.bodies import doors
from api.dependencies import DeskPart, ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response, with_serials
from api.paging import Paged
from api.security import Caller, require
from ledger.model.command import Exact, Move, Runs
from ledger.model.instrument import GEC, yearly
from ledger.store import tables as t
from schemas.fields import BudgetId, PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.energy import ConsumptionBody
from schemas.wire.fossil_budgets import (
    BudgetBody,
    BudgetList,
    BudgetPosted,
    BudgetTold,
    ClosedPosted,
    CloseManyBody,
    ClosePayload,
    ManyClosedPosted,
    OffsetBody,
    OffsetOwnPayload,
    OffsetPosted,
    ReopenBody,
    ReopenedPosted,
    ReopenPayload,
    RestatedPosted,
)
from settlement.fossil_budget import book
from settlement.fossil_budget.book import BudgetOrder
from settlement.fossil_budget.closing_many import check_many, close_many
from settlement.fossil_budget.reopening import ReopenOrder, reopen

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("fossil-budgets")
_FEB_ZERO: Final = yearly("FEB", 2000).id  # a year's instrument is this and the years since 2000


def _set(read: Reader, actor: Actor, model: BudgetBody, _hold: int | None) -> Decision:
    order = BudgetOrder(
        party=model.party_id,
        year=model.year,
        budget_gce=model.budget_gce,
        mode=model.mode,
        document_no=model.document_no,
        sector=model.sector,
        traits=None if model.traits is None else tuple(model.traits),
    )
    return book.set_budget(read, actor, order)


def _close(read: Reader, actor: Actor, model: ClosePayload, _hold: int | None) -> Decision:
    return book.close(read, actor, model.budget_id)


def _close_many(read: Reader, actor: Actor, model: CloseManyBody, _hold: int | None) -> Decision:
    return close_many(read, actor, model.budget_ids)


def _check_many(read: Reader, _actor: Actor, model: CloseManyBody) -> None:
    check_many(read, model.budget_ids)


def _reopen(read: Reader, actor: Actor, model: ReopenPayload, _hold: int | None) -> Decision:
    order = ReopenOrder(model.reason, model.document_no)
    return reopen(read, actor, model.budget_id, order)


def _offset_own(read: Reader, actor: Actor, model: OffsetOwnPayload, hold: int | None) -> Decision:
    return book.offset_own(read, actor, model.budget_id, hold)


def _retired_units(decision: Decision) -> Units | None:
    """Tell which certificates a decision retires."""
    moves = [
        move
        for act in decision.acts
        for move in act.effects
        if isinstance(move, Move) and move.instrument == GEC
    ]
    if not moves:
        return None
    runs = [(m.source.lot, m.source.lo, m.amount) for m in moves if isinstance(m.source, Exact)]
    return Units(moves[0].debit, GEC, sum(move.amount for move in moves), Runs(tuple(runs)))


SET: Final = register(Operation("budget.set", "budgets:set", BudgetBody, _set, always=True))
CLOSE: Final = register(
    Operation(
        "budget.close",
        "budgets:close",
        ClosePayload,
        _close,
        always=True,
        shows=("status", "balance_gce", "statement_sha256"),
    )
)
CLOSE_MANY: Final = register(
    Operation(
        "budget.close_many",
        "budgets:close",
        CloseManyBody,
        _close_many,
        always=True,
        waits=_check_many,
    )
)
REOPEN: Final = register(
    Operation("budget.reopen", "budgets:reopen", ReopenPayload, _reopen, always=True)
)
OFFSET_OWN: Final = register(
    Operation(
        "budget.offset_own",
        "budgets:write",
        OffsetOwnPayload,
        _offset_own,
        units=_retired_units,
        shape=with_serials,
    )
)


@router.post("/fossil-budgets", **posts(BudgetPosted, eyes=True))
def fossil_budgets_create(
    caller: Annotated[Caller, require("budgets:set")], body: BudgetBody, ask: Asked
) -> Response:
    """Set a unit's budget of a year, or revise it; a second person decides."""
    tenancy.own(ask.parts.desk.reads, caller, "party", [body.party_id])
    return ask.post(lambda read: perform(read, caller.actor, SET, body))


@router.post("/fossil-budgets/{budget_id}/consumption", **posts(RestatedPosted))
def fossil_budgets_charge(
    caller: Annotated[Caller, require("budgets:write")],
    budget_id: BudgetId,
    body: ConsumptionBody,
    ask: Asked,
) -> Response:
    """Report the year's consumption; it replaces the report before, and the budget is restated."""
    tenancy.own(ask.parts.desk.reads, caller, "budget", [budget_id])
    told = body.model_dump(mode="json", exclude_unset=True)
    return ask.post(lambda read: book.charge(read, caller.actor, budget_id, told))


@router.post("/fossil-budgets/{budget_id}/offsets", **posts(OffsetPosted, eyes=True))
def fossil_budgets_offset(
    caller: Annotated[Caller, require("budgets:write")],
    budget_id: BudgetId,
    body: OffsetBody,
    ask: Asked,
) -> Response:
    """Offer retirements, or have the fewest own certificates retired and offered in one act.

    From the account's limit on, a second person decides about the latter.
    """
    tenancy.own(ask.parts.desk.reads, caller, "budget", [budget_id])
    if body.auto:
        payload = OffsetOwnPayload.model_construct(budget_id=budget_id)
        return ask.post(
            lambda read: perform(read, caller.actor, OFFSET_OWN, payload), shape=with_serials
        )
    named = tuple(body.retirement_ids or ())
    return ask.post(
        lambda read: book.offset(read, caller.actor, budget_id, named), shape=with_serials
    )


@router.post("/fossil-budgets/{budget_id}/close", **posts(ClosedPosted, eyes=True))
def fossil_budgets_close(
    caller: Annotated[Caller, require("budgets:close")], budget_id: BudgetId, ask: Asked
) -> Response:
    """Close a budget's year on its statement; a second person decides."""
    tenancy.own(ask.parts.desk.reads, caller, "budget", [budget_id])
    payload = ClosePayload.model_construct(budget_id=budget_id)
    return ask.post(lambda read: perform(read, caller.actor, CLOSE, payload))


@router.post("/fossil-budgets/close", **posts(ManyClosedPosted, eyes=True))
def fossil_budgets_close_many(
    caller: Annotated[Caller, require("budgets:close")], body: CloseManyBody, ask: Asked
) -> Response:
    """Close many budgets' years together, 500 at most; a second person decides once for all."""
    tenancy.own(ask.parts.desk.reads, caller, "budget", body.budget_ids)
    return ask.post(lambda read: perform(read, caller.actor, CLOSE_MANY, body))


@router.post("/fossil-budgets/{budget_id}/reopen", **posts(ReopenedPosted, eyes=True))
def fossil_budgets_reopen(
    caller: Annotated[Caller, require("budgets:reopen")],
    budget_id: BudgetId,
    body: ReopenBody,
    ask: Asked,
) -> Response:
    """Open a closed year again by decision; a second person decides, and its statement stays."""
    tenancy.own(ask.parts.desk.reads, caller, "budget", [budget_id])
    payload = ReopenPayload.model_construct(budget_id=budget_id, **body.model_dump())
    return ask.post(lambda read: perform(read, caller.actor, REOPEN, payload))


@router.get("/fossil-budgets", **gets(BudgetList))
def fossil_budgets_list(
    caller: Annotated[Caller, require("budgets:read")],
    reads: ReadsPart,
    page: Paged,
    party_id: Annotated[PartyId | None, Query()] = None,
    year: Annotated[int | None, Query(ge=2000, le=2099)] = None,
) -> Response:
    """List budgets by id."""
    b = t.fossil_budget.c
    wanted = {b.party: party_id, b.year: year}
    query = _budgets(caller).where(*(col == value for col, value in wanted.items() if value))
    return json_response(page.read(reads, query, (b.id,), told))


@router.get("/fossil-budgets/{budget_id}", **gets(BudgetTold))
def fossil_budgets_get(
    caller: Annotated[Caller, require("budgets:read")], budget_id: BudgetId, desk: DeskPart
) -> Response:
    """Tell where a budget stands: charge, recognition, both modes, status, law that is open."""
    tenancy.own(desk.reads, caller, "budget", [budget_id])
    with desk.reader() as read:
        return json_response(book.statement(read, budget_id))


def _budgets(caller: Caller) -> Select[Any]:
    b, balance = t.fossil_budget.c, t.balance.c
    held = and_(balance.account == b.account, balance.instrument == _FEB_ZERO + b.year - 2000)
    return (
        tenancy.rows(caller, "budget")
        .add_columns(
            _latest("set").label("decided"), _latest("close", "reopen").label("end"), balance.posted
        )
        .join_from(t.fossil_budget, t.balance, held, isouter=True)
    )


def _latest(*kinds: str) -> Any:
    """Read the latest event of some kinds; a closing is told by its statement."""
    e = t.fossil_budget_event.c
    return (
        select(e.body)
        .where(e.budget == t.fossil_budget.c.id, e.kind.in_(kinds))
        .order_by(e.n.desc())
        .limit(1)
        .scalar_subquery()
    )


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a budget in a list."""
    return {
        "budget_id": encode_id(IdPrefix.FOSSIL_BUDGET, row.id),
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "account_id": encode_id(IdPrefix.ACCOUNT, row.account),
        "year": row.year,
        "mode": row.decided["mode"],
        "budget_gce": row.decided["budget_gce"],
        "balance_gce": row.posted or 0,
        "state": "closed" if "statement" in (row.end or {}) else "open",
    }
