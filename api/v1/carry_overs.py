"""`/v1/carry-overs`: old allowances carried into a later vintage (结转), and how much may be."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, moved_units, perform, register
from api.bodies import doors
from api.dependencies import DeskPart, ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.recorded import Recorded
from api.security import Caller, require
from ledger.rules.carry import window_of
from ledger.rules.open_point import rests
from ledger.rules.rulebook import NotInForce
from ledger.rules.workdays import CLOSED, WORKED
from schemas.fields import PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.carry_overs import (
    CarryOverBody,
    CarryOverLimitTold,
    CarryOverList,
    CarryOverPosted,
)
from settlement.carried.batches import batches
from settlement.carried.carrying import CarryOrder, carry
from settlement.carried.limit import OPERATION, t_max
from settlement.fossil_budget.told import tell_open

if TYPE_CHECKING:
    from ledger.model.command import Actor, Plain
    from ledger.rules.open_point import OpenPoint
    from ledger.rules.rulebook import Rules
    from settlement.carried.limit import Limit
    from settlement.desk import Decision, Reader

router = doors("allowances")
_CARRIED: Final = Recorded("cea.carry_over", "carry_over_id", "tCO2e")
_CHECKERS: Final = frozenset({"operator", "regulator"})
_YEARS: Final = range(2000, 2100)
_WAITS_HOURS: Final = 24 * 180
"""A request waits for its batch, not for three days."""
_SHOWN: Final = ("t_max", "left", "batch", "batch_closes", "batch_done", "credited_by")


def _carried(read: Reader, actor: Actor, body: CarryOverBody, hold: int | None = None) -> Decision:
    order = CarryOrder(body.account, body.year, body.vintage, body.quantity, body.document_no)
    return carry(read, actor, order, hold)


CARRY: Final = register(
    Operation(
        OPERATION,
        "carry-overs:write",
        CarryOverBody,
        _carried,
        always=True,
        units=moved_units,
        shape=_CARRIED.posted,
        checkers=_CHECKERS,
        shows=_SHOWN,
        hours=_WAITS_HOURS,
    )
)


@router.post("/carry-overs", **posts(CarryOverPosted, eyes=True))
def carry_overs_create(
    caller: Annotated[Caller, require("carry-overs:write")], body: CarryOverBody, ask: Asked
) -> Response:
    """Ask to carry old allowances over; they are set aside until the registry's operator decides."""
    tenancy.own(ask.reads, caller, "mine", [body.account])
    return ask.post(lambda read: perform(read, caller.actor, CARRY, body), shape=_CARRIED.posted)


@router.get("/carry-overs", **gets(CarryOverList))
def carry_overs_list(
    caller: Annotated[Caller, require("allowances:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List what was carried over, oldest first; what waits is under `/v1/approvals`."""
    return _CARRIED.listed(reads, caller, page)


@router.get("/carry-overs/{party_id}/{year}", **gets(CarryOverLimitTold))
def carry_overs_limit(
    caller: Annotated[Caller, require("allowances:read")],
    party_id: PartyId,
    year: int,
    desk: DeskPart,
) -> Response:
    """Tell how much a party may carry into a year, and each figure that it comes from."""
    tenancy.own(desk.reads, caller, "party", [party_id])
    if year not in _YEARS:
        raise Problem(DoorCode.NOT_FOUND)
    with desk.reader() as read:
        try:
            found = t_max(read, party_id, year)
        except NotInForce as missing:
            raise Problem(DoorCode.NOT_FOUND) from missing
        return json_response(told(read.rules, party_id, year, found))


def told(rules: Rules, party: int, year: int, limit: Limit) -> dict[str, Any]:
    """Tell a limit with its window, its batches and its open points."""
    window = window_of(rules, year)
    return {
        "party_id": encode_id(IdPrefix.PARTY, party),
        "year": year,
        "unit": "tCO2e",
        "first_vintage": window.first_vintage,
        "last_vintage": window.last_vintage,
        "first_day": window.opens.isoformat(),
        "last_day": window.apply_until.isoformat(),
        "holdings": limit.holdings,
        "holdings_on": window.sales_to.isoformat(),
        "sold": limit.trades.sold,
        "bought": limit.trades.bought,
        "net_sold": limit.trades.net,
        "trades_from": window.sales_from.isoformat(),
        "trades_to": window.sales_to.isoformat(),
        "on_time": limit.on_time,
        "on_time_years": [*window.on_time_years],
        "t_max": limit.t_max,
        "carried": limit.carried,
        "waiting": limit.waiting,
        "left": limit.left,
        "batches": [batch.told() for batch in batches(rules, year)],
        "open_points": _open(rules, year, window.apply_until),
    }


def _open(rules: Rules, year: int, day: date) -> list[Plain]:
    found: list[OpenPoint] = [*rests(rules.names("cea.carry."), date(year, 1, 1), rules)]
    with suppress(NotInForce):  # nobody published that year: `credited_by` is null, which says so
        found += rests((CLOSED, WORKED), day, rules)
    return tell_open(found)
