"""Meter readings as CSV: the same rows as in JSON, or every place that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from api.imports.rows import Columns, header_faults
from api.problems import DoorCode, FieldFault, Problem
from api.sheets.grid import SheetFault
from api.sheets.read import csv_cells, decoded

if TYPE_CHECKING:
    from schemas.text import JsonValue

NEEDED: Final = ("plant_id", "month", "category", "energy_kwh", "source")
OPTIONAL: Final = ("mechanism", "version")
_WHOLE: Final = frozenset({"energy_kwh", "version"})
_TRUTHS: Final = {"true": True, "false": False}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_DIGITS: Final = re.compile("[0-9]{1,19}")
_FAULTS_TOLD: Final = 100
_UNREADABLE: Final = {"encoding": "csv_encoding", "nul": "nul", "malformed": "csv_malformed"}

Row = dict[str, "JsonValue"]


class _Faults:
    """What is wrong with a file; reading stops when enough is known."""

    def __init__(self) -> None:
        """Start with none."""
        self.found: list[FieldFault] = []

    def add(self, pointer: str, code: str) -> None:
        """Note a fault; a hundred are enough."""
        self.found.append(FieldFault(pointer, code, code))
        if len(self.found) >= _FAULTS_TOLD:
            self.stop()

    def stop(self) -> None:
        """Refuse the file if anything is wrong with it."""
        if self.found:
            raise Problem(DoorCode.VALIDATION_FAILED, self.found)


def csv_rows(raw: bytes, rows_max: int) -> list[Row]:
    """Read rows by their columns' names; blank rows are passed over and not counted.

    UTF-8, with or without a byte order mark, or else GB18030, as spreadsheets in China write it.
    A row's place is that of the JSON body it stands for: `/readings/<n>/<column>`.

    Raises:
        Problem: `validation_failed`, naming up to 100 places.
    """
    faults = _Faults()
    lines = _cells(raw, faults)
    header = next(lines, None)
    columns = _columns(header or [], faults)
    rows: list[Row] = []
    for cells in lines:
        if len(rows) == rows_max:
            faults.add("/readings", "csv_too_many_rows")
            break
        rows.append(_row(columns, cells, f"/readings/{len(rows)}", faults))
    if not rows:
        faults.add("/readings", "csv_no_rows")
    faults.stop()
    return rows


def _cells(raw: bytes, faults: _Faults) -> Iterator[list[str]]:
    """Yield the rows that hold anything."""
    try:
        for _, cells in csv_cells(decoded(raw)):
            yield cells
    except SheetFault as fault:
        faults.add(fault.pointer, _UNREADABLE[fault.reason])
        faults.stop()


def _columns(header: Sequence[str], faults: _Faults) -> list[str]:
    names = [name.strip() for name in header]
    if not set(names) & {*NEEDED, *OPTIONAL}:
        faults.add("", "csv_no_header")
        faults.stop()
    for fault in header_faults(names, Columns(NEEDED, OPTIONAL)):
        faults.add(fault.pointer, fault.code)
    faults.stop()
    return names


def _row(columns: Sequence[str], cells: Sequence[str], pointer: str, faults: _Faults) -> Row:
    if len(cells) != len(columns):
        faults.add(pointer, "csv_cells")
        return {}
    row: Row = {}
    for name, cell in zip(columns, cells, strict=True):
        if cell.lstrip(" ").startswith(_FORMULA):
            faults.add(f"{pointer}/{name}", "csv_formula")
        elif cell.strip() or name in NEEDED:
            row[name] = _value(name, cell.strip(), f"{pointer}/{name}", faults)
    return row


def _value(name: str, cell: str, pointer: str, faults: _Faults) -> JsonValue:
    if name in _WHOLE:
        if _DIGITS.fullmatch(cell):
            return int(cell)
        faults.add(pointer, "not_an_integer" if cell else "missing")
    if name == "mechanism":
        if cell.lower() in _TRUTHS:
            return _TRUTHS[cell.lower()]
        faults.add(pointer, "bool_parsing")
    return cell
