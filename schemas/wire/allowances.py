"""Bodies of `/v1/allowances`, `/v1/verified-emissions`, `/v1/surrenders` and `/v1/obligations`."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import AccountId, Amount, DocumentNo, PartyId, Quantity, Year
from schemas.wire.body import Body, Posted, Told

Stage: TypeAlias = Literal["pre", "final", "true_up", "auction", "adjustment"]
_VINTAGES_MAX = 20


class VintageBody(Body):
    """A vintage opened by a document, and units of it for a province."""

    vintage: Year
    document_no: DocumentNo
    province_account: AccountId | None = None
    quantity: Quantity | None = None

    @model_validator(mode="after")
    def _units_for_somebody(self) -> Self:
        if (self.province_account is None) != (self.quantity is None):
            meaning = "province_account and quantity go together"
            raise PydanticCustomError("go_together", "{meaning}", {"meaning": meaning})
        return self


class AllocationBody(Body):
    """Allowances for an emitter; out of the caller's own province account if none is named."""

    account: AccountId
    vintage: Year
    quantity: Quantity
    stage: Stage
    document_no: DocumentNo
    province_account: AccountId | None = None


class EmissionBody(Body):
    """A year's emissions as verified, in t CO2e; a change is the next version."""

    party_id: PartyId
    compliance_year: Year
    tco2e: Amount
    verifier_id: PartyId
    document_no: DocumentNo


class AllowancePart(Body):
    """Allowances of one vintage."""

    vintage: Year
    quantity: Quantity


class SurrenderBody(Body):
    """Allowances to hand in for a compliance year; in part is allowed."""

    account: AccountId
    compliance_year: Year
    allowances: Annotated[list[AllowancePart], Field(min_length=1, max_length=_VINTAGES_MAX)]


class VintagePosted(Posted):
    """A vintage is open."""

    vintage: int
    instrument: str
    unit: str
    province_account: str | None
    quantity: int | None


class VintageTold(Told):
    """A vintage of allowances."""

    vintage: int
    instrument: str
    unit: str


class VintageList(Told):
    """Vintages, oldest first."""

    items: list[VintageTold]
    next_cursor: str | None


class AllocationPosted(Posted):
    """Allowances were allocated, less what was kept back for reductions; `debt_left` is still owed."""

    kept_back: int
    debt_left: int

    allocation_id: str | None
    account: str
    province_account: str
    vintage: int
    instrument: str
    unit: str
    quantity: int
    stage: str
    document_no: str
    compliance_year: int | None = None


class AllocationTold(Told):
    """An allocation as it stands in the book."""

    kept_back: int

    allocation_id: str
    journal_id: str
    at: str
    account: str
    province_account: str
    vintage: int
    instrument: str
    unit: str
    quantity: int
    stage: str
    document_no: str
    compliance_year: int | None = None


class AllocationList(Told):
    """Allocations, oldest first."""

    items: list[AllocationTold]
    next_cursor: str | None


class EmissionPosted(Posted):
    """Emissions were verified, and what is due for the year is as much."""

    party_id: str
    compliance_year: int
    tco2e: int
    unit: str
    version: int
    verifier_id: str
    document_no: str


class EmissionTold(Told):
    """A version of a party's verified emissions."""

    party_id: str
    compliance_year: int
    version: int
    tco2e: int
    unit: str
    verifier_id: str
    document_no: str
    journal_id: str


class EmissionList(Told):
    """Verified emissions, by party, year and version."""

    items: list[EmissionTold]
    next_cursor: str | None


class PartTold(Told):
    """Allowances of one vintage."""

    vintage: int
    quantity: int


class SurrenderPosted(Posted):
    """Allowances were handed in; `due_left` is what the year still asks for."""

    surrender_id: str | None
    account: str
    compliance_year: int
    allowances: list[PartTold]
    surrendered: int
    due_left: int
    unit: str


class SurrenderTold(Told):
    """A surrender as it stands in the book."""

    surrender_id: str
    journal_id: str
    at: str
    account: str
    compliance_year: int
    allowances: list[PartTold]
    surrendered: int
    unit: str
    reversed_by: str | None
    """The journal that took it back."""


class SurrenderList(Told):
    """Surrenders, oldest first."""

    items: list[SurrenderTold]
    next_cursor: str | None


class ObligationTold(Told):
    """Where a party stands for a compliance year; nothing due means complied."""

    party_id: str
    compliance_year: int
    unit: str
    verified: int
    taken_over: int
    surrendered: int
    due: int
    ccer_share: str | None
    ccer_room: int
    deadline: str | None
    status: str
