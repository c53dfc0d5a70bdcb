"""Read a sheet out of a file: CSV in UTF-8 or GB18030, or the first sheet of an XLSX workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from api.sheets.grid import Limits, Line, SheetFault, line_of
from api.sheets.read_xlsx import xlsx_lines

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LIMITS: Final = Limits()
_BOM: Final = "\ufeff"
_ZIP: Final = b"PK\x03\x04"


def media_type_of(raw: bytes) -> str:
    """Tell an XLSX from a CSV by its first bytes, whatever the file is called."""
    return XLSX if raw.startswith(_ZIP) else CSV


def read_sheet(raw: bytes, media_type: str, limits: Limits = LIMITS) -> tuple[Line, ...]:
    """Read the lines that hold anything, in order; cells are text, numbers their exact decimal text.

    Raises:
        SheetFault: `too_large`, `encoding`, `nul`, `malformed`, `doctype`, `macros`, `too_many_rows`,
            `too_many_columns`, `unpacks_too_large`.
    """
    if len(raw) > limits.bytes_max:
        raise SheetFault("too_large")
    lines = xlsx_lines(raw, limits) if media_type == XLSX else _csv_lines(raw, limits)
    found: list[Line] = []
    for line in lines:
        if len(found) == limits.rows_max:
            raise SheetFault("too_many_rows", f"line {line.number}")
        found.append(line)
    return tuple(found)


def decoded(raw: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark, or else GB18030, as spreadsheets in China write it.

    Raises:
        SheetFault: `encoding`; `nul` where a text holds one.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise SheetFault("nul")
        return text.removeprefix(_BOM)
    raise SheetFault("encoding")


def csv_cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold anything, with the number of the line on which each ends.

    Raises:
        SheetFault: `malformed`, with the line.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as fault:
        raise SheetFault("malformed", f"line {reader.line_num}") from fault


def _csv_lines(raw: bytes, limits: Limits) -> Iterator[Line]:
    for number, cells in csv_cells(decoded(raw)):
        yield line_of(number, cells, limits)
