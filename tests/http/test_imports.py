"""Lists, verified emissions and allocation tables as files: previewed, taken whole or party by party."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.sheets.read import CSV, XLSX, read_sheet
from api.sheets.write import table_of, write_xlsx
from ledger.database import Urls
from tests.http.bureau import LIST, LISTED, PAPER, TABLE, VERIFIED, Bureau, bureau_at, csv_of
from tests.http.doors import Json


@pytest.fixture
def bureau(database: Urls) -> Iterator[Bureau]:
    """Give one test a province's office over three emitters."""
    with bureau_at(database) as opened:
        yield opened


def faults(told: Json) -> set[tuple[int, str, str]]:
    """Give row, column and code of what was refused."""
    rows = told["facts"]["rows"] if "facts" in told else told["refused"]
    return {(row["row"], row["column"], row["code"]) for row in rows}


def test_a_list_waits_for_a_second_person_who_sees_all_of_it(bureau: Bureau) -> None:
    """What is approved is every party with its installations, not a file."""
    second = (*bureau.power(0)[:4], "u2", "power_gas")
    waiting = bureau.listed(bureau.power(0), second, bureau.power(1))
    told = waiting.json()
    payload = bureau.checker.get(f"/v1/approvals/{told['approval_id']}").json()["payload"]
    assert (told["parties"], told["refused"]) == (2, [])
    assert [len(one["installations"]) for one in payload["entities"]] == [2, 1]
    assert bureau.maker.get("/v1/ets-entities").json()["items"] == []

    bureau.decided(waiting)
    items = bureau.maker.get("/v1/ets-entities", year=2025).json()["items"]
    assert {item["party_id"] for item in items} == {bureau.emitters[n][0] for n in (0, 1)}


def test_a_preview_keeps_nothing(bureau: Bureau) -> None:
    """It tells as much as the import would, for CSV, XLSX and JSON alike."""
    before = bureau.journals()
    rows = [bureau.power(0), (*bureau.power(1)[:2], "gold", "名录", "u1", "power_gas")]
    workbook = write_xlsx([table_of("list", LISTED, rows)])
    named: list[Json] = [dict(zip(LISTED, row, strict=True)) for row in rows]
    body = {"document_no": PAPER, "rows": named}
    answers = [
        bureau.listed(*rows, dry_run="true", mode="partial"),
        bureau.send(LIST, workbook, XLSX, document_no=PAPER, dry_run="true", mode="partial"),
        bureau.maker.post(f"{LIST}?mode=partial&dry_run=true", body),
    ]

    for answer, at_row in zip(answers, (3, 3, 2), strict=True):
        assert (answer.status_code, answer.json()["parties"]) == (200, 1), answer.text
        assert faults(answer.json()) == {(at_row, "sector", "literal_error")}
    assert bureau.journals() == before


def test_one_wrong_row_stops_all_and_every_wrong_row_is_told(bureau: Bureau) -> None:
    """By its place in the file: what cannot be read, who is not there, what the rules refuse."""
    code = bureau.verifier[1]
    rows = [
        bureau.power(0),
        ("91110000100000001Y", "2025", "power", "x", "u1", "power_gas"),
        (code, "2025", "power", "x", "u1", "power_gas"),
        (*bureau.power(1)[:3], "another reason", "u2", "power_gas"),
        bureau.power(1),
    ]
    answer = bureau.listed(*rows)

    assert (answer.status_code, answer.json()["code"]) == (422, "report_rows_refused")
    assert answer.json()["facts"]["units"] == 1
    assert faults(answer.json()) == {
        (3, "credit_code", "credit_code_invalid"),
        (4, "credit_code", "role_conflict"),
        (6, "listing_reason", "cell_differs"),
    }


def test_the_rows_not_taken_come_back_as_a_file(bureau: Bureau) -> None:
    """With their reasons, to be corrected and sent again; the approval is named beside them."""
    wrong = (*bureau.power(1)[:2], "gold", "名录", "u1", "power_gas")
    path = f"{LIST}?document_no={PAPER}&mode=partial"
    headers = {"accept": CSV, "content-type": CSV, "accept-language": "zh"}
    headers |= {"idempotency-key": "once", "authorization": f"Bearer {bureau.maker.key}"}
    content = csv_of([bureau.power(0), wrong], LISTED)
    answer = bureau.door.http.post(path, content=content, headers=headers)
    lines = [line.cells for line in read_sheet(answer.content, CSV)]

    assert answer.status_code == 202, answer.text
    assert answer.headers["location"].startswith("/v1/approvals/")
    assert tuple(lines[0]) == ("row", *LISTED, "reason")
    assert len(lines) == 2
    assert bureau.code(1) in lines[1]


def test_v10_by_files(bureau: Bureau) -> None:
    """Verified 2024, pre-allocated 2025, verified, approved by formula: each a file, in order."""
    bureau.decided(bureau.listed(bureau.power(0), bureau.power(1)))
    head = ("credit_code", "compliance_year", "tco2e", "verifier_code", "document_no")
    rows = [(bureau.code(n), "2024", "2550000", bureau.verifier[1], PAPER) for n in (0, 1)]
    assert bureau.send(VERIFIED, csv_of(rows, head)).status_code == 201
    pre = bureau.decided(bureau.table(*((bureau.code(n), "2025", "pre") for n in (0, 1))))
    assert [one["allocated"] for one in pre["approvals"]] == [1_275_000, 1_275_000]

    body = {"rows": [bureau.signed(0, 2025, 2_600_000), bureau.signed(1, 2025, 3_300_000)]}
    done = bureau.maker.must(VERIFIED, body)
    assert (done["parties"], done["refused"]) == (2, [])
    figures = [(bureau.code(n), "2025", "final", "u1", "3000000", "2000000") for n in (0, 1)]
    final = bureau.decided(bureau.table(*figures))
    told = [(one["quantity"], one["allocated"]) for one in final["approvals"]]
    assert told == [(2_576_000, 1_301_000), (2_640_000, 1_365_000)]


def test_rules_refuse_party_by_party(bureau: Bureau) -> None:
    """In partial mode the others go ahead; a stage approved meanwhile stops its own party only."""
    bureau.decided(bureau.listed(bureau.power(0), bureau.power(1)))
    first = bureau.table((bureau.code(0), "2025", "auction"))
    assert faults(first.json()) == {(2, "credit_code", "formula_input_missing")}
    given = ("credit_code", "year", "stage", "previous_verified")
    rows = [(bureau.code(n), "2025", "pre", "1789.70") for n in range(3)]
    content = csv_of(rows, given)
    some = bureau.send(TABLE, content, document_no=PAPER, mode="partial")

    assert faults(some.json()) == {(4, "credit_code", "entity_not_listed")}
    approved = bureau.decided(some)["approvals"]
    assert [one["quantity"] for one in approved] == [894, 894]
    again = bureau.send(TABLE, content, document_no=PAPER)
    assert faults(again.json()) == {
        (2, "credit_code", "stage_approved_already"),
        (3, "credit_code", "stage_approved_already"),
        (4, "credit_code", "entity_not_listed"),
    }


def test_emissions_are_judged_row_by_row(bureau: Bureau) -> None:
    """Unsigned, signed for another figure, a party twice, and a verifier that is none."""
    other = bureau.signed(0, 2025, 7) | {"tco2e": "8"}
    unsigned = bureau.signed(1, 2025, 7)
    del unsigned["key_id"], unsigned["signature"]
    nobody = bureau.signed(2, 2025, 7) | {"verifier_code": bureau.code(0)}
    answer = bureau.maker.post(VERIFIED, {"rows": [other, unsigned, nobody, nobody]})

    assert faults(answer.json()) == {
        (1, "credit_code", "verification_signature_wrong"),
        (2, "credit_code", "verification_unsigned"),
        (3, "verifier_code", "verifier_unfit"),
        (4, "compliance_year", "item_twice"),
    }


def test_a_file_needs_its_document_and_its_parties_a_limit(bureau: Bureau) -> None:
    """A document is named beside a file; one act takes 500 parties."""
    without = bureau.send(LIST, csv_of([bureau.power(0)], LISTED))
    crowd = [(f"{n:018d}", "2025", "power", "x", "u", "c") for n in range(501)]
    told = bureau.listed(*crowd).json()

    assert (without.status_code, without.json()["code"]) == (400, "validation_failed")
    assert told["code"] == "report_rows_refused"
    assert (502, "credit_code", "too_many_units") in faults(told)
