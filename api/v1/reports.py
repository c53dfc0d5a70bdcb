"""`/v1/reports`: what regulators ask about all units at once, for any size of the log."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from api import tenancy
from api.as_of import AsOfSize, check_size
from api.bodies import doors
from api.dependencies import DeskPart
from api.documented import gets
from api.reporting import MEDIA_TYPES, Asked, Format, ReportName, document
from api.security import Caller, require
from api.sheets.read import CSV, XLSX
from ledger.store.queries.rulebooks import sealed_size
from schemas.wire.reports import ReportTold

router = doors("reports")


@router.get("/reports/{name}", **gets(ReportTold, CSV, XLSX))
def reports_get(  # what a report is asked by
    caller: Annotated[Caller, require("reports:read")],
    desk: DeskPart,
    name: Annotated[ReportName, Path()],
    year: Annotated[int, Query(ge=2000, le=2099, description="Of budgets, duties or trade.")],
    as_of_size: AsOfSize = None,
    as_what: Annotated[Format, Query(alias="format")] = Format.JSON,
) -> Response:
    """Tell units over budget, offsets by province and sector, double uses, gaps in the evidence, what
    provinces gained and lost; or compliance, allocations and prices of allowances.

    From history alone, cut at a size of the log: asked again about the same size, whatever has
    happened since, it is the same file byte for byte. A province is told of its units.
    """
    with desk.reads.connect() as conn:
        check_size(conn, as_of_size)
        size = sealed_size(conn) if as_of_size is None else as_of_size
    asked = Asked(name, year, size, tenancy.within(caller, "party"))
    made = document(desk.reads, desk.registry, asked)
    named = f'attachment; filename="{made.file_name(as_what)}"'
    headers = {} if as_what is Format.JSON else {"content-disposition": named}
    return Response(made.written(as_what), media_type=MEDIA_TYPES[as_what], headers=headers)
