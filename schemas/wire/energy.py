"""What a key unit reports of its energy: the body of `/v1/fossil-budgets/{id}/consumption`."""

from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from schemas.fields import Amount, Decimal3, Decimal9, DocumentId, Word, decimal_text
from schemas.wire.body import Body

_FUELS_MAX = 40  # with all quantities given, still a record of 16 KiB
_NAMED_MAX = 50


def _spelt(value: object) -> object:
    """Let a whole number stand for its decimal spelling."""
    return str(value) if type(value) is int else value


def _or_whole(places: int) -> tuple[BeforeValidator, WithJsonSchema]:
    """Describe a decimal number in a string, or a whole one as a JSON integer."""
    text, whole = decimal_text(places)[-1].json_schema, {"type": "integer", "minimum": 0}
    return BeforeValidator(_spelt), WithJsonSchema({"anyOf": [text, whole]})


class FuelBody(Body):
    """What happened to one fuel, in t, or m³ for gases; decimals in strings, at most three places."""

    fuel: Word
    purchased: Decimal3 | None = None
    stock_open: Decimal3 | None = None
    stock_close: Decimal3 | None = None
    sold: Decimal3 | None = None
    feedstock: Decimal3 | None = None
    heat_value_kj_per_unit: Decimal3 | None = None
    """Measured, in kJ per kg or m³; replaces the standard factor."""


class ElectricityBody(Body):
    """Energy from the grid, recognised physically, and traded outside this ledger."""

    grid_offtake_kwh: Amount = 0
    physical_kwh: Amount = 0
    other_traded_kwh: Amount = 0


class HeatBody(Body):
    """Purchased heat, and the share of it made from fossil fuel."""

    purchased_mj: Annotated[Decimal3, *_or_whole(3)] = Decimal(0)
    fossil_share: Annotated[Decimal9, *_or_whole(9)] = Decimal(1)


class ConsumptionBody(Body):
    """A year's consumption; a later report replaces it whole."""

    fuels: Annotated[list[FuelBody], Field(max_length=_FUELS_MAX, default_factory=list)]
    electricity: ElectricityBody | None = None
    heat: HeatBody | None = None
    document_ids: Annotated[list[DocumentId], Field(max_length=_NAMED_MAX, default_factory=list)]
