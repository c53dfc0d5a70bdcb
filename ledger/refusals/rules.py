"""Keys, rulebooks, vintages and duties."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.refusals.refusal import Fact, Refusal


@dataclass(eq=False)
class RecordTooLarge(Refusal):
    """What the request says makes its record longer than a record may be; say it shorter."""

    code = "record_too_large"
    bytes_needed: int
    bytes_max: int


@dataclass(eq=False)
class KeyReused(Refusal):
    """The idempotency key was used for another request."""

    code = "idempotency_key_reused"
    conflicting_fields: list[Fact]


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
class FactorUnknown(Refusal):
    """No rule asks for a province's figure of this name."""

    code = "factor_unknown"
    name: str
    known: list[Fact]


@dataclass(eq=False)
class FactorOutOfRange(Refusal):
    """A province's figure is outside the interval of its name, or finer than it may be."""

    code = "factor_out_of_range"
    name: str
    value: str
    allowed: str


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
