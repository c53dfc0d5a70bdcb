"""Which units may move, and how much of them."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.refusals.refusal import Refusal


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
