"""`/v1/fossil-budgets/reports`: the annual energy-use report, of one unit or of many."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.bodies import Raw, doors
from api.documented import posts, takes
from api.idempotency import Ask, Asked, Outcome, plain
from api.imports.answering import answered
from api.imports.energy_report import COLUMNS
from api.imports.reporting import EnergyReport, report_energy
from api.imports.sent import Sent, beside, read_sent
from api.security import Caller, require
from api.sheets.read import CSV, XLSX
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.energy_reports import EnergyReportBody, EnergyReportPosted

router = doors("fossil-budgets")


@router.post(
    "/fossil-budgets/reports",
    **posts(EnergyReportPosted),
    openapi_extra=takes(EnergyReportBody, CSV, XLSX),
)
def energy_reports_create(
    caller: Annotated[Caller, require("budgets:report")],
    raw: Sent,
    ask: Asked,
    year: Annotated[
        int | None, Query(ge=2000, le=2099, description="Of a file; else in it.")
    ] = None,
    mode: Annotated[Literal["atomic", "partial"], Query()] = "atomic",
) -> Response:
    """Charge the budgets of all units in a report, as one act; `dry_run` shows what it would come to.

    A file has one row for each item of a unit: credit_code, item, purchased, and, if wanted, year,
    unit, stock_open, stock_close, sold, produced, lost, feedstock, feedstock_product,
    feedstock_sold_as_fuel, heat_value, fossil_share, document_sha256; CSV in UTF-8 or GB18030, or the
    first sheet of an XLSX workbook. If any row is wrong nothing is
    posted; `mode=partial` posts the units of which every row is right. With `Accept: text/csv`, or
    that of XLSX, the rows that were not taken come back with their reasons.
    """
    report = _report(ask, raw, year, partial=mode == "partial")
    sees = tenancy.within(caller, "party")
    answer = ask.answer(lambda read: report_energy(read, caller.actor, report, sees))
    return answered(ask, answer, report.rows, _shape)


def _report(ask: Ask, raw: Raw, year: int | None, *, partial: bool) -> EnergyReport:
    body, rows = read_sent(ask, raw, EnergyReportBody, COLUMNS)
    return EnergyReport(body.year if body else beside(year, "year"), rows, partial)


def _shape(outcome: Outcome) -> dict[str, Any]:
    """Tell the units with the journals they were charged in: one each, for those that changed."""
    journals = iter(outcome["journals"])
    units = [
        {**unit, "journal_id": None if unit["unchanged"] else _named(next(journals, None))}
        for unit in outcome["result"]["units"]
    ]
    return {**plain(outcome), "units": units}


def _named(journal: int | None) -> str | None:
    return None if journal is None else encode_id(IdPrefix.JOURNAL, journal)
