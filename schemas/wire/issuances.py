"""Bodies of `/v1/issuances`."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import Month, ReadingId
from schemas.wire.body import Body, Posted, Told
from schemas.wire.readings import ResultTold

PLANT_MONTHS_MAX = 10_000


class IssuanceBody(Body):
    """What to issue for: a month of all plants, or the plant-months of some readings."""

    month: Month | None = None
    reading_ids: (
        Annotated[list[ReadingId], Field(min_length=1, max_length=PLANT_MONTHS_MAX)] | None
    ) = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.month is None) == (self.reading_ids is None):
            meaning = "either month or reading_ids, not both"
            raise PydanticCustomError("one_of_two", "{meaning}", {"meaning": meaning})
        return self


class IssuedLot(Told):
    """A lot that was issued; `carry_kwh` is what the plant's energy leaves for the next month."""

    issuance_id: str | None
    lot_id: str
    plant_id: str
    month: str
    category: str
    trade: str
    first_serial: int
    count: int
    unit: str
    valid_until: str
    carry_kwh: int


class IssuanceResult(ResultTold):
    """What one plant-month of one category came to."""

    plant_id: str
    month: str
    category: str
    lot_id: str | None = None
    count: int | None = None
    carry_kwh: int | None = None


class IssuancePosted(Posted):
    """One result per plant-month with whole certificates due, and the lots that were issued.

    `more` tells that others are still due: ask again under a new key.
    """

    results: list[IssuanceResult]
    lots: list[IssuedLot]
    certificates: int
    unit: str
    more: bool


class IssuanceTold(Told):
    """One issuance: the lot it made, out of which reading."""

    issuance_id: str
    lot_id: str
    plant_id: str
    reading_id: str
    month: str
    category: str
    trade: str
    first_serial: int
    count: int
    unit: str
    valid_until: str


class IssuanceList(Told):
    """Issuances, by expiry of their lots and then in the order of issue."""

    items: list[IssuanceTold]
    next_cursor: str | None
