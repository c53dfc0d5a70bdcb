"""The annual energy-use report: previewed, posted whole or unit by unit, and told row by row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from api.sheets.read import CSV, XLSX, read_sheet
from ledger.database import Urls
from tests.http.doors import Json
from tests.http.reporting import (
    HEADER,
    PATH,
    YEAR,
    Reporting,
    codes,
    csv_of,
    reporting_at,
    steel,
    xlsx_of,
)
from tests.registry import rows as sql


@pytest.fixture
def reporting(database: Urls) -> Iterator[Reporting]:
    """Give one test three units that have budgets."""
    with reporting_at(database) as made:
        yield made


def test_a_file_charges_the_units_as_their_own_reports_would(reporting: Reporting) -> None:
    """The steel mill to the gram from t, kg, 万t, 万m³, MWh and 万kWh; the heat of another from GJ."""
    other = reporting.code(1)
    rows = [
        (other, "heat", "GJ", "100", "", "", "0.5"),
        *steel(reporting.code(0)),
        (other, "raw_coal", "", "10.5", "", "20000"),
    ]
    answer = reporting.post(rows)
    told = answer.json()

    assert answer.status_code == 201, told
    assert [unit["credit_code"] for unit in told["units"]] == [other, reporting.code(0)]
    assert [unit["rows"] for unit in told["units"]] == [2, 8]
    assert told["refused"] == []
    named = [point["name"] for point in told["open_points"]]
    assert named == sorted(set(named))
    assert {"k", "feb.fuel.coke.factor", "feb.heat.factor", "feb.kgce_kj"} <= set(named)
    assert told["journal_id"] == told["units"][0]["journal_id"] != told["units"][1]["journal_id"]
    mill = reporting.told(0)
    assert mill["charge"]["direct_gce"] == 1_982_790_500_000
    assert mill["excess_gce"] == 130_270_500_000
    own = reporting.told(1)
    assert own["consumption"]["heat"] == {"purchased_mj": "100000", "fossil_share": "0.5"}
    assert own["consumption"]["fuels"] == [
        {"fuel": "raw_coal", "purchased": "10.5", "heat_value_kj_per_unit": "20000"}
    ]


def test_feedstock_comes_in_a_file_with_what_it_became(reporting: Reporting) -> None:
    """V-6: 600,000 t of a million become methanol, and 100,000 t of that are sold as fuel: 357,150 tce."""
    head = ("credit_code", "item", "unit", "purchased", "feedstock", "feedstock_product")
    row = (reporting.code(0), "raw_coal", "万t", "100", "60", "alcohol")
    first = reporting.file(csv_of([row], head), CSV)
    assert first.status_code == 201, first.text
    kept = reporting.told(0)["charge"]["direct_gce"]
    back = csv_of([(*row, "10")], (*head, "feedstock_sold_as_fuel"))
    assert reporting.file(back, CSV).status_code == 201

    assert (kept, reporting.told(0)["charge"]["direct_gce"]) == (285_720 * 10**6, 357_150 * 10**6)


def test_the_three_ways_to_send_rows_come_to_the_same(reporting: Reporting) -> None:
    """CSV, XLSX and JSON: the second and the third find nothing new."""
    rows = steel(reporting.code(0))
    first = reporting.post(rows).json()
    second = reporting.file(xlsx_of(rows), XLSX).json()
    named = [{k: v for k, v in zip(HEADER, row, strict=False) if v} for row in rows]
    third = reporting.province.post(PATH, {"year": YEAR, "rows": named}).json()
    gb = reporting.file(csv_of(rows).decode().encode("gb18030"), CSV).json()

    assert [unit["unchanged"] for unit in first["units"]] == [False]
    for again in (second, third, gb):
        assert [unit["unchanged"] for unit in again["units"]] == [True], again
        assert again["journal_id"] is None


def test_one_wrong_row_posts_nothing(reporting: Reporting, database: Urls) -> None:
    """All units or none; the answer names the row, and how many units were right."""
    before = sql(database.app, "SELECT count(*) FROM journal")
    rows = [*steel(reporting.code(0)), (reporting.code(1), "raw_coal", "m3", "5")]
    answer = reporting.post(rows)
    told = answer.json()

    assert (answer.status_code, told["code"]) == (422, "report_rows_refused")
    assert codes(told) == {(10, "unit", "fuel_unit_wrong")}
    assert told["facts"]["units"] == 1
    assert sql(database.app, "SELECT count(*) FROM journal") == before
    assert {reporting.told(n)["status"] for n in (0, 1)} == {"NOT_REPORTED"}


def test_partial_posts_whole_units_only(reporting: Reporting) -> None:
    """A unit with one wrong row is left out with all its rows; the others are charged."""
    rows = [
        (reporting.code(1), "raw_coal", "", "1"),
        *steel(reporting.code(0)),
        (reporting.code(1), "diesel", "", "x"),
    ]
    answer = reporting.post(rows, mode="partial")
    told = answer.json()

    assert answer.status_code == 201, told
    assert [unit["credit_code"] for unit in told["units"]] == [reporting.code(0)]
    assert codes(told) == {(11, "purchased", "decimal_invalid")}
    assert reporting.told(0)["excess_gce"] == 130_270_500_000
    assert reporting.told(1)["status"] == "NOT_REPORTED"


def test_a_preview_keeps_nothing_and_says_what_it_would_come_to(
    reporting: Reporting, database: Urls
) -> None:
    """The same figures as the posting after it, and not a journal."""
    before = sql(database.app, "SELECT count(*) FROM journal")
    shown = reporting.post(steel(reporting.code(0)), dry_run="true")
    assert shown.status_code == 200
    assert sql(database.app, "SELECT count(*) FROM journal") == before
    done = reporting.post(steel(reporting.code(0)))

    apart = {"journal_id": None}
    assert [unit | apart for unit in done.json()["units"]] == shown.json()["units"]


def test_refused_rows_come_back_as_a_file_with_their_reasons(reporting: Reporting) -> None:
    """Every row of the units that were not taken, to be corrected and sent again; in two languages."""
    rows = [
        *steel(reporting.code(0)),
        (reporting.code(1), "raw_coal", "", "1"),
        (reporting.code(1), "peat", "", "1"),
    ]
    content = csv_of(rows)

    def back(kind: str, language: str) -> list[tuple[str, ...]]:
        wanted = {"accept": kind, "accept-language": language, "content-type": CSV}
        answer = reporting.door.http.post(
            f"{PATH}?year={YEAR}&dry_run=true",
            content=content,
            headers=reporting.province.headers(wanted),
        )
        assert answer.status_code == 422
        assert answer.headers["content-type"].split(";")[0] == kind
        return [line.cells for line in read_sheet(answer.content, kind)]

    for kind in (CSV, XLSX):
        header, first, second = back(f"{kind}", "en")
        assert header == ("row", "credit_code", "item", "purchased", "reason")
        assert first[:4] == ("10", reporting.code(1), "raw_coal", "1")
        assert first[4].startswith("unit_not_taken (")
        assert second[2] == "peat"
        assert second[4].startswith("item: fuel_unknown (")
    assert "单位" in back(CSV, "zh-CN")[1][4]


def test_a_file_of_refused_rows_is_sent_again_once_corrected(reporting: Reporting) -> None:
    """Its own columns, row and reason, are passed over."""
    rows = [(reporting.code(0), "peat", "", "7"), (reporting.code(0), "diesel", "", "1")]
    wanted = {"accept": CSV, "content-type": CSV, "idempotency-key": "first"}
    back = reporting.door.http.post(
        f"{PATH}?year={YEAR}", content=csv_of(rows), headers=reporting.province.headers(wanted)
    )
    assert back.status_code == 422
    done = reporting.file(back.content.replace(b"peat", b"coke"), CSV)

    assert done.status_code == 201, done.text
    assert [f["fuel"] for f in reporting.told(0)["consumption"]["fuels"]] == ["coke", "diesel"]


def test_the_year_is_that_of_the_report(reported: Reporting) -> None:
    """A file names it in the address, each row may repeat it; a file without is malformed."""
    head = ("credit_code", "year", "item", "purchased")
    other = csv_of([(reported.code(0), "2025", "raw_coal", "1")], head)
    same = csv_of([(reported.code(0), "2026", "raw_coal", "1")], head)
    none = reported.province.raw(PATH, same, CSV)

    assert codes(reported.file(other, CSV).json()) == {(2, "year", "year_differs")}
    assert reported.file(same, CSV, dry_run="true").status_code == 200
    assert (none.status_code, none.json()["errors"][0]["pointer"]) == (400, "?year")


def test_who_reports_for_whom(reported: Reporting) -> None:
    """A unit for itself, a province for its units, the operator for all; others' units are not there."""
    mine, other = reported.units
    rows = [(mine[1], "raw_coal", "", "1")]
    stranger = [(other[1], "raw_coal", "", "1")]
    away = reported.door.person("province", reported.door.party("province", province="44"))

    assert reported.post(rows, mine[0], dry_run="true").status_code == 200
    assert reported.post(rows, reported.door.operator, dry_run="true").status_code == 200
    for by in (mine[0], away):
        assert codes(reported.post(stranger, by).json()) == {(2, "credit_code", "party_unknown")}
    assert reported.post(rows, reported.regulators[0]).json()["code"] == "forbidden"


def test_evidence_is_named_by_its_digest(reporting: Reporting) -> None:
    """A document of the unit's, or of who reports; the unit's budget then names it by its id."""
    own, office = b"the unit's meter log", b"the province's inspection"
    reporting.units[0][0].raw("/v1/documents?title=x", own, "text/plain")
    reporting.province.raw("/v1/documents?title=y", office, "text/plain")
    digests = [hashlib.sha256(content).hexdigest() for content in (own, office)]
    rows = [
        (reporting.code(0), "raw_coal", "", "1", "", "", "", digests[0]),
        (reporting.code(0), "diesel", "", "1", "", "", "", digests[1]),
    ]
    done = reporting.post(rows)
    assert done.status_code == 201, done.text
    record = reporting.regulators[0].get(f"/v1/journals/{done.json()['journal_id']}").json()
    body = json.loads(record["record"]) if isinstance(record["record"], str) else record["record"]

    assert len(body["body"]["document_ids"]) == 2


def test_a_closed_year_takes_no_report(reporting: Reporting) -> None:
    """The row says so; the other units of a partial report are charged."""
    maker, checker = reporting.regulators
    reporting.post(steel(reporting.code(0)))
    confirmed = {"traded_kwh": 200_000_000, "document_no": "结算〔2027〕1号"}
    maker.must(f"/v1/fossil-budgets/{reporting.budgets[0]}/confirmations", confirmed)
    waiting = maker.bare(f"/v1/fossil-budgets/{reporting.budgets[0]}/close").json()
    reporting.door.decided(checker, waiting)
    rows = [(reporting.code(n), "raw_coal", "", "1") for n in (0, 1)]
    told = reporting.post(rows, mode="partial").json()

    assert codes(told) == {(2, "item", "budget_closed")}
    assert [unit["credit_code"] for unit in told["units"]] == [reporting.code(1)]


def test_a_report_has_at_most_so_many_units(reported: Reporting) -> None:
    """Two thousand in one act; the rest must come in another."""
    many = [(reported.code(0), "raw_coal", "", "1")]
    many += [(f"X{n}", "raw_coal", "", "1") for n in range(2_000)]
    told = reported.post([*many, (reported.code(1), "raw_coal", "", "1")]).json()

    assert (2_002, "credit_code", "too_many_units") in codes(told)


def test_the_same_key_is_answered_the_same(reporting: Reporting) -> None:
    """A refusal is kept under its key, too; another file under the key is refused."""
    content = csv_of([(reporting.code(0), "peat", "", "1")])

    def ask(body: bytes) -> tuple[int, Json]:
        told = reporting.province.headers({"idempotency-key": "once", "content-type": CSV})
        answer = reporting.door.http.post(f"{PATH}?year={YEAR}", content=body, headers=told)
        return answer.status_code, answer.json()

    first, again = ask(content), ask(content)
    other = ask(csv_of(steel(reporting.code(0))))

    assert first == again
    assert first[0] == 422
    assert (other[0], other[1]["code"]) == (422, "idempotency_key_reused")
