"""`/v1/issuances`: whole certificates out of metered energy, plant by plant and month by month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Ask, Asked, Item, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from api.several import respond, result
from ledger.refusals import NothingToIssue, Refusal, StorageNeverIssues
from ledger.store import tables as t
from schemas.calendar import format_month, parse_month
from schemas.fields import JournalId, Month, PlantId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.issuances import (
    PLANT_MONTHS_MAX,
    IssuanceBody,
    IssuanceList,
    IssuancePosted,
    IssuanceTold,
)
from settlement.desk import Decision
from settlement.issuance import due

if TYPE_CHECKING:
    from ledger.model.command import Plain
    from ledger.posting.answers import Answer
    from settlement.desk import AnyRow, Reader

router = doors("issuances")
_CREATED: Final = 201

Plan: TypeAlias = list[tuple[int, str, date]]  # plant, category, month


@router.post("/issuances", **posts(IssuancePosted))
def issuances_create(
    caller: Annotated[Caller, require("issuances:write")], body: IssuanceBody, ask: Asked
) -> Response:
    """Issue what is due for a month, or for the plant-months of some readings.

    What will be tried is settled first, under the key itself; each plant-month is then an act of
    its own under `<key>#<plant>:<category>:<month>`, so that a repeated request finishes what was
    begun and answers as before. 422 `nothing_to_issue` where no whole certificate is due: then the
    month was issued already, or its energy is carried on; 422 `storage_never_issues` where all that
    is named is storage. Who recorded any of the energy by hand, and not as a grid's or an exchange's
    push, does not issue for it: `recorder_may_not_issue`. At most 10,000 plant-months at a time.
    """
    if body.reading_ids is not None:
        tenancy.own(ask.reads, caller, "reading", body.reading_ids)
    person = caller.actor.person
    planned = ask.answer(lambda read: _planned(read, body))
    if planned.outcome is None or "code" in planned.outcome:
        return ask.told(planned)
    found = planned.outcome["result"]
    plan: Plan = [(plant, category, parse_month(month)) for plant, category, month in found["plan"]]
    items = [_item(ask, *entry) for entry in plan]
    answers = ask.answer_each(items, lambda read: _decided(read, body, plan, person))
    return _told(ask, plan, answers, more=found["more"])


def _planned(read: Reader, body: IssuanceBody) -> Decision:
    found = due(read, body.month, body.reading_ids)
    if not found:
        raise NothingToIssue
    vain = [item.decision for item in found if isinstance(item.decision, StorageNeverIssues)]
    if len(vain) == len(found):
        raise vain[0]
    plan: list[Plain] = [
        [item.plant, item.category, format_month(item.month)] for item in found[:PLANT_MONTHS_MAX]
    ]
    return Decision((), result={"plan": plan, "more": len(found) > len(plan)})


def _item(ask: Ask, plant: int, category: str, month: date) -> Item:
    name = f"{encode_id(IdPrefix.PLANT, plant)}:{category}:{format_month(month)}"
    return Item({"plant_month": name}, f"{ask.key}#{name}")


def _decided(read: Reader, body: IssuanceBody, plan: Plan, person: str) -> list[Decision | Refusal]:
    found = {
        (item.plant, item.category, item.month): item.decision
        for item in due(read, body.month, body.reading_ids, person)
    }
    return [found.get(entry, NothingToIssue()) for entry in plan]


def _told(ask: Ask, plan: Plan, answers: Sequence[Answer], *, more: bool) -> Response:
    results, lots = [], []
    for index, (entry, answer) in enumerate(zip(plan, answers, strict=True)):
        told = result(ask, index, answer)
        results.append(told | _issued(entry, answer))
        if answer.outcome is not None and "result" in answer.outcome:
            lot = {"issuance_id": told["journal_id"], "unit": "MWh", **answer.outcome["result"]}
            lots.append(lot)
    return respond(
        ask,
        results,
        all(answer.replayed for answer in answers),
        lots=lots,
        certificates=sum(lot["count"] for lot in lots),
        unit="MWh",
        more=more,
    )


def _issued(entry: tuple[int, str, date], answer: Answer) -> dict[str, Any]:
    plant, category, month = entry
    named = {
        "plant_id": encode_id(IdPrefix.PLANT, plant),
        "category": category,
        "month": format_month(month),
    }
    lot = (answer.outcome or {}).get("result", {})
    return named | {name: lot.get(name) for name in ("lot_id", "count", "carry_kwh")}


@router.get("/issuances", **gets(IssuanceList))
def issuances_list(
    caller: Annotated[Caller, require("issuances:read")],
    reads: ReadsPart,
    page: Paged,
    plant_id: Annotated[PlantId | None, Query()] = None,
    month: Annotated[Month | None, Query()] = None,
) -> Response:
    """List issuances by expiry of their lots, and then in the order of issue."""
    lot = t.lot.c
    wanted = {lot.plant: plant_id, lot.month: month}
    query = tenancy.rows(caller, "lot")
    query = query.where(*(col == value for col, value in wanted.items() if value))
    return json_response(page.read(reads, query, (lot.id,), told))


@router.get("/issuances/{issuance_id}", **gets(IssuanceTold))
def issuances_get(
    caller: Annotated[Caller, require("issuances:read")], issuance_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell one issuance; its id is that of its journal."""
    lot, p = t.lot.c, t.posting.c
    query = (
        tenancy.rows(caller, "lot")
        .join(t.posting, p.lot == lot.id)
        .where(p.journal == issuance_id, lot.journal == issuance_id)
    )
    with reads.connect() as conn:
        row = conn.execute(query).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response(told(row))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell an issuance."""
    return {
        "issuance_id": encode_id(IdPrefix.JOURNAL, row.journal),
        "lot_id": encode_id(IdPrefix.LOT, row.id),
        "plant_id": encode_id(IdPrefix.PLANT, row.plant),
        "reading_id": encode_id(IdPrefix.READING, row.reading),
        "month": format_month(row.month),
        "category": row.category,
        "trade": row.trade,
        "first_serial": row.first_serial,
        "count": row.size,
        "unit": "MWh",
        "valid_until": row.valid_until.isoformat(),
    }
