"""A sheet as it was read: lines of text, each with its place in the file, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

FORMULA: Final = "sheet_formula"
ERROR_CELL: Final = "sheet_error_cell"
NUMBER_INEXACT: Final = "sheet_number_inexact"
TEXT_UNFIT: Final = "sheet_text_unfit"

_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_KEPT_DIGITS: Final = 15
"""Significant digits that a spreadsheet keeps of a number that a person types."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read; each a guard against files made to exhaust the reader.

    `bytes_max` is the file as sent, `unpacked_max` what an XLSX unpacks to, in bytes; `ratio_max` the
    unpacked bytes for each packed one. Rows count those that hold anything, the header among them.
    """

    bytes_max: int = 4 * 1024 * 1024
    unpacked_max: int = 32 * 1024 * 1024
    ratio_max: int = 200
    parts_max: int = 200
    rows_max: int = 20_001
    columns_max: int = 60
    cell_chars_max: int = 2_000


@dataclass(eq=False)
class SheetFault(Exception):
    """A file that is no sheet we read: `reason` is one word, `place` a line or cell if there is one."""

    reason: str
    place: str = ""

    @property
    def pointer(self) -> str:
        """Spell the place as a pointer into the file: `/line/7`."""
        return f"/{self.place.replace(' ', '/')}" if self.place else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row that holds anything: its number in the file from 1, its cells, faults by column from 0."""

    number: int
    cells: tuple[str, ...]
    faults: Mapping[int, str] = field(default_factory=dict)


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet would work a text out instead of showing it; a number is none."""
    return text.lstrip(" ").startswith(_FORMULA_SIGNS) and not _NUMBER.fullmatch(text.strip())


def text_fault(text: str, limits: Limits) -> str | None:
    """Say what is wrong with a cell's text, by its code: a formula, control characters, too long."""
    if is_formula(text):
        return FORMULA
    unfit = len(text) > limits.cell_chars_max or _CONTROL.search(text)
    return TEXT_UNFIT if unfit else None


def number_text(spelt: str) -> str | None:
    """Spell a number of an XLSX as the plain decimal that a person typed; None if it has none.

    A spreadsheet keeps 0.29 as a binary number and writes 17 digits of it, 0.28999999999999998. Such
    a spelling is read as the one number of at most 15 digits that names the same binary number;
    whatever has at most 15 digits, or is whole, is taken digit for digit.
    """
    if not _NUMBER.fullmatch(spelt):
        return None
    value = Decimal(spelt)
    if _digits(value) > _KEPT_DIGITS and value != value.to_integral_value():
        value = Decimal(repr(float(spelt)))  # only names the number; nothing is worked out with it
        if _digits(value) > _KEPT_DIGITS:
            return None
    return _plain(value)


def line_of(number: int, cells: Sequence[str], limits: Limits) -> Line:
    """Make a line of texts that came without types, noting what is wrong with each.

    Raises:
        SheetFault: `too_many_columns`.
    """
    if len(cells) > limits.columns_max:
        raise SheetFault("too_many_columns", f"line {number}")
    found = {at: text_fault(cell, limits) for at, cell in enumerate(cells)}
    return Line(number, tuple(cells), {at: fault for at, fault in found.items() if fault})


def _digits(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text
