"""Every reason settlement says no. Codes are public promises: once published, never reused."""

from dataclasses import dataclass

from ledger.refusals import Refusal

# Duties: who vouches for them.


@dataclass(eq=False)
class NotAVerifier(Refusal):
    """The party named as verifier is not registered as one."""

    code = "verifier_unfit"
    verifier: str


# Allowances: custody, returns, reductions, succession.


@dataclass(eq=False)
class NotInCustodyFor(Refusal):
    """The allowances in custody are kept for another emitter than the account's."""

    code = "not_in_custody_for"
    account: str


@dataclass(eq=False)
class ReturnWithoutProvince(Refusal):
    """No province allocated this vintage to the account; name the province's account."""

    code = "return_without_province"
    account: str


@dataclass(eq=False)
class ReductionBarred(Refusal):
    """Reductions for non-surrender are not decided any more. 国令第775号 as amended by 国令第843号."""

    code = "reduction_barred"
    cause: str
    day: str


@dataclass(eq=False)
class NothingToPass(Refusal):
    """The party holds and owes nothing of the sort that passes to a successor."""

    code = "nothing_to_pass"
    party: str


@dataclass(eq=False)
class SuccessionUnitsHeld(Refusal):
    """Units of the party are held or frozen; end the holds first, or name the parts that pass."""

    code = "succession_units_held"
    account: str
    instrument: str
    held: int


# Corrections: what is objected to, what is withdrawn, and who checks what was recorded by hand.


@dataclass(eq=False)
class NotObjectionable(Refusal):
    """The act is neither an issuance nor a transfer of certificates."""

    code = "not_objectionable"
    journal: str


@dataclass(eq=False)
class NotPartOfAct(Refusal):
    """The party neither gave nor received anything in the act, by itself or by an agent."""

    code = "not_part_of_act"
    journal: str


@dataclass(eq=False)
class NotOverIssued(Refusal):
    """More certificates are to be withdrawn as over-issued than the plant's debt stands for."""

    code = "not_over_issued"
    asked: int | None
    most: int


@dataclass(eq=False)
class RecorderMayNotIssue(Refusal):
    """Who recorded a reading that no grid and no exchange sent asks to issue for it."""

    code = "recorder_may_not_issue"
    reading: str


# Fossil budgets: what a unit reports, and what may be taken off.


@dataclass(eq=False)
class FuelUnknown(Refusal):
    """No standard-coal factor is in force for a fuel of this name in the budget year."""

    code = "fuel_unknown"
    fuel: str
    year: int


@dataclass(eq=False)
class FuelQuantityInvalid(Refusal):
    """A fuel quantity is not between zero and 10 billion t or m³, in at most 3 decimals."""

    code = "fuel_quantity_invalid"
    fuel: str
    field: str
    quantity: str


@dataclass(eq=False)
class HeatValueInvalid(Refusal):
    """A measured heat value is not above zero and at most 200,000 kJ per kg or m³."""

    code = "heat_value_invalid"
    fuel: str
    heat_value_kj_per_unit: str


@dataclass(eq=False)
class FeedstockAboveUse(Refusal):
    """More of a fuel is claimed as feedstock than was bought or taken from stock, and not sold."""

    code = "feedstock_above_use"
    fuel: str
    feedstock: str
    available: str


@dataclass(eq=False)
class FossilDirectBelowZero(Refusal):
    """The fuels sold, stored and used as feedstock hold more energy than those that came in."""

    code = "fossil_direct_below_zero"
    direct_gce: str


@dataclass(eq=False)
class EnergyQuantityInvalid(Refusal):
    """A quantity of electricity or heat is below zero, too fine, or beyond any unit's year."""

    code = "energy_quantity_invalid"
    field: str
    quantity: str


@dataclass(eq=False)
class FossilShareInvalid(Refusal):
    """The fossil share of purchased heat is not between 0 and 1, in at most 9 decimals."""

    code = "fossil_share_invalid"
    fossil_share: str


@dataclass(eq=False)
class ApportionmentFactorInvalid(Refusal):
    """The apportionment factor k is not at least 0 and below 1, in at most 9 decimals."""

    code = "apportionment_factor_invalid"
    k: str


@dataclass(eq=False)
class TradedAboveOfftake(Refusal):
    """More traded green power is claimed than was taken from the grid. Guide 622 of 2026, 7."""

    code = "traded_above_offtake"
    grid_offtake_kwh: int
    traded_kwh: int


# Fossil budgets: what is on file, and what was done with it already.


@dataclass(eq=False)
class PartyUnknown(Refusal):
    """No such party, or it is not the caller's to see."""

    code = "party_unknown"
    party: str


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


# Accounts and agents, and what comes in at cut-over.


@dataclass(eq=False)
class AgentAccountNeeded(Refusal):
    """Mandates are given on accounts that an agent holds on an owner's behalf, and on no other."""

    code = "agent_account_needed"
    account: str


@dataclass(eq=False)
class AccountKept(Refusal):
    """The registry opens accounts of this class itself when they are needed, and keeps them."""

    code = "account_kept_by_registry"
    account: str
    account_class: str


@dataclass(eq=False)
class OpeningNotTiled(Refusal):
    """The pieces of a lot do not add up to its size."""

    code = "opening_not_tiled"
    origin_lot: str
    size: int
    pieces_sum: int


@dataclass(eq=False)
class OpeningOverlaps(Refusal):
    """The plant's month has a reading or a lot already, or is brought in twice at once."""

    code = "opening_overlaps"
    plant: str
    month: str
    category: str


@dataclass(eq=False)
class OpeningEnergyShort(Refusal):
    """A lot is larger than the energy it is brought in with."""

    code = "opening_energy_short"
    origin_lot: str
    energy_kwh: int
    needed_kwh: int


# Keys that sign: what shows that one is held.


@dataclass(eq=False)
class PublicKeyRefused(Refusal):
    """The bytes are no sound Ed25519 key: not canonical, off the curve, or of low order."""

    code = "public_key_refused"


@dataclass(eq=False)
class ChallengeExpired(Refusal):
    """The challenge was to be answered earlier."""

    code = "challenge_expired"
    expired_at: str


@dataclass(eq=False)
class ChallengeUnfit(Refusal):
    """The challenge was given for another purpose than the key that is to give way."""

    code = "challenge_unfit"
    purpose: str
    needed: str


@dataclass(eq=False)
class ProofWrong(Refusal):
    """The proof is not the key's signature of the challenge's statement."""

    code = "proof_wrong"
