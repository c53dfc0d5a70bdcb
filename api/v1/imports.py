"""`/v1/imports`: lists of those under the cap, verified emissions and allocation tables, as files."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.documented import posts, takes
from api.idempotency import Asked
from api.imports.allocations import ALLOCATIONS
from api.imports.answering import answered
from api.imports.deciding import Import
from api.imports.emissions import EMISSIONS
from api.imports.entities import ENTITIES
from api.imports.sent import Sent, beside, read_sent
from api.imports.tabled import approve_rows, list_rows, verify_rows
from api.security import Caller, require
from api.sheets.read import CSV, XLSX
from api.v1.allowance_approvals import out_of
from schemas.fields import AccountId, DocumentNo
from schemas.wire.entitlements import EntitlementsBody
from schemas.wire.imports import (
    AllocationSheetBody,
    EmissionSheetBody,
    EntitySheetBody,
    ImportPosted,
)

router = doors("allowances")
_Mode = Annotated[
    Literal["atomic", "partial"],
    Query(description="All parties, or those of which every row is right."),
]
_Paper = Annotated[DocumentNo | None, Query(description="Of a file: the document it carries out.")]


@router.post(
    "/imports/ets-entities",
    **posts(ImportPosted, eyes=True),
    openapi_extra=takes(EntitySheetBody, CSV, XLSX),
)
def imports_entities(
    caller: Annotated[Caller, require("entities:write")],
    raw: Sent,
    ask: Asked,
    document_no: _Paper = None,
    mode: _Mode = "atomic",
) -> Response:
    """Put the parties of a table on a year's list, 500 at most; a second person decides.

    A row for each installation: credit_code, year, sector, listing_reason, and, if wanted, status,
    installation, class, capacity_kw, commissioned_on, closed_on. `dry_run` previews it; with
    `Accept: text/csv`, or that of XLSX, the rows that were not taken come back with their reasons.
    """
    body, rows = read_sent(ask, raw, EntitySheetBody, ENTITIES.columns)
    paper = body.document_no if body else beside(document_no, "document_no")
    given = Import(rows, ENTITIES, tenancy.within(caller, "party"), mode == "partial")
    answer = ask.answer(lambda read: list_rows(read, caller.actor, given, paper))
    return answered(ask, answer, rows)


@router.post(
    "/imports/allocations",
    **posts(ImportPosted, eyes=True),
    openapi_extra=takes(AllocationSheetBody, CSV, XLSX),
)
def imports_allocations(  # what a file does not say itself
    caller: Annotated[Caller, require("allowances:approve")],
    raw: Sent,
    ask: Asked,
    document_no: _Paper = None,
    province_account: Annotated[AccountId | None, Query()] = None,
    mode: _Mode = "atomic",
) -> Response:
    """Approve a stage for the parties of a table, 500 at most, and allocate; a second person decides.

    A row for each installation with what its formula reads: credit_code, year, stage, and, as needed,
    installation, qe_mwh, qh_gj, peak_factor, emissions_t, intensity, special, asked,
    previous_verified, ground, price_fen_per_t. `dry_run` previews it; with `Accept: text/csv`, or
    that of XLSX, the rows that were not taken come back with their reasons.
    """
    body, rows = read_sent(ask, raw, AllocationSheetBody, ALLOCATIONS.columns)
    frame = EntitlementsBody.model_construct(
        approvals=[],
        document_no=body.document_no if body else beside(document_no, "document_no"),
        province_account=body.province_account if body else province_account,
    )
    paid_by = out_of(ask, caller, frame)
    given = Import(rows, ALLOCATIONS, tenancy.within(caller, "party"), mode == "partial")
    answer = ask.answer(lambda read: approve_rows(read, caller.actor, given, paid_by))
    return answered(ask, answer, rows)


@router.post(
    "/imports/verified-emissions",
    **posts(ImportPosted),
    openapi_extra=takes(EmissionSheetBody, CSV, XLSX),
)
def imports_emissions(
    caller: Annotated[Caller, require("emissions:write")],
    raw: Sent,
    ask: Asked,
    mode: _Mode = "atomic",
) -> Response:
    """Put verified emissions on file, 500 parties at most: duties change by the difference.

    A row for each party and year: credit_code, compliance_year, tco2e, verifier_code, document_no,
    key_id, signature. `dry_run` previews it; with `Accept: text/csv`, or that of XLSX, the rows that
    were not taken come back with their reasons.
    """
    _, rows = read_sent(ask, raw, EmissionSheetBody, EMISSIONS.columns)
    given = Import(rows, EMISSIONS, tenancy.within(caller, "party"), mode == "partial")
    answer = ask.answer(lambda read: verify_rows(read, caller.actor, given))
    return answered(ask, answer, rows)
