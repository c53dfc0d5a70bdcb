"""Why what a year gives an emitter is not listed, approved, allocated or given back as asked."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class EntityNotListed(Refusal):
    """The party is not on the list of those under the cap in the year (重点排放单位名录)."""

    code = "entity_not_listed"
    party: str
    year: int


@dataclass(eq=False)
class StageApprovedAlready(Refusal):
    """The stage of the year was approved for the party before, or is asked twice; an adjustment corrects."""

    code = "stage_approved_already"
    party: str
    stage: str


@dataclass(eq=False)
class StageOutOfOrder(Refusal):
    """The stage cannot follow what was approved: no pre-allocation after approval, no adjustment before."""

    code = "stage_out_of_order"
    party: str
    stage: str


@dataclass(eq=False)
class AllocationAboveFormula(Refusal):
    """More is asked than the formula gives, in t CO2e."""

    code = "allocation_above_formula"
    party: str
    asked: int
    formula: int


@dataclass(eq=False)
class AllocationAboveApproved(Refusal):
    """More would be allocated than is approved and not allocated yet, in t CO2e."""

    code = "allocation_above_approved"
    account: str
    asked: int
    quota: int


@dataclass(eq=False)
class StageNotApproved(Refusal):
    """The year of the party has no approval of the stage that an allocation names."""

    code = "stage_not_approved"
    party: str
    stage: str


@dataclass(eq=False)
class ApprovalBeforeVerification(Refusal):
    """No emissions are verified that the stage is worked out from."""

    code = "approval_before_verification"
    party: str
    compliance_year: int


@dataclass(eq=False)
class FormulaInputMissing(Refusal):
    """A figure of an installation is missing that the formula needs; `entity` stands for the whole party."""

    code = "formula_input_missing"
    party: str
    installation: str
    figure: str


@dataclass(eq=False)
class BalanceValueMissing(Refusal):
    """The sector's balance value of the year (平衡值) is not entered."""

    code = "balance_value_missing"
    sector: str
    year: int


@dataclass(eq=False)
class AllocationAccountMissing(Refusal):
    """The party has no account that the allowances could come to, or lie in custody on."""

    code = "allocation_account_missing"
    party: str
    account_class: str


@dataclass(eq=False)
class FraudCutOutOfRange(Refusal):
    """The share cut for fraud is outside the law's range. 国令第775号 Art. 22."""

    code = "fraud_cut_out_of_range"
    share: str
    least: str
    most: str


@dataclass(eq=False)
class ReturnAboveAllocated(Refusal):
    """More would be returned than was allocated of the vintage and not returned yet, in t CO2e."""

    code = "return_above_allocated"
    account: str
    asked: int
    allocated: int


@dataclass(eq=False)
class ReleaseBelowDue(Refusal):
    """A release would leave less in custody than the emitter has yet to surrender, in t CO2e."""

    code = "release_below_due"
    account: str
    left: int
    due: int


@dataclass(eq=False)
class RoleConflict(Refusal):
    """Who oversees, registers, trades for or verifies emitters may not be one, or act for one.

    国令第775号 Art. 7, 20.
    """

    code = "role_conflict"
    party: str
