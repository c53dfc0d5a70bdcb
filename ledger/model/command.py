"""Commands: what a caller asked, as acts with the effects they would have on the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from ledger.refusals import Refusal

Plain: TypeAlias = str | int | bool | list["Plain"] | dict[str, "Plain"] | None


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf an act is done: the party, the person, and the API client used."""

    party: int
    person: str
    client: int


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which free parcels of an account fit, earliest expiry first. None means any."""

    lot: int | None = None
    month: date | None = None
    energy: str | None = None
    year: int | None = None  # production year
    trade: str | None = None  # tradable, non_tradable
    trades_below: int | None = None
    expired: bool = False  # take units past their validity, and only those


@dataclass(frozen=True, slots=True)
class Exact:
    """The serials `lo … lo + count - 1` of one lot, counted from the start of the lot."""

    lot: int
    lo: int


@dataclass(frozen=True, slots=True)
class FromHold:
    """Units set aside by this hold; of one lot only, if it is named."""

    hold: int
    lot: int | None = None


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot that comes into being with this movement."""

    id: int
    plant: int
    month: date
    energy: str
    category: str
    trade: str
    mechanism: bool
    province: str
    reading: int
    first_serial: int
    valid_until: date
    origin_registry: str


Source: TypeAlias = Criteria | Exact | FromHold | NewLot | None  # None: fungible, from what is free


@dataclass(frozen=True, slots=True)
class Move:
    """`amount` units leave `debit` for `credit`."""

    debit: int
    credit: int
    instrument: int
    amount: int
    source: Source = None
    price_fen: int | None = None


@dataclass(frozen=True, slots=True)
class OpenHold:
    """Set `amount` units of an account aside; only `controller`, expiry or a decision ends it."""

    id: int
    kind: Literal["order", "approval"]
    account: int
    instrument: int
    amount: int
    controller: int
    beneficiary: int | None
    expires_at: datetime | None
    reference: str
    source: Source = None


@dataclass(frozen=True, slots=True)
class CloseHold:
    """Give units of a hold back to their holder; `amount` None means all that remain."""

    hold: int
    account: int
    instrument: int
    amount: int | None = None
    expired: bool = False  # true: by lapse of time, whoever asks
    settled: bool = False  # true: what a delivery in this command left, which may be nothing


@dataclass(frozen=True, slots=True)
class Freeze:
    """Freeze or unfreeze an account."""

    account: int
    frozen: bool


@dataclass(frozen=True, slots=True)
class Decide:
    """Decide an approval, by a person who is not its maker; or let it run out."""

    approval: int
    state: Literal["approved", "rejected", "expired"]


@dataclass(frozen=True, slots=True)
class Revoke:
    """Revoke an API client's key."""

    client: int


@dataclass(frozen=True, slots=True)
class Enter:
    """Write one row of a register; `if_absent` rows may stand already."""

    table: str
    row: Mapping[str, Plain]
    if_absent: bool = False


Effect: TypeAlias = Move | OpenHold | CloseHold | Freeze | Decide | Revoke | Enter


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a kind declared in `ledger.kinds`; becomes one journal, or several if it is large."""

    kind: str
    effects: tuple[Effect, ...]
    body: Mapping[str, Plain] = field(default_factory=dict)
    day: date | None = None  # effective day; None is the registry day of posting
    external: tuple[str, str] | None = None  # (source, id), unique for ever


@dataclass(frozen=True, slots=True)
class Expect:
    """The balance must still be at this version, or the decision is stale and is made again."""

    account: int
    instrument: int
    version: int


@dataclass(frozen=True, slots=True)
class Command:
    """What a caller asked, under an idempotency key of that caller. All acts, or none."""

    key: str
    request: bytes  # SHA-256 of what was asked
    actor: Actor
    acts: tuple[Act, ...]
    expect: tuple[Expect, ...] = ()
    result: Mapping[str, Plain] = field(default_factory=dict)  # kept in the outcome for the answer
    fingerprint: Mapping[str, str] = field(default_factory=dict)  # digest of each request field
    refused: Refusal | None = None  # the caller's decision was no; stored like any other outcome
