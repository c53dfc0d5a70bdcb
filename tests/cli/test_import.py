"""`greenledger import`: previewed, posted whole or unit by unit, with a file of what was refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from ledger.database import Urls
from tests.cli.test_cli import greenledger
from tests.http.reporting import YEAR, csv_of, reporting_at, steel, xlsx_of
from tests.registry import rows as sql

KIND = ("--kind", "energy-report", "--year", str(YEAR))


def asked(urls: Urls, file: Path, *options: str) -> tuple[int, Any]:
    """Import a file, and read what the command says as JSON."""
    done = greenledger("import", str(file), *KIND, *options, "--json", urls=urls)
    return done.returncode, json.loads(done.stdout)


def test_a_file_is_previewed_and_imported(database: Urls, tmp_path: Path) -> None:
    """A workbook, twice: the preview keeps nothing, the second import finds nothing new."""
    with reporting_at(database, units=1) as reporting:
        code, budget = reporting.code(0), reporting.budgets[0]
        file = tmp_path / "report.xlsx"
        file.write_bytes(xlsx_of(steel(code)))
        before = sql(database.app, "SELECT count(*) FROM journal")
        previewed, shown = asked(database, file, "--preview")
        assert sql(database.app, "SELECT count(*) FROM journal") == before
        imported, told = asked(database, file)
        again, same = asked(database, file)

    assert (previewed, imported, again) == (0, 0, 0)
    assert shown["units"] == told["units"]
    assert (shown["preview"], told["preview"]) == (True, False)
    assert told["units"][0] == {
        "credit_code": code,
        "budget_id": budget,
        "rows": 8,
        "unchanged": False,
        "status": "NOT_MET",
        "balance_gce": -130_270_500_000,
        "excess_gce": 130_270_500_000,
        "needed": 1_413_296,
    }
    assert (told["charged"], same["charged"], same["unchanged"]) == (1, 0, 1)


def test_refused_rows_are_written_to_a_file(database: Urls, tmp_path: Path) -> None:
    """Nothing is posted, and 1 is the exit; then the units that are right, by word of the operator."""
    with reporting_at(database, units=2) as reporting:
        wrong = (reporting.code(1), "peat", "", "1")
        file, errors = tmp_path / "report.csv", tmp_path / "errors.xlsx"
        file.write_bytes(csv_of([*steel(reporting.code(0)), wrong]))
        refused, told = asked(database, file, "--errors", str(errors))
        assert reporting.told(0)["status"] == "NOT_REPORTED"
        partly, rest = asked(database, file, "--partial", "--errors", str(tmp_path / "e.csv"))
        charged = reporting.told(0)

    assert (refused, partly) == (1, 1)
    assert (told["code"], told["charged"], rest["charged"]) == ("report_rows_refused", 0, 1)
    assert [fault["code"] for fault in told["refused"]] == ["fuel_unknown"]
    assert charged["excess_gce"] == 130_270_500_000
    cells = [[cell.value for cell in row] for row in load_workbook(errors).active]
    assert cells[1][:4] == [10, wrong[0], "peat", "1"]
    assert "fuel_unknown" in cells[1][-1]
    assert b"fuel_unknown" in (tmp_path / "e.csv").read_bytes()


def test_a_person_is_told_in_lines(database: Urls, tmp_path: Path) -> None:
    """Units, refused rows, and a sum; a file that is no sheet says why."""
    with reporting_at(database, units=1) as reporting:
        file, none = tmp_path / "report.csv", tmp_path / "none.csv"
        rows = [(reporting.code(0), "raw_coal", "", "1"), ("x", "raw_coal", "", "1")]
        file.write_bytes(csv_of(rows))
        none.write_bytes(b"a,b\n1,2\n")
        told = greenledger("import", str(file), *KIND, "--partial", urls=database)
        refused = greenledger("import", str(none), *KIND, urls=database)

    assert told.returncode == refused.returncode == 1
    assert f"{rows[0][0]}  MET " in told.stdout
    assert "row 3: x: credit_code: credit_code_invalid" in told.stdout
    assert told.stdout.strip().endswith("1 units charged, 0 unchanged, 1 rows refused")
    assert "csv_no_header" in refused.stderr
