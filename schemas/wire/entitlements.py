"""Bodies of `/v1/ets-entities`, `/v1/allowances/approvals` and `/v1/allowances/holdings`."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from schemas.fields import (
    AccountId,
    Amount,
    Day,
    Decimal6,
    Decimal9,
    DocumentNo,
    NoteText,
    PartyId,
    Quantity,
    Word,
    Year,
)
from schemas.wire.body import Body, Posted, Told
from schemas.wire.fossil_budgets import OpenPointTold

EtsSector: TypeAlias = Literal["power", "steel", "cement", "aluminium"]
EtsStatus: TypeAlias = Literal["listed", "removed"]
ApprovalStage: TypeAlias = Literal["pre", "final", "adjustment", "auction"]
_TOGETHER_MAX = 500
_INSTALLATIONS_MAX = 40


class InstallationBody(Body):
    """One unit of production; `class` names its benchmark, as in `cea.benchmark.power_to_300mw`."""

    code: Word
    class_: Annotated[Word, Field(alias="class")]
    capacity_kw: Quantity | None = None
    commissioned_on: Day | None = None
    closed_on: Day | None = None


class EntityBody(Body):
    """A party put on the list of a year, or taken off it; the next version of what was said before."""

    party_id: PartyId
    year: Year
    status: EtsStatus = "listed"
    sector: EtsSector
    reason: NoteText
    installations: (
        Annotated[list[InstallationBody], Field(max_length=_INSTALLATIONS_MAX)] | None
    ) = None


class EntitiesBody(Body):
    """A list of those under the cap, or part of one, as published by the document."""

    entities: Annotated[list[EntityBody], Field(min_length=1, max_length=_TOGETHER_MAX)]
    document_no: DocumentNo


class UnitBody(Body):
    """A year of one installation: what its sector's formula reads, and no more.

    Power: MWh supplied, GJ of heat, a peak factor with its document. Others: t CO2e, t CO2 per t of product.
    """

    code: Word
    qe_mwh: Decimal6 | None = None
    qh_gj: Decimal6 | None = None
    peak_factor: Decimal9 | None = None
    emissions_t: Decimal6 | None = None
    intensity: Decimal9 | None = None
    special: Word | None = None


class EntitlementBody(Body):
    """A stage of an entity's year to approve; it is worked out from the installations' figures.

    `asked` is less than the formula gives, or what the document gives where no formula does;
    `previous_verified` the year before's verified emissions where none are on file here. With a
    `ground` the allowances are kept in the province's custody; `fraud_cut` is the share cut for fraud.
    `price_fen_per_t` is what an auction was settled at, in fen per t CO2e.
    """

    party_id: PartyId
    year: Year
    stage: ApprovalStage
    installations: Annotated[list[UnitBody], Field(max_length=_INSTALLATIONS_MAX)] | None = None
    asked: Amount | None = None
    previous_verified: Decimal6 | None = None
    ground: NoteText | None = None
    fraud_cut: Decimal9 | None = None
    price_fen_per_t: Amount | None = None

    @field_validator("price_fen_per_t")
    @classmethod
    def _of_an_auction(cls, given: int | None, info: ValidationInfo) -> int | None:
        if given is not None and info.data.get("stage", "auction") != "auction":
            meaning = "allowances have a price where they are auctioned"
            raise PydanticCustomError("price_without_auction", "{meaning}", {"meaning": meaning})
        return given


class EntitlementsBody(Body):
    """Stages to approve together, each party once; what is approved is allocated out of a province's account.

    Without an account named, out of the caller's own if it is a province; `allocate` false leaves it to be
    allocated later.
    """

    approvals: Annotated[list[EntitlementBody], Field(min_length=1, max_length=_TOGETHER_MAX)]
    document_no: DocumentNo
    province_account: AccountId | None = None
    allocate: bool = True


class EntityListed(Told):
    """A party as one version of a year's list has it."""

    party_id: str
    year: int
    version: int
    status: EtsStatus
    sector: EtsSector


class EntitiesPosted(Posted):
    """The list of those under the cap changed."""

    entities: list[EntityListed]


class EntityRow(EntityListed):
    """A party on the list, or taken off it, and by which act."""

    reason: str
    document_no: str
    journal_id: str


class EntityList(Told):
    """Who is, or was, on the lists: the latest version of each party and year."""

    items: list[EntityRow]
    next_cursor: str | None


class InstallationTold(Told):
    """One unit of production."""

    code: str
    class_: Annotated[str, Field(alias="class")]
    capacity_kw: int | None
    commissioned_on: str | None
    closed_on: str | None


class EntityTold(EntityRow):
    """A party on the list of a year; below the threshold for so many years that it may be taken off it."""

    installations: list[InstallationTold]
    years_below_threshold: int
    may_be_removed: bool


class EntitledTold(Told):
    """What one approval gave, took back and allocated, in t CO2e; `quantity` is the whole of the year."""

    party_id: str
    year: int
    n: int
    stage: ApprovalStage
    formula: str
    quantity: int
    change: int
    returned: int
    cut: int
    allocated: int
    kept_back: int


class EntitlementsPosted(Posted):
    """Stages were approved."""

    approvals: list[EntitledTold]


class FigureTold(Told):
    """A figure, exactly."""

    name: str
    value: str


class WorkedTold(Told):
    """An installation as it was worked out; `entity` stands for the whole party."""

    code: str
    class_: Annotated[str, Field(alias="class")]
    figures: list[FigureTold]
    parts: list[FigureTold]


class StepTold(Told):
    """A step of the working, in t CO2e."""

    name: str
    quantity: int


class EntitlementRow(Told):
    """One approval: which stage, how it was worked out, and by which act."""

    party_id: str
    year: int
    n: int
    stage: ApprovalStage
    formula: str
    quantity: int
    change: int
    unit: str
    verified_version: int | None
    ground: str | None
    inputs: list[WorkedTold]
    steps: list[StepTold]
    document_no: str
    journal_id: str


class EntitlementList(Told):
    """Approvals by party, year and number."""

    items: list[EntitlementRow]
    next_cursor: str | None


class QuotaTold(Told):
    """A year in t CO2e: approved, allocated less returned, of it kept back, and what is left to allocate."""

    approved: int
    allocated: int
    kept: int
    left: int


class EntitlementTold(Told):
    """What a year gives a party: every approval, where it stands, and the law that is open."""

    party_id: str
    year: int
    unit: str
    quota: QuotaTold
    approvals: list[EntitlementRow]
    open_points: list[OpenPointTold]


class HoldingTold(Told):
    """Allowances of a vintage by where they lie: for handing in, for trade, frozen, waiting, in custody."""

    vintage: int
    registry: int
    trading: int
    judicial: int
    pending: int
    custody: int


class HoldingsTold(Told):
    """A party's allowances by vintage, and what it would have to add to what it has to meet its duties."""

    party_id: str
    unit: str
    items: list[HoldingTold]
    debt: int
    due: int
    to_add: int
