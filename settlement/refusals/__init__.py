"""Every reason settlement says no. Codes are public promises: once published, never reused."""

from settlement.refusals.allowances import (
    NotAVerifier,
    NothingToPass,
    NotInCustodyFor,
    ReductionBarred,
    ReturnWithoutProvince,
    SuccessionUnitsHeld,
)
from settlement.refusals.budgets import (
    BudgetClosed,
    BudgetUnknown,
    ConfirmationAboveOfftake,
    ConsumptionMissing,
    EvidenceUnknown,
    FactorMissing,
    RetirementUnknown,
    RetirementUsedAlready,
)
from settlement.refusals.caps import (
    CapApportionedAlready,
    CapBelowRecognised,
    CapFirstCome,
    CapNotApportioned,
)
from settlement.refusals.ccer import CcerEnergyNotFree, CcerMethodNotAllowed, CcerProjectUnknown
from settlement.refusals.corrections import (
    NotObjectionable,
    NotOverIssued,
    NotPartOfAct,
    RecorderMayNotIssue,
)
from settlement.refusals.energy import (
    ApportionmentFactorInvalid,
    EnergyQuantityInvalid,
    FeedstockAboveUse,
    FossilDirectBelowZero,
    FossilShareInvalid,
    FuelQuantityInvalid,
    FuelUnknown,
    HeatValueInvalid,
    TradedAboveOfftake,
)
from settlement.refusals.keys import (
    ChallengeExpired,
    ChallengeUnfit,
    ProofWrong,
    PublicKeyRefused,
)
from settlement.refusals.metrics import MetricsNotShared, MetricYearMismatch, PurposeNotForMetric
from settlement.refusals.registers import (
    AccountKept,
    AgentAccountNeeded,
    OpeningEnergyShort,
    OpeningNotTiled,
    OpeningOverlaps,
    PartyUnknown,
)
from settlement.refusals.reports import ReportRowsRefused

__all__ = [
    "AccountKept",
    "AgentAccountNeeded",
    "ApportionmentFactorInvalid",
    "BudgetClosed",
    "BudgetUnknown",
    "CapApportionedAlready",
    "CapBelowRecognised",
    "CapFirstCome",
    "CapNotApportioned",
    "CcerEnergyNotFree",
    "CcerMethodNotAllowed",
    "CcerProjectUnknown",
    "ChallengeExpired",
    "ChallengeUnfit",
    "ConfirmationAboveOfftake",
    "ConsumptionMissing",
    "EnergyQuantityInvalid",
    "EvidenceUnknown",
    "FactorMissing",
    "FeedstockAboveUse",
    "FossilDirectBelowZero",
    "FossilShareInvalid",
    "FuelQuantityInvalid",
    "FuelUnknown",
    "HeatValueInvalid",
    "MetricYearMismatch",
    "MetricsNotShared",
    "NotAVerifier",
    "NotInCustodyFor",
    "NotObjectionable",
    "NotOverIssued",
    "NotPartOfAct",
    "NothingToPass",
    "OpeningEnergyShort",
    "OpeningNotTiled",
    "OpeningOverlaps",
    "PartyUnknown",
    "ProofWrong",
    "PublicKeyRefused",
    "PurposeNotForMetric",
    "RecorderMayNotIssue",
    "ReductionBarred",
    "ReportRowsRefused",
    "RetirementUnknown",
    "RetirementUsedAlready",
    "ReturnWithoutProvince",
    "SuccessionUnitsHeld",
    "TradedAboveOfftake",
]
