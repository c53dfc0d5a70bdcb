"""Why fossil budgets say no: what is on file, and what was done with it already."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class BudgetUnknown(Refusal):
    """No such fossil budget, or it is not the caller's to see."""

    code = "budget_unknown"
    budget: str


@dataclass(eq=False)
class BudgetClosed(Refusal):
    """The budget's year is closed: nothing of it changes any more."""

    code = "budget_closed"
    budget: str


@dataclass(eq=False)
class BudgetNotClosed(Refusal):
    """The budget's year is open, so there is nothing to reopen."""

    code = "budget_not_closed"
    budget: str


@dataclass(eq=False)
class ReopeningNotYours(Refusal):
    """The rulebook of the budget year lets others open a closed year again."""

    code = "reopening_not_yours"
    budget: str
    allowed: list[str]


@dataclass(eq=False)
class ClosedApart(Refusal):
    """The budget cannot be closed in this group: a cap is shared, or too much green power retired."""

    code = "closed_apart"
    budget: str


@dataclass(eq=False)
class FactorMissing(Refusal):
    """The regulator has not set this figure for the unit's province and the budget year."""

    code = "factor_missing"
    factor: str
    province: str | None
    year: int


@dataclass(eq=False)
class ConsumptionMissing(Refusal):
    """No consumption is reported for this budget yet, so there is nothing to offset or to close."""

    code = "consumption_missing"
    budget: str


@dataclass(eq=False)
class ConfirmationAboveOfftake(Refusal):
    """More traded energy is confirmed than the unit reports to have taken from the grid."""

    code = "confirmation_above_offtake"
    grid_offtake_kwh: int
    traded_kwh: int


@dataclass(eq=False)
class TradedUnconfirmed(Refusal):
    """The unit reports energy traded outside this ledger that nobody else confirmed all of."""

    code = "traded_unconfirmed"
    budget: str
    other_traded_kwh: int
    confirmed_kwh: int


@dataclass(eq=False)
class GreenPowerFrozen(Refusal):
    """The account is frozen that holds the green power which the year's closing would retire."""

    code = "green_power_frozen"
    budget: str
    account: str
    certificates: int


@dataclass(eq=False)
class EvidenceUnknown(Refusal):
    """A document named as evidence is not on file for the unit or for who reports."""

    code = "evidence_unknown"
    document: str


@dataclass(eq=False)
class RetirementUnknown(Refusal):
    """No such retirement by the unit or for it."""

    code = "retirement_unknown"
    retirement: str


@dataclass(eq=False)
class RetirementUsedAlready(Refusal):
    """The retirement serves this metric already; it may serve one metric once."""

    code = "retirement_used_already"
    retirement: str
    metric: str
    budget: str | None
    journal: str


@dataclass(eq=False)
class SectorUnknown(Refusal):
    """The rulebook of the year knows no such sector, or no such trait of units."""

    code = "sector_unknown"
    word: str
    known: list[str]


@dataclass(eq=False)
class ShareOutOfRange(Refusal):
    """A share is a part of a whole: from 0 to 1."""

    code = "share_out_of_range"
    share: str
