"""Commands: what a caller asked, as acts with the effects they would have on the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from ledger.refusals import Refusal

Plain: TypeAlias = str | int | bool | list["Plain"] | dict[str, "Plain"] | None


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf an act is done: the party, the person, and the API client used."""

    party: int
    person: str
    client: int


class Criteria(NamedTuple):
    """Which free parcels of an account fit, earliest expiry first. None means any."""

    lot: int | None = None
    month: date | None = None
    energy: str | None = None
    year: int | None = None  # production year
    trade: str | None = None  # tradable, non_tradable
    category: str | None = None  # on_grid, self_use, off_grid
    mechanism: bool | None = None  # energy under the sustainable price mechanism
    trades_below: int | None = None
    resold: bool = False  # to be sold again: not what came with green power
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
class Runs:
    """Runs of serials, each (lot, lo, count), counted from the start of its lot."""

    runs: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Restore:
    """Units that go back as they came: still as `came` left them, with the history from before it."""

    lot: int
    lo: int
    came: tuple[int, int]  # (journal, n) of the posting taken back
    acquired: tuple[int, int]  # of the posting before it
    trades: int
    origin: str


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot that comes into being with this movement, whole unless `size` is more than moves."""

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
    origin_lot: str | None = None  # its name there; None names it as this registry does
    size: int | None = None
    trades: int = 0  # of its first piece, where it was traded before it came here


@dataclass(frozen=True, slots=True)
class NewPiece:
    """The next piece of a lot that came into being earlier in the act."""

    lot: int
    lo: int
    trades: int = 0


# None: fungible, from what is free
Source: TypeAlias = Criteria | Exact | Runs | FromHold | Restore | NewLot | NewPiece | None
HoldKind: TypeAlias = Literal["order", "approval", "freeze", "judicial", "ccer"]


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
    kind: HoldKind
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
    seized: bool = False  # true: for a freeze in this act, which outranks the hold
    source: Exact | None = None  # which of its serials; None: latest expiry last, from the high end


@dataclass(frozen=True, slots=True)
class Freeze:
    """Freeze or unfreeze an account."""

    account: int
    frozen: bool


@dataclass(frozen=True, slots=True)
class Touch:
    """Count a balance's version on: whoever decided on it decides again. Nothing of it changes."""

    account: int
    instrument: int


@dataclass(frozen=True, slots=True)
class Close:
    """Close an account that holds nothing."""

    account: int


@dataclass(frozen=True, slots=True)
class Consolidate:
    """Make one parcel of neighbouring free ones that differ only in how they were acquired."""

    account: int
    lot: int
    lo: int
    count: int


@dataclass(frozen=True, slots=True)
class EndMandate:
    """End what an owner let an agent do with an account."""

    mandate: int
    account: int


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
class EndKey:
    """End a key that signs: from this act on, nothing it signs counts."""

    key: int


@dataclass(frozen=True, slots=True)
class Enter:
    """Write one row of a register; `if_absent` rows may stand already."""

    table: str
    row: Mapping[str, Plain]
    if_absent: bool = False


Effect: TypeAlias = (
    Move
    | OpenHold
    | CloseHold
    | Freeze
    | Touch
    | Close
    | Consolidate
    | EndMandate
    | Decide
    | Revoke
    | EndKey
    | Enter
)


@dataclass(frozen=True, slots=True)
class Reversed:
    """The journal that an act takes back, and its kind."""

    journal: int
    kind: str


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a kind declared in `ledger.kinds`; becomes one journal, or several if it is large."""

    kind: str
    effects: tuple[Effect, ...]
    body: Mapping[str, Plain] = field(default_factory=dict)
    day: date | None = None  # effective day; None is the registry day of posting
    external: tuple[str, str] | None = None  # (source, id), unique for ever
    reverses: Reversed | None = None


@dataclass(frozen=True, slots=True)
class Expect:
    """The balance must still be at this version, or the decision is stale and is made again.

    With `enough`, whatever happened to the balance is all the same while so much of it is free.
    """

    account: int
    instrument: int
    version: int
    enough: int | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature that a command came with, as it is kept; `digest` is what records name."""

    digest: bytes
    key: int
    nonce: str
    good_until: datetime  # no act of it is posted later
    base: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    body: bytes = field(repr=False)


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
    signed: Signed | None = None
    assumes: str | None = None  # digest of rules not looked up again, as the key was not either
