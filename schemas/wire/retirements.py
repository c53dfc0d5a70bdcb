"""Bodies of `/v1/retirements`."""

from typing import Literal, TypeAlias

from schemas.fields import AccountId, CreditCode, Name, NoteText, Quantity, Year
from schemas.wire.body import Body, Posted, Told
from schemas.wire.selection import CodedTold, Select

Purpose: TypeAlias = Literal[
    "green_power_claim", "rps", "fossil_budget", "minimum_share", "voluntary"
]


class Beneficiary(Body):
    """For whom certificates are used up."""

    credit_code: CreditCode
    name: Name


class RetirementBody(Body):
    """Certificates to use up, for whom, for what, and about which year of consumption."""

    account: AccountId
    quantity: Quantity
    select: Select = Select()
    beneficiary: Beneficiary
    purpose: Purpose
    consumption_year: Year
    public: bool = False
    note: NoteText | None = None


class BeneficiaryTold(Told):
    """For whom certificates were used up."""

    credit_code: str
    name: str


class RetirementPosted(Posted):
    """Certificates were used up; this is final."""

    retirement_id: str
    statement_no: str
    account: str
    quantity: int
    unit: str
    consumption_year: int
    purpose: str
    serials: list[CodedTold]


class RetirementTold(Told):
    """A retirement."""

    retirement_id: str
    statement_no: str
    account: str
    party_id: str
    beneficiary: BeneficiaryTold
    purpose: str
    consumption_year: int
    quantity: int
    unit: str
    public: bool
    note: str
    at: str
    journal_id: str
    reversed_by: str | None
    """The journal that took it back, by a regulator's decision."""


class RetirementDetail(RetirementTold):
    """A retirement, with the serials it used up."""

    serials: list[CodedTold]


class RetirementList(Told):
    """Retirements, by id."""

    items: list[RetirementTold]
    next_cursor: str | None
