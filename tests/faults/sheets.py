"""Faults to plant in files that come in, and in what is reported out."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

READING: Final = "tests/sheets/test_reading.py"
WRITING: Final = "tests/sheets/test_writing.py"
REPORTS: Final = "tests/http/test_energy_reports.py"
DOUBLE: Final = "tests/settlement/test_double_use.py"

SHEETS: Final = (
    one(
        "a number of a sheet is rounded instead of refused",
        f"{READING}::test_a_number_is_read_as_the_decimal_that_was_typed",
        "api/sheets/grid.py",
        "        if _digits(value) > _KEPT_DIGITS:\n            return None\n",
        "",
    ),
    one(
        "a formula's last value counts",
        f"{READING}::test_what_a_cell_may_not_hold_is_noted_at_its_place",
        "api/sheets/read_xlsx.py",
        '    if "f" in parts:\n        return "", FORMULA\n',
        "",
    ),
    one(
        "a document type is read",
        f"{READING}::test_no_document_type_is_read",
        "api/sheets/read_xlsx.py",
        "forbid_dtd=True",
        "forbid_dtd=False",
    ),
    one(
        "a file tells the day on which it was written",
        f"{WRITING}::test_the_same_table_is_the_same_bytes_on_any_day",
        "api/sheets/write.py",
        "zipfile.ZipInfo(name, _EPOCH)",
        "zipfile.ZipInfo(name, old.getinfo(name).date_time)",
    ),
    one(
        "a text is written as a formula",
        f"{WRITING}::test_no_text_is_worked_out_by_a_spreadsheet",
        "api/sheets/write.py",
        '    cell.data_type = "s"\n',
        "",
    ),
    one(
        "a report with a wrong row posts the others unasked",
        f"{REPORTS}::test_one_wrong_row_posts_nothing",
        "api/imports/reporting.py",
        "    if refused and not report.partial:",
        "    if refused and not report.partial and not done:",
    ),
    one(
        "units charged together each take the whole room of a cap",
        "tests/settlement/test_charging.py::test_units_charged_together_share_what_a_cap_leaves",
        "settlement/fossil_budget/charging.py",
        "    taken.add(before, counted)\n",
        "",
    ),
    one(
        "what was taken back still counts as ended",
        f"{DOUBLE}::test_ends_are_replayed_as_serial_by_serial",
        "settlement/reports/double_use.py",
        "        if use.begins:\n",
        "        if use.begins or use.journal:\n",
    ),
    one(
        "a report sees acts behind its size",
        "tests/http/test_reports.py::test_a_report_about_a_past_size_is_the_same_file_for_ever",
        "ledger/store/queries/as_of.py",
        "leaf.idx < size",
        "leaf.idx >= 0",
    ),
)
