"""Bodies of `/v1/verified-emissions`, `/v1/surrenders`, `/v1/obligations` and `/v1/ccer/imports`."""

from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import (
    AccountId,
    Amount,
    Day,
    DocumentId,
    DocumentNo,
    PartyId,
    Quantity,
    Reference,
    SigningKeyId,
    Year,
)
from schemas.wire.body import Body, Posted, Told
from schemas.wire.fossil_budgets import OpenPointTold
from schemas.wire.keys import Hex64

_PARTS_MAX = 20  # with what they discharge they fit the postings of one journal
_DOCUMENTS_MAX = 20
_TOGETHER = "key_id, signature"


class EmissionBody(Body):
    """A year's emissions as verified, in t CO2e; a change is the next version.

    `signature` is the verifier's, by its Ed25519 key `key_id`, over the text that `docs/duties.md`
    tells; from compliance year 2025 on it must be there.
    """

    party_id: PartyId
    compliance_year: Year
    tco2e: Amount
    verifier_id: PartyId
    document_no: DocumentNo
    key_id: SigningKeyId | None = None
    signature: Hex64 | None = None

    @model_validator(mode="after")
    def _signed_by_a_key(self) -> Self:
        if (self.key_id is None) != (self.signature is None):
            meaning = "key_id and signature go together"
            raise PydanticCustomError(
                "go_together", "{meaning}", {"meaning": meaning, "expected": _TOGETHER}
            )
        return self


class AllowancePart(Body):
    """Allowances of one vintage."""

    vintage: Year
    quantity: Quantity


class ReductionPart(Body):
    """Certified reductions of one project, of the oldest import that the year takes."""

    project: Reference
    quantity: Quantity


class SurrenderBody(Body):
    """Allowances, and reductions, to hand in for a compliance year; in part is allowed.

    `on_behalf_of` is the party whose duty is met where it is another's; the province decides then.
    """

    account: AccountId
    compliance_year: Year
    ccer: Annotated[list[ReductionPart], Field(min_length=1, max_length=_PARTS_MAX)] | None = None
    allowances: Annotated[list[AllowancePart], Field(max_length=_PARTS_MAX)]
    on_behalf_of: PartyId | None = None

    @field_validator("allowances")
    @classmethod
    def _something(cls, given: list[AllowancePart], info: ValidationInfo) -> list[AllowancePart]:
        if not given and not info.data.get("ccer"):
            meaning = "allowances, or reductions, or both"
            raise PydanticCustomError("too_short", "{meaning}", {"meaning": meaning})
        return given


class ImportBody(Body):
    """Reductions cancelled in the CCER registry, to be surrendered from here; evidence on file."""

    account: AccountId
    project: Reference
    registered_on: Day
    inside_ets: bool
    quantity: Quantity
    cancellation_no: Reference
    document_no: DocumentNo
    document_ids: Annotated[list[DocumentId], Field(min_length=1, max_length=_DOCUMENTS_MAX)]


class EmissionPosted(Posted):
    """Emissions were verified, and what is due for the year is as much."""

    party_id: str
    compliance_year: int
    tco2e: int
    unit: str
    version: int
    verifier_id: str
    document_no: str
    key_id: str | None
    signature: str | None


class EmissionTold(Told):
    """A version of a party's verified emissions, and who signed it."""

    party_id: str
    compliance_year: int
    version: int
    tco2e: int
    unit: str
    verifier_id: str
    document_no: str
    key_id: str | None
    signature: str | None
    journal_id: str


class EmissionList(Told):
    """Verified emissions, by party, year and version."""

    items: list[EmissionTold]
    next_cursor: str | None


class PartTold(Told):
    """Allowances of one vintage."""

    vintage: int
    quantity: int


class ReductionTold(Told):
    """Certified reductions of one import."""

    instrument: str
    quantity: int


class SurrenderPosted(Posted):
    """Units were handed in; `due_left` is what the year still asks for."""

    surrender_id: str | None
    account: str
    compliance_year: int
    allowances: list[PartTold]
    ccer: list[ReductionTold]
    on_behalf_of: str | None
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
    ccer: list[ReductionTold]
    on_behalf_of: str | None
    surrendered: int
    unit: str
    reversed_by: str | None
    """The journal that took it back."""


class SurrenderList(Told):
    """Surrenders, oldest first."""

    items: list[SurrenderTold]
    next_cursor: str | None


class StageTold(Told):
    """What one stage of a penalty may come to; null where no price is on file."""

    stage: int
    what: str
    least_fen: int | None
    most_fen: int | None


class PenaltyTold(Told):
    """What the law lets be asked of a party that is short after its deadline. Told, never posted."""

    regime: str
    shortfall: int
    price_month: str
    price_fen_per_t: str | None
    price_missing: bool
    stages: list[StageTold]
    deduction: int


class ObligationTold(Told):
    """Where a party stood for a compliance year at the end of a day; nothing due means complied."""

    party_id: str
    compliance_year: int
    day: str
    provisional: bool
    """The day is not over: later acts of it count."""
    unit: str
    version: int
    verified: int
    taken_over: int
    surrendered: int
    surrendered_ccer: int
    due: int
    ccer_share: str | None
    ccer_room: int
    sector: str | None
    verify_by: str | None
    deadline: str | None
    status: str
    standing: str | None
    days_late: int
    penalty: PenaltyTold | None
    open_points: list[OpenPointTold]


class CertificateTold(Told):
    """What was verified and handed in for a year, and that nothing was due at the end of a day."""

    registry: str
    party_id: str
    credit_code: str
    name: str
    compliance_year: int
    day: str
    provisional: bool
    unit: str
    version: int
    verified: int
    taken_over: int
    surrendered: int
    surrendered_ccer: int
    deadline: str | None
    standing: str
    days_late: int
    rules_digest: str
    journal_ids: list[str]
    open_points: list[OpenPointTold]


class ImportPosted(Posted):
    """Reductions came in."""

    import_id: str | None
    account: str
    instrument: str
    unit: str
    project: str
    registered_on: str
    inside_ets: bool
    quantity: int
    cancellation_no: str
    document_no: str
    document_ids: list[str]


class ImportTold(Told):
    """Reductions that came in; `instrument` is what is held of them."""

    import_id: str
    journal_id: str
    account: str
    party_id: str
    instrument: str
    unit: str
    project: str
    registered_on: str
    inside_ets: bool
    quantity: int
    cancellation_no: str
    document_no: str


class ImportList(Told):
    """Imports of reductions, in the order they came in."""

    items: list[ImportTold]
    next_cursor: str | None
