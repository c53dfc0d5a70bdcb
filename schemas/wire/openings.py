"""Bodies of `/v1/opening-balances`."""

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import (
    AccountId,
    Amount,
    Day,
    DocumentNo,
    Month,
    PlantId,
    Quantity,
    Reference,
    Word,
    Year,
)
from schemas.wire.body import Body, Posted, Told
from schemas.wire.readings import Category
from schemas.wire.retirements import Beneficiary, Purpose

PIECES_MAX: Final = 60  # with its energy, a lot comes in by one record of at most 64 postings
_LOTS_MAX: Final = 200
_TRADES_MAX: Final = 99
_YEARS_MAX: Final = 20
Trade: TypeAlias = Literal["tradable", "non_tradable"]


class RetiredBody(Body):
    """For whom a piece was used up before it came here."""

    beneficiary: Beneficiary
    purpose: Purpose
    consumption_year: Year
    statement_no: Reference | None = None
    """As it was stated there; without one, a new number is given."""


class PieceBody(Body):
    """A run of a lot: in an account; used up by a former holder, who is named; or expired."""

    count: Quantity
    trades: Annotated[int, Field(strict=True, ge=0, le=_TRADES_MAX)] = 0
    account_id: AccountId | None = None
    retired: RetiredBody | None = None
    expired: bool = False

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if (self.account_id is None) != self.expired or (self.retired and self.expired):
            meaning = "a piece is in an account, used up by one, or expired: name exactly one"
            raise PydanticCustomError("piece_nowhere", "{meaning}", {"meaning": meaning})
        return self


class OpeningLotBody(Body):
    """A lot as it stands in the other registry; its pieces follow one another from serial 0."""

    plant_id: PlantId
    month: Month
    category: Category
    trade: Trade
    mechanism: bool = False
    energy_kwh: Amount
    size: Quantity
    origin_lot: Reference
    pieces: Annotated[list[PieceBody], Field(min_length=1, max_length=PIECES_MAX)]


class OpeningStandingBody(Body):
    """What an account's party did there in the window of carry-over, and which years it met in time."""

    sold: Amount
    bought: Amount
    on_time: Annotated[list[Year], Field(max_length=_YEARS_MAX)]


class OpeningAllowanceBody(Body):
    """Allowances that an account comes with, as held there at the end of `as_of`.

    `standing` comes once for a party, with any of its balances.
    """

    account: AccountId
    vintage: Year
    quantity: Quantity
    as_of: Day | None = None
    standing: OpeningStandingBody | None = None

    @model_validator(mode="after")
    def _is_dated(self) -> Self:
        if self.standing is not None and self.as_of is None:
            meaning = "a standing is one of a day: name as_of"
            raise PydanticCustomError("standing_undated", "{meaning}", {"meaning": meaning})
        return self


class OpeningBody(Body):
    """What comes in from another registry at cut-over, all of it or nothing."""

    source_registry: Word
    reference: Reference
    document_no: DocumentNo
    lots: list[OpeningLotBody] = Field(default_factory=list, max_length=_LOTS_MAX)
    allowances: list[OpeningAllowanceBody] = Field(default_factory=list, max_length=_LOTS_MAX)

    @model_validator(mode="after")
    def _brings_something(self) -> Self:
        if not self.lots and not self.allowances:
            meaning = "name lots, or allowances, or both"
            raise PydanticCustomError("opening_empty", "{meaning}", {"meaning": meaning})
        return self


class OpenedLotTold(Told):
    """A lot that came in."""

    origin_lot: str
    lot_id: str
    count: int


class OpeningPosted(Posted):
    """Lots and balances came in."""

    source_registry: str
    reference: str
    lots: list[OpenedLotTold]
    balances: int


class OpeningTold(Told):
    """A lot, or a balance, that came in at cut-over."""

    journal_id: str
    kind: str
    at: str
    day: str
    source_registry: str
    external_id: str
    reference: str
    document_no: str
    lot_id: str | None
    instrument: str
    quantity: int


class OpeningList(Told):
    """What came in, oldest first."""

    items: list[OpeningTold]
    next_cursor: str | None
