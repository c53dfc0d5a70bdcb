"""Bodies of `/v1/accounts`."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field

from schemas.fields import QUANTITY_MAX, AccountId, DocumentNo, LotId, PartyId
from schemas.wire.body import Body, Posted, Told

PARCELS_MAX: Final = 4096
"""Parcels that one act may touch."""

AccountClass: TypeAlias = Literal[
    "generator",
    "user",
    "agent",
    "province",
    "province_custody",
    "plant",
    "cea_registry",
    "cea_trading",
    "ccer",
    "budget",
    "duty",
    "cash",
    "clearing",
]


class AccountBody(Body):
    """An account to open."""

    model_config = ConfigDict(populate_by_name=False)

    party_id: PartyId
    cls: AccountClass = Field(alias="class")
    on_behalf_of: PartyId | None = None
    approval_above: Annotated[int, Field(strict=True, ge=1, le=QUANTITY_MAX)] | None = None
    """Units in one act from which on a second person must approve."""


class FreezeBody(Body):
    """The decision a freeze, or its end, rests on."""

    document_no: DocumentNo


class FreezePayload(Body):
    """A freeze, or its end, as it waits for a second person."""

    account_id: AccountId
    frozen: bool
    document_no: DocumentNo


class AccountPosted(Posted):
    """An account was opened."""

    account_id: str


class FreezePosted(Posted):
    """An account was frozen, or is free again."""

    account_id: str
    frozen: bool


class ClosePosted(Posted):
    """An account was closed, for good."""

    account_id: str
    status: str


class ConsolidateBody(Body):
    """Which parcels to join: those of one lot, or of all; in one call at most `limit` parcels."""

    lot_id: LotId | None = None
    limit: Annotated[int, Field(strict=True, ge=2, le=PARCELS_MAX)] = PARCELS_MAX


class ConsolidatePosted(Posted):
    """Neighbouring parcels became one; `more` tells whether another call would join others."""

    account_id: str
    merged: int
    parcels_before: int
    parcels_after: int
    more: bool


class AccountTold(Told):
    """An account."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    account_id: str
    cls: str = Field(alias="class")
    party_id: str
    on_behalf_of: str | None
    plant_id: str | None
    approval_above: int | None
    frozen: bool
    status: str


class AccountList(Told):
    """Accounts, by id."""

    items: list[AccountTold]
    next_cursor: str | None


class BalanceTold(Told):
    """What an account has of one instrument, in its smallest unit."""

    instrument: str
    unit: str
    posted: int
    held: int
    available: int


class BalanceList(Told):
    """All balances of an account as of one journal."""

    items: list[BalanceTold]
    as_of_seq: int


class PostingTold(Told):
    """One line of a statement."""

    journal_id: str
    n: int
    kind: str
    at: str
    day: str
    instrument: str
    unit: str
    amount: int
    """Above zero it came in, below zero it left."""
    balance: int
    """Of this instrument, after this line."""
    counterparty: str
    lot_id: str | None
    first_serial: int | None
    price_fen: int | None


class Statement(Told):
    """Postings of an account, latest first."""

    items: list[PostingTold]
    next_cursor: str | None


class ParcelTold(Told):
    """A run of consecutive serials of one lot."""

    lot_id: str
    first_serial: int
    count: int
    production_month: str
    valid_until: str
    plant_id: str
    energy: str
    category: str
    trade: str
    trades: int
    hold_id: str | None
    origin: str


class ParcelList(Told):
    """The parcels of an account, earliest expiry first."""

    items: list[ParcelTold]
    next_cursor: str | None
