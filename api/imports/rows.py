"""The rows of a sheet under the names of its columns, and what is wrong with each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from api.problems import DoorCode, FieldFault, Problem
from api.sheets.grid import Line, SheetFault
from api.sheets.read import read_sheet
from schemas.text import pointer_token

_NAME_TOLD: Final = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file from 1, its cells by column, and faults by column.

    Cells that are blank are left out; the others have no spaces around them.
    """

    number: int
    cells: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row is refused: where, by which code, and on which facts."""

    row: int
    credit_code: str
    column: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Tell it as it is stored and answered."""
        return {
            "row": self.row,
            "credit_code": self.credit_code,
            "column": self.column,
            "code": self.code,
            "facts": dict(self.facts),
        }


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a sheet must have, and those that it may have."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """List all of them."""
        return (*self.needed, *self.optional)


def sheet_rows(raw: bytes, media_type: str, columns: Columns) -> tuple[Row, ...]:
    """Read the rows of a file whose first line names its columns, in whatever order.

    Raises:
        Problem: `sheet_malformed`, naming the place: no file of rows comes of it.
    """
    try:
        lines = read_sheet(raw, media_type)
    except SheetFault as fault:
        raise malformed(fault.pointer, f"sheet_{fault.reason}") from fault
    names = _header(lines[0].cells if lines else (), columns)
    if len(lines) == 1:
        raise malformed("", "csv_no_rows")
    return tuple(_row(names, line) for line in lines[1:])


def malformed(pointer: str, code: str) -> Problem:
    """Say that a file cannot be read, and where."""
    return Problem(DoorCode.SHEET_MALFORMED, [FieldFault(pointer, code, code)])


def _header(cells: Sequence[str], columns: Columns) -> tuple[str, ...]:
    names = tuple(name.strip() for name in cells)
    if not set(names) & set(columns.names):
        raise malformed("", "csv_no_header")
    if faults := [*header_faults(names, columns)]:
        raise Problem(DoorCode.SHEET_MALFORMED, faults)
    return names


def header_faults(names: Sequence[str], columns: Columns) -> Iterator[FieldFault]:
    """Say which columns nobody knows, which come twice, and which are missing."""
    for place, name in enumerate(names):
        pointer = f"/header/{pointer_token(name[:_NAME_TOLD])}"
        if name not in columns.names:
            yield FieldFault(pointer, "csv_column_unknown", "")
        elif name in names[:place]:
            yield FieldFault(pointer, "csv_column_twice", "")
    for name in columns.needed:
        if name not in names:
            yield FieldFault(f"/header/{name}", "csv_column_missing", "")


def _row(names: Sequence[str], line: Line) -> Row:
    named = zip(names, line.cells, strict=False)  # a row may be shorter than the header
    cells = {name: text for name, cell in named if (text := cell.strip())}
    faults = {names[at]: code for at, code in line.faults.items() if at < len(names)}
    if any(cell.strip() for cell in line.cells[len(names) :]):
        faults[names[-1]] = "csv_cells"
    return Row(line.number, cells, faults)
