"""The law of the certificate itself, and of the readings it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.refusals.refusal import Refusal


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
