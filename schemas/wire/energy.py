"""What a key unit reports of its energy: the body of `/v1/fossil-budgets/{id}/consumption`."""

from decimal import Decimal
from typing import Annotated, Final, Literal, Self, TypeAlias, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import (
    Amount,
    Decimal3,
    Decimal9,
    DocumentId,
    Word,
    decimal_text,
    not_below_zero,
)
from schemas.wire.body import Body

_FUELS_MAX = 40  # with six quantities each, still a record of 16 KiB
_NAMED_MAX = 50


def _spelt(value: object) -> object:
    """Let a whole number stand for its decimal spelling."""
    return str(value) if type(value) is int else value


def _or_whole(places: int) -> tuple[BeforeValidator, WithJsonSchema]:
    """Describe a decimal number in a string, or a whole one as a JSON integer."""
    text, whole = decimal_text(places)[-1].json_schema, {"type": "integer", "minimum": 0}
    return BeforeValidator(_spelt), WithJsonSchema({"anyOf": [text, whole]})


def _of_fuels(value: object) -> object:
    """Name a unit in which no fuel is measured for what it is."""
    if isinstance(value, str) and value not in _UNITS:
        raise PydanticCustomError("fuel_unit_wrong", "no fuel is measured in this unit")
    return value


_Unit: TypeAlias = Literal["t", "kg", "万t", "m3", "万m3"]
_UNITS: Final = frozenset(get_args(_Unit))
Unit: TypeAlias = Annotated[_Unit, BeforeValidator(_of_fuels)]
Stock: TypeAlias = Annotated[
    Decimal3, not_below_zero("stock_negative", "a stock is not below zero")
]


class FuelBody(Body):
    """What happened to one fuel; decimals in strings, at most three places.

    A by-product may be sold beyond what came in; of any other fuel, no more leaves than came in.
    """

    fuel: Word
    unit: Unit | None = None
    """Of all quantities of the line; t, or m3 for gases, where none is named."""
    purchased: Decimal3 | None = None
    produced: Decimal3 | None = None
    """Made or dug by the unit itself; what was made of fuel that counts is not counted again."""
    stock_open: Stock | None = None
    stock_close: Stock | None = None
    sold: Decimal3 | None = None
    lost: Decimal3 | None = None
    """Lost, or passed on without a sale."""
    feedstock: Decimal3 | None = None
    feedstock_product: Word | None = None
    """What the feedstock became: olefin, aromatic, alkyne, alcohol, ammonia, other_803."""
    feedstock_sold_as_fuel: Decimal3 | None = None
    """Of the feedstock, what was sold as fuel after all; it counts as burnt."""
    heat_value_kj_per_unit: Decimal3 | None = None
    """Measured, in kJ per kg or m³; replaces the standard factor."""


class ElectricityBody(Body):
    """Energy from the grid, recognised physically, and traded outside this ledger."""

    grid_offtake_kwh: Amount = 0
    physical_kwh: Amount = 0
    other_traded_kwh: Amount = 0
    """Counted at closing only as far as others confirm it."""
    storage_charge_kwh: Amount | None = None
    """Charged into the unit's own storage, and no part of the offtake above."""


class HeatBody(Body):
    """Purchased heat, in MJ or in GJ, and the share of it made from fossil fuel."""

    purchased_mj: Annotated[Decimal3, *_or_whole(3)] = Decimal(0)
    purchased_gj: Annotated[Decimal3, *_or_whole(3)] | None = None
    fossil_share: Annotated[
        Decimal9, not_below_zero("fossil_share_invalid", "a share is from 0 to 1"), *_or_whole(9)
    ] = Decimal(1)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if {"purchased_mj", "purchased_gj"} <= self.model_fields_set:
            meaning = "either purchased_mj or purchased_gj, not both"
            raise PydanticCustomError("one_of_two", "{meaning}", {"meaning": meaning})
        return self


class ConsumptionBody(Body):
    """A year's consumption; a later report replaces it whole, and every version stays on file.

    A report without documents is taken, and stands among the gaps in the evidence.
    """

    fuels: Annotated[list[FuelBody], Field(max_length=_FUELS_MAX, default_factory=list)]
    electricity: ElectricityBody | None = None
    heat: HeatBody | None = None
    document_ids: Annotated[list[DocumentId], Field(max_length=_NAMED_MAX, default_factory=list)]
