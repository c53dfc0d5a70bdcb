"""Bodies of `/v1/imports`: tables about parties under the cap, cell by cell as a file has them."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.fields import AccountId, CreditCode, DocumentNo
from schemas.wire.body import Body, Posted
from schemas.wire.energy_reports import Cell, RowRefused

ROWS_MAX = 20_000


class EntitySheetRow(Body):
    """An installation of a party on a year's list, or the party alone."""

    credit_code: CreditCode
    year: Cell
    sector: Cell
    listing_reason: Cell
    status: Cell | None = None
    installation: Cell | None = None
    class_: Annotated[Cell | None, Field(alias="class")] = None
    capacity_kw: Cell | None = None
    commissioned_on: Cell | None = None
    closed_on: Cell | None = None


class EntitySheetBody(Body):
    """A list of those under the cap, or a part of one, as its document has it."""

    document_no: DocumentNo
    rows: Annotated[list[EntitySheetRow], Field(min_length=1, max_length=ROWS_MAX)]


class EmissionSheetRow(Body):
    """A party's verified emissions of a year, in t CO2e, and who verified and signed them."""

    credit_code: CreditCode
    compliance_year: Cell
    tco2e: Cell
    verifier_code: CreditCode
    document_no: Cell
    key_id: Cell | None = None
    signature: Cell | None = None


class EmissionSheetBody(Body):
    """Verified emissions of many parties."""

    rows: Annotated[list[EmissionSheetRow], Field(min_length=1, max_length=ROWS_MAX)]


class AllocationSheetRow(Body):
    """An installation's figures for a stage of a party's year, or the party alone."""

    credit_code: CreditCode
    year: Cell
    stage: Cell
    installation: Cell | None = None
    qe_mwh: Cell | None = None
    qh_gj: Cell | None = None
    peak_factor: Cell | None = None
    emissions_t: Cell | None = None
    intensity: Cell | None = None
    special: Cell | None = None
    asked: Cell | None = None
    previous_verified: Cell | None = None
    ground: Cell | None = None
    price_fen_per_t: Cell | None = None


class AllocationSheetBody(Body):
    """An allocation table, as its document has it."""

    document_no: DocumentNo
    province_account: AccountId | None = None
    rows: Annotated[list[AllocationSheetRow], Field(min_length=1, max_length=ROWS_MAX)]


class ImportPosted(Posted):
    """How many parties were taken, and the rows that were not."""

    parties: int
    mode: Literal["atomic", "partial"]
    refused: list[RowRefused]
    refused_more: int
