"""`greenledger import` of lists, verified emissions and allocation tables: as their doors take them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from api.sheets.write import table_of, write_xlsx
from ledger.database import Urls
from ledger.doctor import examine
from tests.cli.test_cli import greenledger
from tests.http.bureau import ALLOCATED, LISTED, PAPER, Bureau, bureau_at, csv_of
from tests.http.doors import Json
from tests.registry import NAME

LIST: Final = ("--kind", "ets-entities", "--document-no", PAPER)
VERIFIED: Final = ("--kind", "verified-emissions")
TABLE: Final = ("--kind", "allocations", "--document-no", PAPER)


def asked(urls: Urls, file: Path, *options: str) -> tuple[int, Any]:
    """Import a file, and read what the command says as JSON."""
    done = greenledger("import", str(file), *options, "--json", urls=urls)
    return done.returncode, json.loads(done.stdout)


def decided(bureau: Bureau, told: Json) -> Json:
    """Have a regulator approve what an import waits for."""
    regulator = bureau.door.person("regulator")
    answer = regulator.bare(f"/v1/approvals/{told['approval_id']}/approve")
    assert answer.status_code == 201, answer.text
    done: Json = answer.json()
    return done


def written(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str]) -> Path:
    """Write rows as a file of the sort that its name says."""
    workbook = path.suffix == ".xlsx"
    path.write_bytes(
        write_xlsx([table_of("list", header, rows)]) if workbook else csv_of(rows, header)
    )
    return path


def test_a_year_by_files_at_the_terminal(database: Urls, tmp_path: Path) -> None:
    """V-10: listed, verified, approved by formula and allocated; lists and tables wait for a regulator."""
    with bureau_at(database) as bureau:
        accounts = bureau.maker.get("/v1/accounts").json()["items"]
        [pool] = [one["account_id"] for one in accounts if one["class"] == "province"]
        file = written(tmp_path / "list.xlsx", [bureau.power(0), bureau.power(1)], LISTED)
        before = bureau.journals()
        previewed, shown = asked(database, file, *LIST, "--preview")
        assert bureau.journals() == before
        listed, waiting = asked(database, file, *LIST)
        assert bureau.maker.get("/v1/ets-entities").json()["items"] == []
        decided(bureau, waiting)
        signed = [bureau.signed(0, 2025, 2_600_000), bureau.signed(1, 2025, 3_300_000)]
        rows = [list(row.values()) for row in signed]
        file = written(tmp_path / "verified.csv", rows, list(signed[0]))
        verified, taken = asked(database, file, *VERIFIED)
        worked = [(bureau.code(n), "2025", "final", "u1", "3000000", "2000000") for n in (0, 1)]
        file = written(tmp_path / "table.csv", worked, ALLOCATED)
        tabled, table = asked(database, file, *TABLE, "--province-account", pool)
        approved = decided(bureau, table)["approvals"]

    assert (previewed, listed, verified, tabled) == (0, 0, 0, 0)
    assert (shown["parties"], shown["approval_id"], shown["preview"]) == (2, None, True)
    assert (waiting["parties"], waiting["refused"], waiting["code"]) == (2, [], None)
    assert (taken["parties"], taken["approval_id"]) == (2, None)
    assert [one["quantity"] for one in approved] == [2_576_000, 2_640_000]
    assert examine(database.owner, NAME) == []


def test_refused_rows_are_written_and_the_others_taken(database: Urls, tmp_path: Path) -> None:
    """All or nothing; with --partial party by party, and 1 is the exit of both."""
    with bureau_at(database) as bureau:
        wrong = (*bureau.power(1)[:2], "gold", "名录", "u1", "power_gas")
        file = written(tmp_path / "list.csv", [bureau.power(0), wrong], LISTED)
        errors = tmp_path / "errors.csv"
        refused, told = asked(database, file, *LIST, "--errors", str(errors))
        partly, rest = asked(database, file, *LIST, "--partial")
        decided(bureau, rest)
        listed = bureau.maker.get("/v1/ets-entities").json()["items"]
        prose = greenledger("import", str(file), *LIST, "--partial", urls=database)

    assert (refused, partly) == (1, 1)
    assert (told["code"], told["parties"]) == ("report_rows_refused", 0)
    assert [(row["row"], row["column"]) for row in told["refused"]] == [(3, "sector")]
    lines = list(csv.reader(io.StringIO(errors.read_text("utf-8-sig"))))
    assert lines[0] == ["row", *LISTED, "reason"]
    assert (lines[1][:2], len(lines)) == (["3", wrong[0]], 2)
    assert [row["party_id"] for row in listed] == [bureau.emitters[0][0]]
    assert "1 parties taken, 1 rows refused" in prose.stdout
    assert "waits for a regulator: POST /v1/approvals/apr_" in prose.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kind", "ets-entities"), "needs --document-no"),
        (("--kind", "energy-report"), "needs --year"),
        ((*VERIFIED, "--document-no", "x"), "--document-no says nothing"),
        ((*LIST, "--province-account", "acc_1"), "--province-account says nothing"),
        ((*TABLE[:3], " "), "--document-no"),
    ],
)
def test_options_that_are_missing_or_say_nothing_are_named(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    """2 is the exit of wrong usage, before a database is asked."""
    file = written(tmp_path / "list.csv", [], LISTED)
    told = greenledger("import", str(file), *options)

    assert told.returncode == 2
    assert said in " ".join(told.stderr.replace("│", " ").split())


def test_allocations_come_out_of_a_province_s_account(database: Urls, tmp_path: Path) -> None:
    """Another's account, or none, is named, and nothing is asked of anybody."""
    with bureau_at(database) as bureau:
        file = written(tmp_path / "table.csv", [(bureau.code(0), "2025", "pre")], ALLOCATED)
        for account in (bureau.accounts[0], "acc_0000000000000"):
            told = greenledger(
                "import", str(file), *TABLE, "--province-account", account, urls=database
            )
            assert told.returncode == 2
            assert account in told.stderr
