"""Transfers in batches: all together or each for itself, as JSON and line by line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import As, Json
from tests.http.market import Market, market_of, refusal, runs

PATH = "/v1/transfers/batch"
NOWHERE = encode_id(IdPrefix.ACCOUNT, 2**40)
NDJSON = "application/x-ndjson"


@pytest.fixture
def mine(market: Market) -> Market:
    """Give one test parties of its own."""
    return market_of(market.door)


def held(market: Market) -> int:
    """Tell how many certificates the buyer has."""
    items = market.buyer.get(f"/v1/accounts/{market.user}/balances").json()["items"]
    return sum(item["posted"] for item in items)


def outcomes(results: list[Json]) -> list[tuple[int, str | None]]:
    """Give status and code of each item."""
    assert [row["index"] for row in results] == list(range(len(results)))
    return [(row["status"], row["code"]) for row in results]


def places(answer: Any) -> list[str]:
    """Tell which parts of a request a problem points at."""
    return [fault["pointer"] for fault in answer.json()["errors"]]


def lines_post(person: As, raw: bytes, key: str, accept: str = "*/*", **query: Any) -> Any:
    """Send lines."""
    told = person.headers({"idempotency-key": key, "content-type": NDJSON, "accept": accept})
    return person.http.post(PATH, content=raw, params=query, headers=told)


def test_independent_items_disturb_nobody(mine: Market) -> None:
    """Each has its status, code and journal; a repeated batch is told again."""
    lot = mine.lot(10)
    items = [
        mine.sale(3, lot),
        mine.sale(8, lot),
        mine.sale(1, lot, mode="self_use"),
        mine.sale(1, lot, from_account=mine.user),
        mine.sale(2, lot),
    ]
    body = {"mode": "independent", "transfers": items}
    first = mine.seller.post(PATH, body, idem="many")
    again = mine.seller.post(PATH, body, idem="many")
    told = first.json()

    assert first.status_code == 201
    assert outcomes(told["results"]) == [
        (201, None),
        (422, "too_few_eligible" if told["results"][1]["code"] != "units_short" else "units_short"),
        (422, "evidence_missing"),
        (404, "not_found"),
        (201, None),
    ]
    assert told["journal_id"] == told["results"][0]["journal_id"]
    assert first.json() == again.json()
    assert held(mine) == 5
    one = mine.seller.get(f"/v1/transfers/{told['results'][4]['journal_id']}").json()
    assert runs(one) == [(5, 2)]


def test_an_item_with_a_key_of_its_own_is_done_once_wherever_it_comes(mine: Market) -> None:
    """In another batch, in another place."""
    lot = mine.lot(10)
    keyed = {**mine.sale(3, lot), "idempotency_key": f"trade {lot['lot_id']}".replace(" ", "-")}
    first = mine.seller.must(PATH, {"mode": "independent", "transfers": [keyed]})
    body = {"mode": "independent", "transfers": [mine.sale(1, lot), keyed, keyed]}
    second = mine.seller.must(PATH, body)
    other = {**keyed, "quantity": 4}
    third = mine.seller.must(PATH, {"mode": "independent", "transfers": [other]})

    names = [row["journal_id"] for row in second["results"]]
    assert names[1] == names[2] == first["results"][0]["journal_id"]
    assert outcomes(third["results"]) == [(422, "idempotency_key_reused")]
    assert held(mine) == 4


def test_an_atomic_batch_is_one_group_or_nothing(mine: Market) -> None:
    """The last item's refusal undoes them all."""
    lot = mine.lot(10)
    bad = {"mode": "atomic", "transfers": [mine.sale(6, lot), mine.sale(5, lot)]}
    refused = mine.seller.post(PATH, bad)
    good = {"mode": "atomic", "transfers": [mine.sale(6, lot), mine.sale(4, lot)]}
    first = mine.seller.post(PATH, good, idem="both")
    again = mine.seller.post(PATH, good, idem="both")

    assert refusal(refused)[0] == 422
    assert places(refused) == ["/transfers/1"]
    assert (first.status_code, first.content) == (201, again.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert held(mine) == 10
    names = [row["journal_id"] for row in first.json()["results"]]
    told = [runs(mine.seller.get(f"/v1/transfers/{name}").json()) for name in names]
    assert told == [[(4, 6)], [(0, 4)]]


@pytest.mark.parametrize(
    ("spoilt", "status", "code"),
    [
        ({"quantity": 8}, 422, "units_short"),
        ({"instrument": "NONE", "select": {}}, 422, "instrument_unknown"),
        ({"to_account": NOWHERE}, 404, "not_found"),
    ],
)
def test_a_refused_atomic_batch_points_at_the_item(
    mine: Market, spoilt: Json, status: int, code: str
) -> None:
    """Refused by the ledger, by the decision or at the door; told again the same from the store."""
    lot = mine.lot(10)
    bad = mine.sale(1, lot) | spoilt
    body = {"mode": "atomic", "transfers": [mine.sale(3, lot), mine.sale(1, lot), bad]}
    first = mine.seller.post(PATH, body, idem=f"bad {code}")
    again = mine.seller.post(PATH, body, idem=f"bad {code}")
    dry = mine.seller.post(PATH, body, dry_run="true")

    assert refusal(first) == (status, code)
    assert places(first) == ["/transfers/2"]
    assert [bool(fault["detail"]) for fault in first.json()["errors"]] == [True]
    assert first.content == again.content == dry.content
    assert again.headers.get("idempotency-replayed") == ("true" if status == 422 else None)
    assert held(mine) == 0


def test_journals_of_an_atomic_batch_are_found_past_large_items(mine: Market) -> None:
    """An item of more than 64 parcels fills several journals; the next one's is still its own."""
    lot = mine.lot(200)
    crumbs = [
        mine.sale(1, select={"lot_id": lot["lot_id"], "first_serial": serial})
        for serial in range(0, 140, 2)
    ]
    mine.seller.must(PATH, {"mode": "atomic", "transfers": crumbs})
    last = mine.lot(5, month="2025-11")
    items = [mine.sale(130, lot), mine.sale(5, last)]
    told = mine.seller.must(PATH, {"mode": "atomic", "transfers": items})

    whole = mine.seller.get(f"/v1/transfers/{told['results'][0]['journal_id']}").json()
    assert sum(count for _, count in runs(whole)) == whole["quantity"] == 130
    assert len(whole["serials"]) == 70
    after = mine.seller.get(f"/v1/transfers/{told['results'][1]['journal_id']}").json()
    assert (after["serials"][0]["lot_id"], after["quantity"]) == (last["lot_id"], 5)


def test_lines_come_in_and_go_out(mine: Market) -> None:
    """One transfer a line, one result a line; the mode in the address."""
    lot = mine.lot(10)
    rows = [json.dumps(mine.sale(2, lot), ensure_ascii=False) for _ in range(3)]
    raw = "\n".join(rows).encode()
    first = lines_post(mine.seller, raw + b"\n", "lines")
    again = lines_post(mine.seller, raw, "lines")
    as_json = lines_post(mine.seller, raw, "lines", accept="application/json").json()
    results = [json.loads(line) for line in first.text.splitlines()]

    assert (first.status_code, first.headers["content-type"]) == (201, NDJSON)
    assert outcomes(results) == [(201, None)] * 3
    assert again.content == first.content
    assert as_json["results"] == results
    too_much = lines_post(mine.seller, raw, "more", mode="atomic")
    assert too_much.status_code == 422
    assert held(mine) == 6
    body = {"mode": "independent", "transfers": [mine.sale(1, lot)]}
    out = mine.seller.post(PATH, body, headers={"accept": NDJSON})
    assert json.loads(out.text)["status"] == 201


@pytest.mark.parametrize(
    ("raw", "code", "pointer"),
    [
        (b"", "malformed_json", "/0"),
        (b"{}\n\n{}", "malformed_json", "/1"),
        (b"{}\n{", "malformed_json", "/1"),
        (b'{"quantity": 1.5}', "malformed_json", "/0/quantity"),
        (b'{"a": 1, "a": 2}', "duplicate_key", "/0/a"),
        (b"1", "validation_failed", "/transfers/0"),
        (b"[]\n", "validation_failed", "/transfers/0"),
        (b"{}\n" * 1001, "validation_failed", "/transfers"),
    ],
)
def test_lines_that_cannot_be_are_told_by_number(
    mine: Market, raw: bytes, code: str, pointer: str
) -> None:
    """From 0, as in the JSON array they stand for."""
    answer = lines_post(mine.seller, raw, "wrong")

    assert refusal(answer) == (400, code)
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"mode": "some", "transfers": []}, "/mode"),
        ({"mode": "atomic", "transfers": []}, "/transfers"),
        ({"mode": "atomic"}, "/transfers"),
        ({"transfers": []}, "/mode"),
        ([], ""),
        ({"mode": "atomic", "transfers": [{"idempotency_key": "中"}]}, "/transfers/0"),
    ],
)
def test_a_batch_that_cannot_be_is_named(mine: Market, body: Any, pointer: str) -> None:
    """Before any item is judged."""
    answer = mine.seller.post(PATH, body)

    assert refusal(answer) == (400, "validation_failed")
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


def test_a_dry_run_of_a_batch_moves_nothing(mine: Market) -> None:
    """In both modes."""
    lot = mine.lot(10)
    for mode in ("atomic", "independent"):
        body = {"mode": mode, "transfers": [mine.sale(3, lot), mine.sale(7, lot)]}
        told = mine.seller.post(PATH, body, dry_run="true")
        assert (told.status_code, told.json()["dry_run"]) == (200, True)
        assert outcomes(told.json()["results"]) == [(200, None)] * 2
    assert held(mine) == 0


def test_a_thousand_go_in_one_batch(mine: Market) -> None:
    """Allowances or certificates alike; the answer tells each."""
    mine.lot(1_000)
    body = {"mode": "independent", "transfers": [mine.sale(1)] * 1_000}
    told = mine.seller.must(PATH, body)

    assert {row["status"] for row in told["results"]} == {201}
    assert held(mine) == 1_000
