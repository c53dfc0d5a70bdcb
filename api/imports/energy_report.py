"""The annual energy-use report as rows: one for each item of a unit, gathered to one body a unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from api.allowed import facts_of
from api.imports.energy_units import HEAT, MASS, POWER, VOLUME, converted, scale
from api.imports.rows import Columns, Row, RowFault
from schemas.identifiers import is_credit_code
from schemas.wire.energy import ConsumptionBody

_ANSWERED: Final = ("row", "reason")  # of a file of refused rows: sent again, they say nothing
COLUMNS: Final = Columns(
    needed=("credit_code", "item", "purchased"),
    optional=(
        "year",
        "unit",
        "stock_open",
        "stock_close",
        "sold",
        "produced",
        "lost",
        "feedstock",
        "feedstock_product",
        "feedstock_sold_as_fuel",
        "heat_value",
        "fossil_share",
        "document_sha256",
        *_ANSWERED,
    ),
)
_FLOWS: Final = (
    "purchased",
    "produced",
    "stock_open",
    "stock_close",
    "sold",
    "lost",
    "feedstock",
    "feedstock_sold_as_fuel",
)
_POWER: Final = {
    "grid_offtake": "grid_offtake_kwh",
    "physical": "physical_kwh",
    "traded": "other_traded_kwh",
    "storage": "storage_charge_kwh",
}
_HEAT: Final = "heat"
_OF_FUELS: Final = frozenset({MASS, VOLUME})
_OF_EVERY_ITEM: Final = frozenset(
    {"credit_code", "year", "item", "unit", "document_sha256", *_ANSWERED}
)
_USED: Final = {
    "fuels": frozenset({*_FLOWS, "heat_value", "feedstock_product"}),
    "electricity": frozenset({"purchased"}),
    "heat": frozenset({"purchased", "fossil_share"}),
}
_SAID: Final = {
    "heat_value": "heat_value_kj_per_unit",
    "feedstock_product": "feedstock_product",
}
_COLUMN_OF: Final = {"heat_value_kj_per_unit": "heat_value", "fuel": "item"}
_SHA256: Final = re.compile("[0-9a-f]{64}")
_WHOLE: Final = re.compile("[0-9]{1,18}")

Where = tuple[str | int, ...]


@dataclass(slots=True)
class UnitReport:
    """What one unit's rows come to: a body as the wire spells it, the evidence named, the faults."""

    credit_code: str
    rows: list[Row]
    told: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, Row] = field(default_factory=dict)
    """Rows by the SHA-256 of a document that they name first."""
    faults: list[RowFault] = field(default_factory=list)

    def refuse(self, row: Row, column: str, code: str, **facts: Any) -> None:
        """Note why a row is refused."""
        self.faults.append(RowFault(row.number, self.credit_code, column, code, facts))


def unit_reports(
    rows: Iterable[Row], year: int, fuels: Mapping[str, str]
) -> tuple[UnitReport, ...]:
    """Gather rows by unit, in the order in which units come up.

    Args:
        rows: of the sheet, a unit's not necessarily together.
        year: the budget year of all of them.
        fuels: the own unit of each fuel that has a factor in that year, `t` or `m3`.
    """
    by_unit: dict[str, list[Row]] = {}
    for row in rows:
        by_unit.setdefault(row.cells.get("credit_code", ""), []).append(row)
    return tuple(_unit(UnitReport(code, found), year, fuels) for code, found in by_unit.items())


def _unit(unit: UnitReport, year: int, fuels: Mapping[str, str]) -> UnitReport:
    places: dict[Where, Row] = {}
    seen: set[Where] = set()
    for row in unit.rows:
        known = len(unit.faults)
        _check(unit, row, year)
        if len(unit.faults) == known:
            _add(unit, row, fuels, (places, seen))
    if not unit.faults:
        _validate(unit, places)
    return unit


def _check(unit: UnitReport, row: Row, year: int) -> None:
    """Note what is wrong with a row whatever its item is."""
    for column, code in row.faults.items():
        unit.refuse(row, column, code)
    for column in COLUMNS.needed[:2]:
        if column not in row.cells and column not in row.faults:
            unit.refuse(row, column, "missing")
    if unit.credit_code and not is_credit_code(unit.credit_code):
        unit.refuse(row, "credit_code", "credit_code_invalid")
    if row.cells.get("year", str(year)) != str(year):
        unit.refuse(row, "year", "year_differs")
    sha256 = row.cells.get("document_sha256")
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        unit.refuse(row, "document_sha256", "sha256_invalid")
    elif sha256 is not None:
        unit.documents.setdefault(sha256, row)


def _add(
    unit: UnitReport,
    row: Row,
    fuels: Mapping[str, str],
    known: tuple[dict[Where, Row], set[Where]],
) -> None:
    """Add a row's quantities to the body, and remember where in it they stand."""
    places, seen = known
    item = row.cells["item"]
    section = "electricity" if item in _POWER else "heat" if item == _HEAT else "fuels"
    name: Where = (section, item, row.cells.get("heat_value", ""))
    if name in seen:
        unit.refuse(row, "item", "item_twice")
        return
    seen.add(name)
    unwanted = row.cells.keys() - _OF_EVERY_ITEM - _USED[section]
    for column in sorted(unwanted):
        unit.refuse(row, column, "cell_unwanted")
    if section == "fuels":
        _fuel(unit, row, fuels, places)
    elif section == "heat":
        _heat(unit, row, places)
    else:
        _power(unit, row, places)


def _fuel(unit: UnitReport, row: Row, fuels: Mapping[str, str], places: dict[Where, Row]) -> None:
    item = row.cells["item"]
    if item not in fuels:
        unit.refuse(row, "item", "fuel_unknown", fuel=item)
        return
    named = [name for name in _FLOWS if name in row.cells]
    if not named:
        unit.refuse(row, "purchased", "missing")
    line: dict[str, Any] = {"fuel": item, **_scaled(unit, row, fuels[item], named)}
    for column, name in _SAID.items():
        if column in row.cells:
            line[name] = row.cells[column]
    lines = unit.told.setdefault("fuels", [])
    places["fuels", len(lines)] = row
    lines.append(line)


def _heat(unit: UnitReport, row: Row, places: dict[Where, Row]) -> None:
    told = {f"{name}_mj": text for name, text in _purchased(unit, row, HEAT).items()}
    if "fossil_share" in row.cells:
        told["fossil_share"] = row.cells["fossil_share"]
    unit.told["heat"] = told
    places["heat",] = row


def _power(unit: UnitReport, row: Row, places: dict[Where, Row]) -> None:
    """Read whole kWh: what a budget is charged with has no parts of them."""
    for quantity in _purchased(unit, row, POWER).values():
        name = _POWER[row.cells["item"]]
        if not _WHOLE.fullmatch(quantity):
            unit.refuse(row, "purchased", "not_an_integer")
            return
        unit.told.setdefault("electricity", {})[name] = int(quantity)
        places["electricity", name] = row


def _purchased(unit: UnitReport, row: Row, own: str) -> dict[str, str]:
    if "purchased" not in row.cells:
        unit.refuse(row, "purchased", "missing")
        return {}
    return _scaled(unit, row, own, ["purchased"])


def _scaled(unit: UnitReport, row: Row, own: str, names: Sequence[str]) -> dict[str, str]:
    """Convert a row's quantities into the item's own unit; none if the unit is not one of its kind."""
    times = scale(own, row.cells.get("unit", ""))
    if times is None:
        told, item = row.cells["unit"], row.cells["item"]
        if own in _OF_FUELS:
            unit.refuse(row, "unit", "fuel_unit_wrong", fuel=item, unit=told, counted_in=own)
        else:
            unit.refuse(row, "unit", "sheet_unit_unknown", unit=told, own=own)
        return {}
    return {name: converted(row.cells[name], times) for name in names}


def _validate(unit: UnitReport, places: Mapping[Where, Row]) -> None:
    """Check a body as the door of a single unit does, and put its faults where they came from."""
    try:
        body = ConsumptionBody.model_validate(unit.told)
    except ValidationError as fault:
        for error in fault.errors():
            row, column = _place(unit, places, error["loc"])
            unit.refuse(row, column, error["type"], **facts_of(error))
    else:
        unit.told = body.model_dump(mode="json", exclude_unset=True)


def _place(unit: UnitReport, places: Mapping[Where, Row], where: Where) -> tuple[Row, str]:
    for depth in (2, 1):
        if (row := places.get(where[:depth])) is not None:
            last = str(where[-1])
            column = "purchased" if last.endswith(("_kwh", "_mj")) else last
            return row, _COLUMN_OF.get(column, column)
    return unit.rows[0], "item"


def all_faults(units: Iterable[UnitReport]) -> Iterator[RowFault]:
    """List the faults of all units, in the order of the file."""
    found = [fault for unit in units for fault in unit.faults]
    return iter(sorted(found, key=lambda fault: fault.row))
