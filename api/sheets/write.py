"""Write a table as CSV or XLSX: the same table is the same bytes, on any day and any machine."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias

from api.sheets.grid import is_formula

Value: TypeAlias = str | int | Decimal | None

_NUMBER_MAX: Final = 10**15  # a spreadsheet keeps 15 digits; a longer number is written as text
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that an archive can tell
_MADE: Final = datetime(1980, 1, 1)  # noqa: DTZ001 # openpyxl takes none with a zone
_REPLACED: Final = "\ufffd"
_CELL_CHARS: Final = 32_767  # of a spreadsheet
_TITLE_CHARS: Final = 31  # likewise


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; whole numbers and decimals are exact, None is an empty cell."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def write_csv(table: Table, *below: Table) -> bytes:
    """Write UTF-8 with a byte order mark, by which spreadsheets know it, and lines that end in CRLF.

    A text that a spreadsheet would work out is written behind an apostrophe, and so shown instead.
    Tables `below` follow one another, each after an empty line and with columns of its own.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for one in (table, *below):
        if one is not table:
            writer.writerow(())
        writer.writerow(one.columns)
        writer.writerows([_csv_cell(value) for value in row] for row in one.rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def write_xlsx(tables: Sequence[Table]) -> bytes:
    """Write a workbook, a sheet for each table; texts are never formulas.

    Parts are stored, not packed, under one fixed time: what packs differs between machines.
    """
    from openpyxl import Workbook  # large, and few who start need it
    from openpyxl.writer.excel import ExcelWriter

    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = _MADE
    for table in tables:
        sheet = book.create_sheet(table.title[:_TITLE_CHARS])
        for row in (table.columns, *table.rows):
            sheet.append([_xlsx_cell(sheet, value) for value in row])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        ExcelWriter(book, archive).write_data()
    return _repeatable(packed)


def _csv_cell(value: Value) -> str:
    text = _text(value)
    return f"'{text}" if isinstance(value, str) and is_formula(text) else text


def _text(value: Value) -> str:
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _xlsx_cell(sheet: object, value: Value) -> object:
    """Make a cell: a number where a spreadsheet keeps all of it, else text, whatever it looks like."""
    if value is None:
        return None
    if isinstance(value, int) and abs(value) < _NUMBER_MAX:
        return value
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet)
    cell.value = ILLEGAL_CHARACTERS_RE.sub(_REPLACED, _text(value))[:_CELL_CHARS]
    cell.data_type = "s"
    return cell


def _repeatable(packed: io.BytesIO) -> bytes:
    """Put an archive's parts into one that tells neither when nor by what it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(out, "w") as new:
        for name in sorted(old.namelist(), key=_order):
            part = zipfile.ZipInfo(name, _EPOCH)
            part.create_system = 3  # of whatever machine
            new.writestr(part, old.read(name))
    return out.getvalue()


def _order(name: str) -> tuple[bool, str]:
    """Begin with the list of contents, by which programs know a workbook."""
    return name != "[Content_Types].xml", name


def table_of(title: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> Table:
    """Make a table, whose rows must all be as wide as its header."""
    made = tuple(tuple(row) for row in rows)
    assert all(len(row) == len(columns) for row in made)
    return Table(title, tuple(columns), made)
