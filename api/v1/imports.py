"""`/v1/imports`: lists of those under the cap, verified emissions and allocation tables, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.approvals import perform
from api.bodies import Raw, doors, raw_body
from api.documented import posts, takes
from api.idempotency import Ask, Asked
from api.imports.allocations import ALLOCATIONS
from api.imports.answering import answered
from api.imports.deciding import Import, import_rows
from api.imports.emissions import EMISSIONS, find_verifiers
from api.imports.entities import ENTITIES
from api.imports.rows import Columns, Row, sheet_rows
from api.problems import DoorCode, FieldFault, Problem
from api.security import Caller, require
from api.several import document, model_of
from api.sheets.read import CSV, XLSX
from api.v1.allowance_approvals import ENTITLE, out_of
from api.v1.emissions import emission_order
from api.v1.ets_entities import LIST
from schemas.fields import AccountId, DocumentNo
from schemas.wire.body import Body
from schemas.wire.duties import EmissionBody
from schemas.wire.entitlements import (
    EntitiesBody,
    EntitlementBody,
    EntitlementsBody,
    EntityBody,
)
from schemas.wire.imports import (
    AllocationSheetBody,
    EmissionSheetBody,
    EntitySheetBody,
    ImportPosted,
)
from settlement.desk import Decision
from settlement.verifying import verify_many

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from settlement.desk import Reader

router = doors("allowances")
_JSON: Final = "application/json"
_BYTES_MAX: Final = 4 * 1024 * 1024
_S = TypeVar("_S", bound=Body)
_Sheet = Annotated[Raw, raw_body(_JSON, CSV, XLSX, limit=_BYTES_MAX)]
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
    raw: _Sheet,
    ask: Asked,
    document_no: _Paper = None,
    mode: _Mode = "atomic",
) -> Response:
    """Put the parties of a table on a year's list, 500 at most; a second person decides.

    A row for each installation: credit_code, year, sector, listing_reason, and, if wanted, status,
    installation, class, capacity_kw, commissioned_on, closed_on. `dry_run` previews it; with
    `Accept: text/csv`, or that of XLSX, the rows that were not taken come back with their reasons.
    """
    body, rows = _read(ask, raw, EntitySheetBody, ENTITIES.columns)
    paper = body.document_no if body else _needed(document_no)
    given = Import(rows, ENTITIES, tenancy.within(caller, "party"), mode == "partial")

    def together(read: Reader, bodies: Sequence[EntityBody]) -> Decision:
        payload = EntitiesBody.model_construct(entities=list(bodies), document_no=paper)
        return perform(read, caller.actor, LIST, payload)

    return _posted(ask, given, together)


@router.post(
    "/imports/allocations",
    **posts(ImportPosted, eyes=True),
    openapi_extra=takes(AllocationSheetBody, CSV, XLSX),
)
def imports_allocations(  # what a file does not say itself
    caller: Annotated[Caller, require("allowances:approve")],
    raw: _Sheet,
    ask: Asked,
    document_no: _Paper = None,
    province_account: Annotated[AccountId | None, Query()] = None,
    mode: _Mode = "atomic",
) -> Response:
    """Approve a stage for the parties of a table, 500 at most, and allocate; a second person decides.

    A row for each installation with what its formula reads: credit_code, year, stage, and, as needed,
    installation, qe_mwh, qh_gj, peak_factor, emissions_t, intensity, special, asked,
    previous_verified, ground. `dry_run` previews it; with `Accept: text/csv`, or that of XLSX, the
    rows that were not taken come back with their reasons.
    """
    body, rows = _read(ask, raw, AllocationSheetBody, ALLOCATIONS.columns)
    frame = EntitlementsBody.model_construct(
        approvals=[],
        document_no=body.document_no if body else _needed(document_no),
        province_account=body.province_account if body else province_account,
    )
    paid_by = out_of(ask, caller, frame)
    given = Import(rows, ALLOCATIONS, tenancy.within(caller, "party"), mode == "partial")

    def together(read: Reader, bodies: Sequence[EntitlementBody]) -> Decision:
        payload = paid_by.model_copy(update={"approvals": list(bodies)})
        return perform(read, caller.actor, ENTITLE, payload)

    return _posted(ask, given, together)


@router.post(
    "/imports/verified-emissions",
    **posts(ImportPosted),
    openapi_extra=takes(EmissionSheetBody, CSV, XLSX),
)
def imports_emissions(
    caller: Annotated[Caller, require("emissions:write")],
    raw: _Sheet,
    ask: Asked,
    mode: _Mode = "atomic",
) -> Response:
    """Put verified emissions on file, 500 parties at most: duties change by the difference.

    A row for each party and year: credit_code, compliance_year, tco2e, verifier_code, document_no,
    key_id, signature. `dry_run` previews it; with `Accept: text/csv`, or that of XLSX, the rows that
    were not taken come back with their reasons.
    """
    _, rows = _read(ask, raw, EmissionSheetBody, EMISSIONS.columns)
    sees = tenancy.within(caller, "party")
    given = Import(rows, EMISSIONS, sees, mode == "partial", find_verifiers)

    def together(read: Reader, bodies: Sequence[EmissionBody]) -> Decision:
        decision = verify_many(read, caller.actor, [emission_order(body) for body in bodies])
        return Decision(decision.acts, decision.expect)

    return _posted(ask, given, together)


def _read(
    ask: Ask, raw: Raw, model: type[_S], columns: Columns
) -> tuple[_S | None, tuple[Row, ...]]:
    """Read rows out of a file, or out of a body, which says more than its rows."""
    if raw.media_type != _JSON:
        return None, sheet_rows(raw.content, raw.media_type, columns)
    body = model_of(ask, model, document(raw.content, _BYTES_MAX))
    told: list[dict[str, Any]] = body.model_dump(by_alias=True, exclude_none=True)["rows"]
    return body, tuple(Row(n, row) for n, row in enumerate(told, 1))


def _needed(document_no: str | None) -> str:
    if document_no is None:
        raise Problem(DoorCode.VALIDATION_FAILED, [FieldFault("?document_no", "missing", "")])
    return document_no


def _posted(
    ask: Ask, given: Import[Any], together: Callable[[Reader, Sequence[Any]], Decision]
) -> Response:
    answer = ask.answer(
        lambda read: import_rows(read, given, lambda bodies: together(read, bodies))
    )
    return answered(ask, answer, given.rows)
