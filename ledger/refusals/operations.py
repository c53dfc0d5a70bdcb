"""Assignments, freezes, mandates, corrections: what they must bring, and when it is too late."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.refusals.refusal import Refusal


@dataclass(eq=False)
class DocumentMissing(Refusal):
    """The act rests on a decision, and no document number is given."""

    code = "document_missing"
    kind: str


@dataclass(eq=False)
class EvidenceMissing(Refusal):
    """The act does not bring the evidence its kind rests on. 绿证管理实施细则(试行) Art. 23 to 26."""

    code = "evidence_missing"
    kind: str
    field: str


@dataclass(eq=False)
class PriceNotAllowed(Refusal):
    """Units that move by rule have no price."""

    code = "price_not_allowed"
    kind: str


@dataclass(eq=False)
class NotAssignable(Refusal):
    """The certificates are not of the sort that this assignment is made for."""

    code = "not_assignable"
    lot: str
    assignment: str


@dataclass(eq=False)
class SettledEnergyShort(Refusal):
    """More certificates are asked for than the settled energy stands for."""

    code = "settled_energy_short"
    asked: int
    settled_kwh: int


@dataclass(eq=False)
class GreenPowerNotResold(Refusal):
    """Certificates that came with green power are not sold again. 绿证管理实施细则(试行) Art. 23."""

    code = "green_power_not_resold"
    lot: str


@dataclass(eq=False)
class UnitsFrozen(Refusal):
    """The units are frozen by decision; only a decision lets them go."""

    code = "units_frozen"
    hold: str


@dataclass(eq=False)
class MandateMissing(Refusal):
    """No mandate of the owner in force lets the agent do this."""

    code = "mandate_missing"
    account: str
    scope: str
    day: str


@dataclass(eq=False)
class MandateEnded(Refusal):
    """There is no such mandate of this account, or it is ended."""

    code = "mandate_ended"
    mandate: str


@dataclass(eq=False)
class NotWithFirstHolder(Refusal):
    """The certificates have left their first holder; a buyer in good faith keeps them."""

    code = "not_with_first_holder"
    lot: str


@dataclass(eq=False)
class NotReversible(Refusal):
    """Acts of this kind are not taken back, or only by another decision than this one."""

    code = "not_reversible"
    journal: str
    kind: str


@dataclass(eq=False)
class AlreadyReversed(Refusal):
    """The act was taken back already."""

    code = "already_reversed"


@dataclass(eq=False)
class ReversalTooLate(Refusal):
    """The units have moved on, are held, or were joined to others since the act to be taken back."""

    code = "reversal_too_late"
    lot: str
    first_serial: int
    count: int


@dataclass(eq=False)
class RetirementInUse(Refusal):
    """What was claimed with the retirement stands on it; it is not taken back."""

    code = "retirement_in_use"
    retirement: str
    metric: str


@dataclass(eq=False)
class NothingToConsolidate(Refusal):
    """No two neighbouring free parcels of the account differ only in how they were acquired."""

    code = "nothing_to_consolidate"
    account: str


@dataclass(eq=False)
class AccountNotEmpty(Refusal):
    """An account is closed only when it holds and owes nothing."""

    code = "account_not_empty"
    account: str
    instrument: str
    posted: int
    held: int


@dataclass(eq=False)
class ObjectionTooLate(Refusal):
    """The window for objecting to the result is over. 绿证管理实施细则(试行): three months."""

    code = "objection_too_late"
    journal: str
    last_day: str


@dataclass(eq=False)
class ObjectionDecided(Refusal):
    """The objection was decided already."""

    code = "objection_decided"
