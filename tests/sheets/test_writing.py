"""Tables are written so that the same table is the same bytes, and comes back as it was."""

from __future__ import annotations

import io
import time
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from api.sheets.read import CSV, XLSX, read_sheet
from api.sheets.write import Table, Value, table_of, write_csv, write_xlsx

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff"),
    min_size=1,
    max_size=12,
).filter(lambda text: bool(text.strip()) and not text.lstrip(" ").startswith(tuple("=+-@'")))
VALUES: st.SearchStrategy[Value] = st.one_of(
    TEXT, st.integers(-(10**18), 10**18), st.decimals(-(10**9), 10**9, places=3), st.none()
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a table whose every row holds something."""
    width = draw(st.integers(1, 5))
    row = st.tuples(TEXT, *[VALUES] * (width - 1))
    return table_of("报表", [f"c{n}" for n in range(width)], draw(st.lists(row, max_size=6)))


def told(table: Table) -> list[tuple[str, ...]]:
    """Spell a table as any reader should find it, empty cells at the end left out."""
    return [trimmed(tuple(spelt(value) for value in row)) for row in (table.columns, *table.rows)]


def spelt(value: Value) -> str:
    """Spell a value."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else str(value)


def trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Leave the empty cells at the end of a row out."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def read(raw: bytes, media_type: str) -> list[tuple[str, ...]]:
    """Read the cells of what was written."""
    return [trimmed(line.cells) for line in read_sheet(raw, media_type)]


@given(tables())
def test_a_table_comes_back_from_both_kinds_of_file(table: Table) -> None:
    """CSV and XLSX hold the same rows, number for number and letter for letter."""
    assert read(write_csv(table), CSV) == read(write_xlsx([table]), XLSX) == told(table)


@given(tables())
def test_rows_pass_from_csv_to_xlsx_and_back(table: Table) -> None:
    """What a CSV says is what the XLSX made of it says, and the CSV made of that again."""
    raw = write_csv(table)
    header, *rows = read(raw, CSV)
    wide = [(*row, *[""] * (len(table.columns) - len(row))) for row in rows]
    first = table_of("a", table.columns, wide)
    header_again, *rows_again = read(write_xlsx([first]), XLSX)

    assert (header_again, rows_again) == (header, rows)


def test_the_same_table_is_the_same_bytes_on_any_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the archive nor the document in it tells when it was made."""
    table = table_of("over", ["unit", "gce"], [["a", 1], ["b", -2]])
    first = write_xlsx([table, table])
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
    second = write_xlsx([table, table])

    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {part.compress_type for part in archive.infolist()} == {zipfile.ZIP_STORED}
    made = load_workbook(io.BytesIO(first)).properties
    assert made.created == made.modified
    assert made.created.year == 1980


def test_no_text_is_worked_out_by_a_spreadsheet() -> None:
    """In a workbook it is a text; in a CSV it stands behind an apostrophe; numbers stay numbers."""
    table = table_of("t", ["a", "b", "c"], [["=1+1", -5, "@x"]])
    sheet = load_workbook(io.BytesIO(write_xlsx([table]))).active

    assert [cell.data_type for cell in sheet[2]] == ["s", "n", "s"]
    assert [cell.value for cell in sheet[2]] == ["=1+1", -5, "@x"]
    assert write_csv(table).decode("utf-8-sig") == "a,b,c\r\n'=1+1,-5,'@x\r\n"


def test_tables_below_follow_after_an_empty_line() -> None:
    """With columns of their own, however many."""
    tables = (
        table_of("t", ["a", "b"], [[1, 2]]),
        table_of("u", ["c"], []),
        table_of("v", ["d"], [["x"]]),
    )

    assert write_csv(*tables).decode("utf-8-sig") == "a,b\r\n1,2\r\n\r\nc\r\n\r\nd\r\nx\r\n"


def test_long_numbers_are_written_whole() -> None:
    """A spreadsheet would keep fifteen digits of them; as texts they keep all."""
    table = table_of("t", ["gce"], [[10**15 - 1], [10**15], [Decimal("0.000000001")]])
    sheet = load_workbook(io.BytesIO(write_xlsx([table]))).active

    assert [sheet.cell(n, 1).value for n in (2, 3, 4)] == [
        10**15 - 1,
        "1000000000000000",
        "0.000000001",
    ]


def test_what_no_workbook_can_hold_is_replaced() -> None:
    """Control characters, and texts longer than a cell; the file stays one that opens."""
    table = table_of("t" * 40, ["a"], [["x\x01y"], ["z" * 40_000]])
    book = load_workbook(io.BytesIO(write_xlsx([table])))

    assert book.sheetnames == ["t" * 31]
    assert book.active.cell(2, 1).value == "x\ufffdy"
    assert len(book.active.cell(3, 1).value) == 32_767


def test_several_tables_are_several_sheets_in_order() -> None:
    """The first is the one that a reader of one sheet finds."""
    one, two = table_of("one", ["a"], [["1"]]), table_of("two", ["b"], [["2"]])
    raw = write_xlsx([one, two])

    assert load_workbook(io.BytesIO(raw)).sheetnames == ["one", "two"]
    assert read(raw, XLSX) == [("a",), ("1",)]
