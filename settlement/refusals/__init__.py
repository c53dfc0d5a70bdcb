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
from settlement.refusals.registers import (
    AccountKept,
    AgentAccountNeeded,
    OpeningEnergyShort,
    OpeningNotTiled,
    OpeningOverlaps,
    PartyUnknown,
)

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
    "ChallengeExpired",
    "ChallengeUnfit",
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
    "RecorderMayNotIssue",
    "ReductionBarred",
    "RetirementUnknown",
    "RetirementUsedAlready",
    "ReturnWithoutProvince",
    "SuccessionUnitsHeld",
    "TradedAboveOfftake",
]
