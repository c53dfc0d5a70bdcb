"""Bodies of `/v1/fossil-budgets/reports`: the annual energy-use report of many units."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from schemas.fields import CreditCode, Year, plain_text
from schemas.wire.body import Body, Posted, Told
from schemas.wire.fossil_budgets import OpenPointTold

ROWS_MAX = 20_000
_CELL_CHARS = 200

Cell: TypeAlias = Annotated[str, plain_text(_CELL_CHARS)]


class EnergyRowBody(Body):
    """One item of one unit; quantities are decimals in strings, in the unit named or the item's own.

    `item` is a fuel of the rulebook, `grid_offtake`, `physical`, `traded`, `storage` or
    `heat`.
    """

    credit_code: CreditCode
    item: Cell
    purchased: Cell | None = None
    year: Cell | None = None
    unit: Cell | None = None
    stock_open: Cell | None = None
    stock_close: Cell | None = None
    sold: Cell | None = None
    produced: Cell | None = None
    lost: Cell | None = None
    feedstock: Cell | None = None
    feedstock_product: Cell | None = None
    feedstock_sold_as_fuel: Cell | None = None
    heat_value: Cell | None = None
    fossil_share: Cell | None = None
    document_sha256: Cell | None = None


class EnergyReportBody(Body):
    """A year's rows; the rows of a unit together are its consumption of the year."""

    year: Year
    rows: Annotated[list[EnergyRowBody], Field(min_length=1, max_length=ROWS_MAX)]


class RowRefused(Told):
    """Why a row is refused; `row` is its number in the file, or in the list, from 1."""

    row: int
    credit_code: str
    column: str
    code: str
    facts: dict[str, Any]


class UnitCharged(Told):
    """What a unit's rows came to; `unchanged` if the same was on file already."""

    credit_code: str
    budget_id: str
    rows: int
    unchanged: bool
    status: str
    balance_gce: int
    excess_gce: int
    needed: int
    journal_id: str | None


class EnergyReportPosted(Posted):
    """Units that were charged, in the order of the file, and rows that were refused."""

    year: int
    mode: Literal["atomic", "partial"]
    units: list[UnitCharged]
    refused: list[RowRefused]
    refused_more: int
    open_points: list[OpenPointTold]
    """What the figures of any of these units rest on that was not read in the law."""
