"""Every reason the ledger says no. Codes are public promises: once published, never reused."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, TypeAlias

Fact: TypeAlias = str | int | bool | list["Fact"] | dict[str, "Fact"] | None

REFUSALS: dict[str, type[Refusal]] = {}


@dataclass(eq=False)
class Refusal(Exception):
    """The request is well formed, and the answer is no. Nothing was posted."""

    code: ClassVar[str]

    def __init_subclass__(cls) -> None:
        """Register the code; two refusals may not share one."""
        assert cls.code not in REFUSALS or REFUSALS[cls.code].__qualname__ == cls.__qualname__
        REFUSALS[cls.code] = cls

    def facts(self) -> dict[str, Fact]:
        """Return the facts of this refusal by field name, as they are stored and shown."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __str__(self) -> str:
        """Render code and facts for a log line."""
        return f"{self.code} ({', '.join(f'{name}={fact}' for name, fact in self.facts().items())})"


# Objects: what the caller named is not there, or not in a state to be used.


@dataclass(eq=False)
class AccountUnknown(Refusal):
    """No such account, or it is not the caller's to use."""

    code = "account_unknown"
    account: str


@dataclass(eq=False)
class AccountClosed(Refusal):
    """A closed account neither gives nor receives."""

    code = "account_closed"
    account: str


@dataclass(eq=False)
class AccountFrozen(Refusal):
    """The account is frozen by order of an authority; nothing may leave it, held or not."""

    code = "account_frozen"
    account: str


@dataclass(eq=False)
class AccountExists(Refusal):
    """The party already has an account of this class; each subject has exactly one."""

    code = "account_exists"


@dataclass(eq=False)
class PartyExists(Refusal):
    """A party with this identity is registered already."""

    code = "party_exists"


@dataclass(eq=False)
class PlantExists(Refusal):
    """A plant with this registration code is registered already."""

    code = "plant_exists"


@dataclass(eq=False)
class PlantApproved(Refusal):
    """The plant's registration is approved already."""

    code = "plant_already_approved"


@dataclass(eq=False)
class PlantNotApproved(Refusal):
    """Nothing is read or issued for a plant before its registration is approved."""

    code = "plant_not_approved"
    plant: str


@dataclass(eq=False)
class DocumentExists(Refusal):
    """The same bytes are on file for this party already."""

    code = "document_exists"


@dataclass(eq=False)
class ExternalReferenceUsed(Refusal):
    """An act with this external reference is in the book already."""

    code = "external_reference_used"


# Units: what may move, and how much of it.


@dataclass(eq=False)
class UnitsShort(Refusal):
    """The account has fewer free units than asked; held units are not free."""

    code = "units_short"
    account: str
    instrument: str
    asked: int
    available: int


@dataclass(eq=False)
class TooFewEligible(Refusal):
    """The account has the units, but too few of them fit the selection and the rules for this act."""

    code = "too_few_eligible"
    account: str
    instrument: str
    asked: int
    eligible: int


@dataclass(eq=False)
class SerialsNotAvailable(Refusal):
    """The serials named are not all free in this account."""

    code = "serials_not_available"
    lot: str
    first_serial: int
    count: int


@dataclass(eq=False)
class TooFragmented(Refusal):
    """The act would touch more parcels than one act may; consolidate the account or ask for less."""

    code = "too_fragmented"
    account: str
    parcels_limit: int


@dataclass(eq=False)
class MovementNotAllowed(Refusal):
    """Units of this instrument may not move between these classes of account by this act."""

    code = "movement_not_allowed"
    kind: str
    debit_class: str
    credit_class: str
    instrument: str


@dataclass(eq=False)
class InstrumentUnknown(Refusal):
    """No instrument has this code."""

    code = "instrument_unknown"
    instrument: str


@dataclass(eq=False)
class SameAccount(Refusal):
    """Giver and receiver are the same account."""

    code = "same_account"
    account: str


@dataclass(eq=False)
class QuantityTooLarge(Refusal):
    """The act would carry a balance beyond what the book can hold."""

    code = "quantity_too_large"
    account: str
    instrument: str


# Certificates: law of the certificate itself.


@dataclass(eq=False)
class CertificateExpired(Refusal):
    """The certificate's validity has ended; it can no longer move or be claimed. 国能发新能规〔2024〕67号."""

    code = "certificate_expired"
    lot: str
    valid_until: str


@dataclass(eq=False)
class CertificateNotExpired(Refusal):
    """Only certificates past their validity are written off as expired."""

    code = "certificate_not_expired"
    lot: str
    valid_until: str


@dataclass(eq=False)
class CertificateNotTradable(Refusal):
    """The certificate is of a non-tradable kind and moves only by rule. 发改能源〔2023〕1044号."""

    code = "certificate_not_tradable"
    lot: str


@dataclass(eq=False)
class TradedAlready(Refusal):
    """The certificate was traded as often as it may be; whoever holds it now may only retire it."""

    code = "certificate_traded_already"
    lot: str
    trades_max: int


@dataclass(eq=False)
class PriceMissing(Refusal):
    """A trade states its price per unit, in fen; a free one says 0."""

    code = "price_missing"
    mode: str


@dataclass(eq=False)
class YearMismatch(Refusal):
    """The certificate's production year is not the year of consumption claimed."""

    code = "consumption_year_mismatch"
    lot: str
    production_year: int
    consumption_year: int


@dataclass(eq=False)
class StorageNeverIssues(Refusal):
    """Discharge of stand-alone storage earns no certificates. 绿证管理实施细则(试行)."""

    code = "storage_never_issues"
    plant: str


@dataclass(eq=False)
class AboveCapacity(Refusal):
    """The energy reported is more than the plant can generate in the month, margin included."""

    code = "reading_above_capacity"
    plant: str
    energy_kwh: int
    limit_kwh: int


@dataclass(eq=False)
class ReadingBeforePlant(Refusal):
    """The month lies before the plant was commissioned, or is not over yet."""

    code = "reading_month_impossible"
    plant: str
    month: str


@dataclass(eq=False)
class ReadingVersionWrong(Refusal):
    """A reading's version is the next one, or the same as an existing one with the same energy."""

    code = "reading_version_wrong"
    plant: str
    month: str
    version: int
    expected_version: int


@dataclass(eq=False)
class ReadingConflict(Refusal):
    """This version of the reading is on file with other content; send the next version instead."""

    code = "reading_conflict"
    plant: str
    month: str
    version: int


@dataclass(eq=False)
class GeneratorAccountMissing(Refusal):
    """The plant's owner has no generator account to receive certificates."""

    code = "generator_account_missing"
    plant: str


@dataclass(eq=False)
class NothingToIssue(Refusal):
    """No whole certificate is due: the energy is below one certificate, or issued already."""

    code = "nothing_to_issue"


# Holds.


@dataclass(eq=False)
class HoldUnknown(Refusal):
    """No such hold, or it is not the caller's to see."""

    code = "hold_unknown"
    hold: str


@dataclass(eq=False)
class HoldClosed(Refusal):
    """Nothing is left on this hold: it was settled, released or has run out."""

    code = "hold_closed"
    hold: str


@dataclass(eq=False)
class HoldExpired(Refusal):
    """The hold ran out before this act; its units go back to the holder."""

    code = "hold_expired"
    hold: str
    expired_at: str


@dataclass(eq=False)
class HoldNotExpired(Refusal):
    """The hold has not run out; only its controller may release it."""

    code = "hold_not_expired"
    hold: str


@dataclass(eq=False)
class HoldTooSmall(Refusal):
    """The hold has fewer units left than asked."""

    code = "hold_too_small"
    hold: str
    asked: int
    remaining: int


@dataclass(eq=False)
class NotTheController(Refusal):
    """Only the party that controls a hold may settle or release it."""

    code = "not_the_controller"
    hold: str


@dataclass(eq=False)
class WrongBeneficiary(Refusal):
    """The hold was placed for another receiver."""

    code = "hold_for_another_receiver"
    hold: str


# Four eyes.


@dataclass(eq=False)
class ApprovalDecided(Refusal):
    """The approval was decided, or ran out."""

    code = "approval_decided"
    approval: str
    state: str


@dataclass(eq=False)
class ApprovalExpired(Refusal):
    """The approval ran out before it was decided."""

    code = "approval_expired"
    approval: str


@dataclass(eq=False)
class SamePerson(Refusal):
    """Maker and checker are the same person; a second person must decide."""

    code = "maker_is_checker"
    approval: str


@dataclass(eq=False)
class ApprovalNeeded(Refusal):
    """A second person must approve this act first; ask for an approval."""

    code = "approval_needed"
    kind: str


# Idempotency.


@dataclass(eq=False)
class KeyReused(Refusal):
    """The idempotency key was used for another request."""

    code = "idempotency_key_reused"
    conflicting_fields: list[Fact]


# Rules.


@dataclass(eq=False)
class RuleNotInForce(Refusal):
    """No adopted rulebook says what holds on this date; adopt one that covers it."""

    code = "rule_not_in_force"
    parameter: str
    key_date: str


@dataclass(eq=False)
class RulebookRefused(Refusal):
    """The rulebook proposed cannot be adopted."""

    code = "rulebook_refused"
    reason: str
    where: str


@dataclass(eq=False)
class VintageNotUsable(Refusal):
    """Allowances of this vintage may not clear this compliance year."""

    code = "vintage_not_usable"
    vintage: int
    compliance_year: int


@dataclass(eq=False)
class DutyMissing(Refusal):
    """No emissions of this year are verified for the party, so nothing is due."""

    code = "duty_missing"
    compliance_year: int


@dataclass(eq=False)
class DutyExceeded(Refusal):
    """More would be surrendered than is still due."""

    code = "surrender_above_duty"
    compliance_year: int
    asked: int
    due: int
