"""`/v1/meter-readings`: metered energy, out of which certificates are issued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.bodies import Raw, doors, raw_body
from api.csv_rows import csv_rows
from api.dependencies import ReadsPart
from api.documented import gets, posts, takes
from api.idempotency import Ask, Asked, Item, json_response
from api.paging import Paged
from api.security import Caller, require
from api.several import document, model_of, respond, result
from ledger.store import tables as t
from schemas.calendar import format_month
from schemas.fields import Month, PlantId, ReadingId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.readings import (
    READINGS_MAX,
    Category,
    ReadingBody,
    ReadingList,
    ReadingsBody,
    ReadingsPosted,
    ReadingTold,
)
from settlement.readings import Reading, record_readings

if TYPE_CHECKING:
    from ledger.posting.answers import Answer
    from settlement.desk import AnyRow

router = doors("meter-readings")
_JSON: Final = "application/json"
_CSV: Final = "text/csv"
_BYTES_MAX: Final = 4 * 1024 * 1024


@router.post(
    "/meter-readings", **posts(ReadingsPosted), openapi_extra=takes(ReadingsBody, "text/csv")
)
def readings_create(
    caller: Annotated[Caller, require("readings:write")],
    raw: Annotated[Raw, raw_body(_JSON, _CSV, limit=_BYTES_MAX)],
    ask: Asked,
) -> Response:
    """Record up to 10,000 readings, each judged for itself under the key `<key>#<index>`.

    As CSV the columns are plant_id, month, category, energy_kwh, source, and, if wanted, mechanism
    and version; UTF-8 or GB18030. The answer has one result per row: 201 if any was recorded. A
    reading that is on file already with the same content is no news, and no fault.
    """
    rows = _rows(raw)
    readings = [_reading(body) for body in model_of(ask, ReadingsBody, rows).readings]
    strange = tenancy.foreign(ask.reads, caller, "plant", {r.plant for r in readings})
    known = [index for index, reading in enumerate(readings) if reading.plant not in strange]
    mine = [readings[index] for index in known]
    items = [Item(rows["readings"][index], f"{ask.key}#{index}") for index in known]
    answers = ask.answer_each(items, lambda read: record_readings(read, caller.actor, mine))
    by_index = dict(zip(known, answers, strict=True))
    results = [_told_result(ask, index, by_index.get(index)) for index in range(len(readings))]
    replayed = bool(answers) and all(answer.replayed for answer in answers)
    return respond(ask, results, replayed)


def _rows(raw: Raw) -> Any:
    if raw.media_type == _CSV:
        return {"readings": csv_rows(raw.content, READINGS_MAX)}
    return document(raw.content, _BYTES_MAX)


def _reading(body: ReadingBody) -> Reading:
    return Reading(
        plant=body.plant_id,
        month=body.month,
        category=body.category,
        energy_kwh=body.energy_kwh,
        mechanism=body.mechanism,
        source=body.source,
        version=body.version,
    )


def _told_result(ask: Ask, index: int, answer: Answer | None) -> dict[str, Any]:
    told = result(ask, index, answer)
    if answer is None or answer.outcome is None or "code" in answer.outcome:
        return told
    return {**told, **answer.outcome["result"], "unit": "kWh"}


@router.get("/meter-readings", **gets(ReadingList))
def readings_list(
    caller: Annotated[Caller, require("readings:read")],
    reads: ReadsPart,
    page: Paged,
    plant_id: Annotated[PlantId | None, Query()] = None,
    month: Annotated[Month | None, Query()] = None,
    category: Annotated[Category | None, Query()] = None,
) -> Response:
    """List readings by id, all versions."""
    m = t.meter_reading.c
    wanted = {m.plant: plant_id, m.month: month, m.category: category}
    query = tenancy.rows(caller, "reading")
    query = query.where(*(col == value for col, value in wanted.items() if value))
    return json_response(page.read(reads, query, (m.id,), told))


@router.get("/meter-readings/{reading_id}", **gets(ReadingTold))
def readings_get(
    caller: Annotated[Caller, require("readings:read")], reading_id: ReadingId, reads: ReadsPart
) -> Response:
    """Tell one version of a reading."""
    return json_response(told(tenancy.find(reads, caller, "reading", reading_id)))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a version of a reading."""
    return {
        "reading_id": encode_id(IdPrefix.READING, row.id),
        "plant_id": encode_id(IdPrefix.PLANT, row.plant),
        "month": format_month(row.month),
        "category": row.category,
        "version": row.version,
        "energy_kwh": row.energy_kwh,
        "unit": "kWh",
        "mechanism": row.mechanism,
        "source": row.source,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
