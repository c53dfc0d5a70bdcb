"""Meter readings through the doors: row by row, as JSON and as CSV."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import As, Json
from tests.http.market import Market, readings, refusal
from tests.http.test_paging import walk

PATH = "/v1/meter-readings"
HEADER = "plant_id,month,category,energy_kwh,source,mechanism,version"


def csv_post(person: As, text: str | bytes, key: str | None = None, **query: Any) -> Any:
    """Send readings as CSV."""
    raw = text.encode() if isinstance(text, str) else text
    if key is None and not query:
        return person.raw(PATH, raw, "text/csv")
    headers = person.headers({"idempotency-key": key or "none", "content-type": "text/csv"})
    return person.http.post(PATH, content=raw, params=query, headers=headers)


def outcomes(told: Json) -> list[tuple[int, str | None]]:
    """Give status and code of each row."""
    assert [row["index"] for row in told["results"]] == list(range(len(told["results"])))
    return [(row["status"], row["code"]) for row in told["results"]]


def test_every_row_has_its_own_result(market: Market) -> None:
    """One that is refused disturbs no other; the same content again is no news."""
    plant, missing = market.plant(capacity_kw=100), encode_id(IdPrefix.PLANT, 2**40)
    first = readings(plant, 1000)["readings"]
    rows = [
        *first,
        *first,
        *readings(plant, 2000)["readings"],
        *readings(plant, 2000, version=2)["readings"],
        *readings(plant, 2000, version=9)["readings"],
        *readings(plant, 78_121, "2025-11")["readings"],
        *readings(plant, 1, "2026-01")["readings"],
        *readings(plant, 1, "2020-05")["readings"],
        *readings(missing, 1)["readings"],
        *readings(plant, 0, "2025-09")["readings"],
    ]
    answer = market.issuer.post(PATH, {"readings": rows})
    told = answer.json()

    assert answer.status_code == 201
    assert outcomes(told) == [
        (201, None),
        (200, None),
        (422, "reading_conflict"),
        (201, None),
        (422, "reading_version_wrong"),
        (422, "reading_above_capacity"),
        (422, "reading_month_impossible"),
        (422, "reading_month_impossible"),
        (404, "not_found"),
        (201, None),
    ]
    assert told["results"][1]["unchanged"] is True
    assert told["results"][3]["energy_kwh"] == 2000
    assert told["results"][5]["facts"]["limit_kwh"] == 75_600
    assert (told["sealed"], told["journal_id"]) == (False, told["results"][0]["journal_id"])
    kept = walk(market.seller, PATH, 2, plant_id=plant)
    assert [(row["month"], row["version"], row["energy_kwh"]) for row in kept] == [
        ("2025-10", 1, 1000),
        ("2025-10", 2, 2000),
        ("2025-09", 1, 0),
    ]
    one = market.seller.get(f"{PATH}/{kept[0]['reading_id']}").json()
    assert one == kept[0]


def test_a_repeated_request_gets_the_same_answer(market: Market) -> None:
    """Byte for byte, as JSON and as CSV; another body under the key is told row by row."""
    plant = market.plant()
    body = readings(plant, 5000)
    first = market.issuer.post(PATH, body, idem="again")
    second = market.issuer.post(PATH, body, idem="again")
    text = f"{HEADER}\n{plant},2025-10,on_grid,5000,grid,false,1\n"
    as_csv = csv_post(market.issuer, text, "again")
    other = market.issuer.post(PATH, readings(plant, 6000), idem="again").json()

    assert first.content == second.content == as_csv.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert outcomes(other) == [(422, "idempotency_key_reused")]
    assert other["results"][0]["facts"] == {"conflicting_fields": ["energy_kwh"]}


def test_a_dry_run_keeps_nothing(market: Market) -> None:
    """It needs no key, and tells what would be."""
    plant = market.plant()
    answer = market.issuer.http.post(
        PATH,
        json=readings(plant, 5000),
        params={"dry_run": "true"},
        headers=market.issuer.headers(),
    )

    assert (answer.status_code, answer.json()["dry_run"]) == (200, True)
    assert outcomes(answer.json()) == [(200, None)]
    assert answer.json()["journal_id"] is None
    assert walk(market.seller, PATH, 5, plant_id=plant) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_is_read_as_spreadsheets_write_it(market: Market, encoding: str, end: str) -> None:
    """With or without a mark, in China's own encoding, blank rows passed over, columns in any order."""
    plant = market.plant()
    lines = [
        "source,energy_kwh,category,month,plant_id,mechanism",
        f"国网,1000,on_grid,2025-10,{plant},TRUE",
        "",
        ",,,,,",
        f'"国网, 内蒙古",2000,on_grid,2025-11,{plant},',
        "",
    ]
    answer = csv_post(market.issuer, end.join(lines).encode(encoding))

    assert outcomes(answer.json()) == [(201, None), (201, None)], answer.text
    kept = walk(market.seller, PATH, 5, plant_id=plant)
    assert [(row["source"], row["mechanism"]) for row in kept] == [
        ("国网", True),
        ("国网, 内蒙古", False),
    ]


ROW = "plt_00000000000z8,2025-10,on_grid,1000,grid,false,1"


@pytest.mark.parametrize(
    ("text", "pointer", "code"),
    [
        ("", "", "csv_no_header"),
        ("\n\n", "", "csv_no_header"),
        (ROW, "", "csv_no_header"),
        (HEADER, "/readings", "csv_no_rows"),
        (f"{HEADER},{HEADER}", "/header/month", "csv_column_twice"),
        (f"{HEADER},price", "/header/price", "csv_column_unknown"),
        ("plant_id,month,category,energy_kwh", "/header/source", "csv_column_missing"),
        (f"{HEADER}\n{ROW},1", "/readings/0", "csv_cells"),
        (f"{HEADER}\n{ROW}\nx", "/readings/1", "csv_cells"),
        (f"{HEADER}\n{ROW.replace('1000', '10.5')}", "/readings/0/energy_kwh", "not_an_integer"),
        (f"{HEADER}\n{ROW.replace('1000', '1e3')}", "/readings/0/energy_kwh", "not_an_integer"),
        (f"{HEADER}\n{ROW.replace('1000', '')}", "/readings/0/energy_kwh", "missing"),
        (f"{HEADER}\n{ROW.replace('1000', '٣')}", "/readings/0/energy_kwh", "not_an_integer"),
        (f"{HEADER}\n{ROW.replace('1000', '9' * 30)}", "/readings/0/energy_kwh", "not_an_integer"),
        (f"{HEADER}\n{ROW.replace('1000', '9' * 19)}", "/readings/0/energy_kwh", "less_than_equal"),
        (f"{HEADER}\n{ROW.replace('1000', '-5')}", "/readings/0/energy_kwh", "csv_formula"),
        (f"{HEADER}\n{ROW.replace('grid,f', '=1+1,f')}", "/readings/0/source", "csv_formula"),
        (f"{HEADER}\n{ROW.replace('grid,f', ' @x,f')}", "/readings/0/source", "csv_formula"),
        (f"{HEADER}\n{ROW.replace('grid,f', '+x,f')}", "/readings/0/source", "csv_formula"),
        (f"{HEADER}\n{ROW.replace('false', 'maybe')}", "/readings/0/mechanism", "bool_parsing"),
        (f"{HEADER}\n{ROW.replace('2025-10', '2025-13')}", "/readings/0/month", "month_invalid"),
        (f"{HEADER}\n{ROW.replace('on_grid', 'grid')}", "/readings/0/category", "literal_error"),
        (f'{HEADER}\n"{ROW}', "/line/2", "csv_malformed"),
        (f'{HEADER}\n"a"b,{ROW}', "/line/2", "csv_malformed"),
        (f"{HEADER}\n{'x' * 200_000}", "/line/2", "csv_malformed"),
        (f"{HEADER}\n{ROW}\0", "", "nul"),
        (b"\xff\xfe\x00p", "", "csv_encoding"),
    ],
)
def test_a_csv_that_cannot_be_read_is_told_place_by_place(
    market: Market, text: str | bytes, pointer: str, code: str
) -> None:
    """By column name and row, as in the JSON it stands for; nothing of it is recorded."""
    answer = csv_post(market.issuer, text)
    told = answer.json()

    assert (answer.status_code, told["code"]) == (400, "validation_failed"), told
    assert (pointer, code) in {(fault["pointer"], fault["code"]) for fault in told["errors"]}


def test_too_many_rows_are_refused(market: Market) -> None:
    """Ten thousand and one, as CSV and as JSON; and no more than a hundred faults are told."""
    many = csv_post(market.issuer, "\n".join([HEADER, *[ROW] * 10_001])).json()
    listed = market.issuer.post(PATH, {"readings": [{}] * 10_001}).json()
    wrong = csv_post(market.issuer, "\n".join([HEADER, *["x"] * 500])).json()
    none = market.issuer.post(PATH, {"readings": []}).json()

    assert [fault["code"] for fault in many["errors"]] == ["csv_too_many_rows"]
    assert "too_long" in {fault["code"] for fault in listed["errors"]}
    assert len(wrong["errors"]) == 100
    assert [fault["code"] for fault in none["errors"]] == ["too_short"]


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"{HEADER}\n{text}".encode())
)
def test_no_csv_is_our_fault(market: Market, raw: bytes) -> None:
    """Whatever the bytes: an answer below 500."""
    assert csv_post(market.issuer, raw).status_code in {200, 201, 400}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"energy_kwh": -1}, "greater_than_equal"),
        ({"energy_kwh": "1000"}, "int_type"),
        ({"energy_kwh": True}, "int_type"),
        ({"energy_kwh": None}, "int_type"),
        ({"energy_kwh": 2**62}, "less_than_equal"),
        ({"month": "2025-13"}, "month_invalid"),
        ({"month": "10-2025"}, "month_invalid"),
        ({"month": "2025-10-01"}, "month_invalid"),
        ({"month": 202510}, "month_invalid"),
        ({"category": "grid"}, "literal_error"),
        ({"version": 0}, "greater_than_equal"),
        ({"mechanism": "no"}, "bool_type"),
        ({"source": ""}, "empty"),
        ({"plant_id": "acc_00000000000z8"}, "id_invalid"),
        ({"price": 1}, "extra_forbidden"),
    ],
)
def test_a_row_that_cannot_be_is_named(market: Market, changes: Json, code: str) -> None:
    """Before any row is judged."""
    body = readings("plt_00000000000z8", 1000, **changes)
    answer = market.issuer.post(PATH, body)

    assert refusal(answer) == (400, "validation_failed")
    assert answer.json()["errors"][0]["pointer"] == f"/readings/0/{next(iter(changes))}"
    assert answer.json()["errors"][0]["code"] == code


@pytest.mark.parametrize("number", ["1.5", "1e3", "9223372036854775808"])
def test_a_number_that_is_not_whole_is_malformed(market: Market, number: str) -> None:
    """In the bytes themselves."""
    raw = json.dumps(readings("plt_00000000000z8", 7)).replace(": 7", f": {number}").encode()

    assert refusal(market.issuer.raw(PATH, raw)) == (400, "malformed_json")


def test_another_media_type_is_not_read(market: Market) -> None:
    """JSON or CSV."""
    assert refusal(market.issuer.raw(PATH, b"x", "text/plain")) == (415, "unsupported_media_type")


def test_a_plant_of_anothers_is_as_if_it_were_not_there(market: Market) -> None:
    """For a generator; a buyer has no business here."""
    plant = market.plant()
    stranger = market.door.person("generator")
    foreign = stranger.must(PATH, readings(plant, 1000))
    missing = stranger.must(PATH, readings(encode_id(IdPrefix.PLANT, 2**40), 1000))
    own = market.seller.post(PATH, readings(plant, 1000))
    reading = own.json()["results"][0]["reading_id"]

    assert foreign == missing
    assert outcomes(foreign) == [(404, "not_found")]
    assert own.status_code == 201
    assert refusal(market.buyer.post(PATH, readings(plant, 1))) == (403, "forbidden")
    assert refusal(stranger.get(f"{PATH}/{reading}")) == (404, "not_found")
    assert walk(stranger, PATH, 5) == []
