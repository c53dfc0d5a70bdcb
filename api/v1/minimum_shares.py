"""`/v1/minimum-shares`: renewable energy that units owe as a share of theirs (最低消费比重、消纳责任权重)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import Path, Query
from sqlalchemy import select
from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import DeskPart, ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from ledger.store.queries import paging
from schemas.fields import PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.minimum_shares import (
    ShareClaimBody,
    ShareClaimPosted,
    ShareList,
    ShareMetric,
    ShareReport,
    ShareTargetBody,
    ShareTargetList,
    ShareTargetPosted,
    ShareTold,
)
from settlement.fossil_budget.filed import budget_of
from settlement.shares.claims import ClaimOrder, claim
from settlement.shares.report import groups, units
from settlement.shares.targets import TargetOrder, set_target

if TYPE_CHECKING:
    from sqlalchemy import Select

    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("minimum-shares")
_InPath = Annotated[int, Path(ge=2000, le=2099)]
_InQuery = Annotated[int, Query(ge=2000, le=2099)]


def _set(read: Reader, actor: Actor, model: ShareTargetBody, _hold: int | None) -> Decision:
    order = TargetOrder(model.party_id, model.metric, model.year, model.share, model.document_no)
    return set_target(read, actor, order)


SET: Final = register(Operation("share.target", "shares:set", ShareTargetBody, _set, always=True))


@router.post("/minimum-shares", **posts(ShareTargetPosted, eyes=True))
def minimum_shares_create(
    caller: Annotated[Caller, require("shares:set")], body: ShareTargetBody, ask: Asked
) -> Response:
    """Set the share that a unit itself owes in a year, or its next version; a second person decides."""
    tenancy.own(ask.reads, caller, "party", [body.party_id])
    return ask.post(lambda read: perform(read, caller.actor, SET, body))


@router.get("/minimum-shares", **gets(ShareTargetList))
def minimum_shares_list(
    caller: Annotated[Caller, require("shares:read")],
    reads: ReadsPart,
    page: Paged,
    party_id: Annotated[PartyId | None, Query()] = None,
    year: _InQuery | None = None,
) -> Response:
    """List targets set for units themselves, in the order they were set."""
    c = t.share_target.c
    wanted = {c.party: party_id, c.year: year}
    query = tenancy.rows(caller, "share_target").where(
        *(column == value for column, value in wanted.items() if value)
    )
    return json_response(page.read(reads, query, (c.journal,), told))


@router.get("/minimum-shares/{party_id}/{year}", **gets(ShareTold))
def minimum_shares_get(
    caller: Annotated[Caller, require("shares:read")],
    party_id: PartyId,
    year: _InPath,
    desk: DeskPart,
    metric: Annotated[ShareMetric, Query()] = "minimum_share",
) -> Response:
    """Tell where a unit stands: what counts, what is due and where that comes from, what is open."""
    tenancy.own(desk.reads, caller, "party", [party_id])
    with desk.reader() as read:
        budget = budget_of(read, party_id, year)
        if budget is None:
            raise Problem(DoorCode.NOT_FOUND)
        return json_response(units(read, [budget], metric, year)[0])


@router.post("/minimum-shares/{party_id}/{year}/claims", **posts(ShareClaimPosted))
def minimum_shares_claim(
    caller: Annotated[Caller, require("shares:write")],
    party_id: PartyId,
    year: _InPath,
    body: ShareClaimBody,
    ask: Asked,
) -> Response:
    """Have retirements for a unit count towards its share of a year: each once, for one year."""
    tenancy.own(ask.reads, caller, "party", [party_id])
    order = ClaimOrder(party_id, body.metric, year, tuple(body.retirement_ids))
    return ask.post(lambda read: claim(read, caller.actor, order))


@router.get("/reports/minimum-shares/units", **gets(ShareList))
def minimum_shares_units(
    caller: Annotated[Caller, require("shares:read")],
    desk: DeskPart,
    page: Paged,
    year: _InQuery,
    metric: Annotated[ShareMetric, Query()] = "minimum_share",
) -> Response:
    """Tell the shares of all units that the caller sees and that have a budget for the year."""
    b = t.fossil_budget.c
    with desk.reader() as read:
        listed = paging.fetch(read.conn, _budgets(caller, year), page.asked(1), b.id)
        shares = units(read, [row.id for row in listed.items], metric, year)
        return json_response(
            page.told(paging.Listed(tuple(shares), listed.after), lambda share: share)
        )


@router.get("/reports/minimum-shares", **gets(ShareReport))
def minimum_shares_report(
    caller: Annotated[Caller, require("shares:read")],
    desk: DeskPart,
    year: _InQuery,
    metric: Annotated[ShareMetric, Query()] = "minimum_share",
    by: Annotated[Literal["sector", "province"], Query()] = "province",
) -> Response:
    """Add up the shares of the units that the caller sees, by sector or province."""
    with desk.reader() as read:
        numbers = read.conn.execute(_budgets(caller, year)).scalars().all()
        found = groups(read, numbers, metric, year, by)
    return json_response({"year": year, "metric": metric, "by": by, **found})


def _budgets(caller: Caller, year: int) -> Select[Any]:
    b = t.fossil_budget.c
    return select(b.id).where(b.year == year, tenancy.within(caller, "budget"))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell one version of a target."""
    return {
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "metric": row.metric,
        "year": row.year,
        "version": row.version,
        "share": f"{row.share:f}",
        "document_no": row.document_no,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
