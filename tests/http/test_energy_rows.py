"""What may be wrong with a sheet of energy use, and with each of its rows: told at its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sheets.read import CSV, XLSX
from tests.http.reporting import Reporting, codes


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (("", "raw_coal", "", "1"), "credit_code", "missing"),
        (("91110000100000001Y", "raw_coal", "", "1"), "credit_code", "credit_code_invalid"),
        (("{0}", "", "", "1"), "item", "missing"),
        (("{0}", "raw_coal", "", ""), "purchased", "missing"),
        (("{0}", "heat", "", ""), "purchased", "missing"),
        (("{0}", "peat", "", "1"), "item", "fuel_unknown"),
        (("{0}", "raw_coal", "MWh", "1"), "unit", "fuel_unit_wrong"),
        (("{0}", "grid_offtake", "t", "1"), "unit", "sheet_unit_unknown"),
        (("{0}", "heat", "kWh", "1"), "unit", "sheet_unit_unknown"),
        (("{0}", "raw_coal", "", "-1"), "purchased", "decimal_invalid"),
        (("{0}", "raw_coal", "", "1.2345"), "purchased", "decimal_invalid"),
        (("{0}", "raw_coal", "kg", "0.1"), "purchased", "decimal_invalid"),
        (("{0}", "raw_coal", "", "1,000"), "purchased", "decimal_invalid"),
        (("{0}", "raw_coal", "", "1e3"), "purchased", "decimal_invalid"),
        (("{0}", "raw_coal", "", "=1+1"), "purchased", "sheet_formula"),
        (("{0}", "grid_offtake", "", "1.5"), "purchased", "not_an_integer"),
        (("{0}", "grid_offtake", "", "-1"), "purchased", "not_an_integer"),
        (("{0}", "grid_offtake", "亿kWh", "99999999"), "purchased", "less_than_equal"),
        (("{0}", "grid_offtake", "", "1", "2"), "sold", "cell_unwanted"),
        (("{0}", "raw_coal", "", "1", "", "", "0.5"), "fossil_share", "cell_unwanted"),
        (("{0}", "heat", "", "1", "", "", "x"), "fossil_share", "decimal_invalid"),
        (("{0}", "raw_coal", "", "1", "", "x"), "heat_value", "decimal_invalid"),
        (("{0}", "raw_coal", "", "1", "", "", "", "ABC"), "document_sha256", "sha256_invalid"),
        (("{0}", "raw_coal", "", "1", "", "", "", "0" * 64), "document_sha256", "evidence_unknown"),
        (("{0}", "traded", "", "5"), "item", "traded_above_offtake"),
        (("{0}", "raw_coal", "", "1", "2"), "item", "fuel_out_above_in"),
        (("{0}", "raw_coal", "", "99999999999"), "item", "fuel_quantity_invalid"),
        (("{2}", "raw_coal", "", "1"), "credit_code", "budget_unknown"),
        (("{3}", "raw_coal", "", "1"), "credit_code", "party_unknown"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_at_its_column(
    reported: Reporting, row: tuple[str, ...], column: str, code: str
) -> None:
    """Before anything is posted, whatever is wrong: the cell, the item, the unit, the evidence."""
    party = reported.door.party("key_energy_unit", province="15")
    away = reported.door.party("key_energy_unit", province="44")
    spare = [
        reported.regulators[0].get(f"/v1/parties/{name}").json()["credit_code"]
        for name in (party, away)
    ]
    known = [reported.code(0), reported.code(1), *spare]
    told = reported.post([[cell.format(*known) for cell in row]]).json()

    assert told["code"] == "report_rows_refused", told
    assert (2, column, code) in codes(told)


def test_an_item_stands_once_for_a_unit(reported: Reporting) -> None:
    """Twice is a mistake, unless the second is of another heat value; the rows need not be together."""
    code, other = reported.code(0), reported.code(1)
    twice = [(code, "raw_coal", "", "1"), (other, "raw_coal", "", "1"), (code, "raw_coal", "", "2")]
    apart = [(code, "raw_coal", "", "1"), (code, "raw_coal", "", "2", "", "20000")]

    assert codes(reported.post(twice).json()) == {(4, "item", "item_twice")}
    assert reported.post(apart, dry_run="true").status_code == 200


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (b"", CSV, "csv_no_header"),
        (b"a,b\n1,2\n", CSV, "csv_no_header"),
        (b"credit_code,item\nx,y\n", CSV, "csv_column_missing"),
        (b"credit_code,item,purchased,x\n", CSV, "csv_column_unknown"),
        (b"credit_code,item,purchased,item\n", CSV, "csv_column_twice"),
        (b"credit_code,item,purchased\n", CSV, "csv_no_rows"),
        (b"credit_code,item,purchased\n\0", CSV, "sheet_nul"),
        (b'credit_code,item,purchased\n"', CSV, "sheet_malformed"),
        (b"\xff\xfe\x00p", CSV, "sheet_encoding"),
        (b"PK\x03\x04", XLSX, "sheet_malformed"),
        (b"credit_code,item,purchased\n" + b"x,y,1\n" * 20_001, CSV, "sheet_too_many_rows"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_as_malformed(
    reported: Reporting, content: bytes, media_type: str, code: str
) -> None:
    """It says where and why; nothing of it is stored under the key."""
    answer = reported.file(content, media_type)
    told = answer.json()

    assert (answer.status_code, told["code"]) == (400, "sheet_malformed"), told
    assert code in {fault["code"] for fault in told["errors"]}
    assert all(fault["detail"] for fault in told["errors"])


def test_a_row_longer_than_the_header_is_refused(reported: Reporting) -> None:
    """Whatever stands beyond the columns has no name; a shorter row is blank at its end."""
    content = b"credit_code,item,purchased\n%b,raw_coal,1,2\n" % reported.code(0).encode()

    assert codes(reported.file(content, CSV).json()) == {(2, "purchased", "csv_cells")}


CELLS = st.sampled_from(["", "1", "-1", "1.5", "=x", "t", "MWh", "raw_coal", "heat", "traded", "x"])


@given(st.lists(st.lists(CELLS, min_size=1, max_size=8), min_size=1, max_size=5), st.booleans())
def test_any_broken_row_posts_nothing(
    reported: Reporting, rows: list[list[str]], first: bool
) -> None:
    """Among right rows or alone: refused with its place, and the budgets stay as they were."""
    right = (reported.code(1), "raw_coal", "", "1")
    wrong = [[reported.code(0), *row] for row in rows]
    told = reported.post([right, *wrong] if first else [*wrong, right], dry_run="true")

    assert told.status_code in {200, 422}, told.text
    if told.status_code == 422:
        assert codes(told.json())
