"""Issuance through the doors: certificates out of readings, their lots and codes."""

from __future__ import annotations

import pytest

from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import Json
from tests.http.market import Market, market_of, refusal
from tests.http.test_paging import walk

PATH = "/v1/issuances"


def test_a_repeated_request_gets_the_same_answer_and_a_second_one_finds_nothing(
    market: Market,
) -> None:
    """The first is told again byte for byte, though by then nothing is due."""
    plant = market.plant()
    ids = [market.read(plant, 10_500, "2025-10"), market.read(plant, 10_600, "2025-11")]
    body = {"reading_ids": ids}
    first = market.issuer.post(PATH, body, idem="issue")
    again = market.issuer.post(PATH, body, idem="issue")
    told = first.json()

    assert (first.status_code, told["certificates"], told["unit"]) == (201, 21, "MWh")
    assert [(lot["count"], lot["carry_kwh"]) for lot in told["lots"]] == [(10, 500), (11, 100)]
    assert [row["status"] for row in told["results"]] == [201, 201]
    assert (told["more"], told["sealed"]) == (False, False)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert refusal(market.issuer.post(PATH, body)) == (422, "nothing_to_issue")
    other = market.issuer.post(PATH, {"reading_ids": ids[:1]}, idem="issue")
    assert refusal(other) == (422, "idempotency_key_reused")
    assert other.json()["conflicting_fields"] == ["reading_ids"]


def test_a_repeated_request_finishes_what_was_begun(market: Market) -> None:
    """What would be tried was settled, and then the process failed: the same key goes on from there."""
    desk = market.door.registry.desk
    body = {"reading_ids": [market.read(market.plant(), 7_000)]}
    clock, ticks = desk.clock, iter([desk.clock(), desk.clock()])
    desk.clock = lambda: next(ticks)  # the third look at it, for the act itself, fails
    try:
        failed = market.issuer.post(PATH, body, idem="begun")
    finally:
        desk.clock = clock
    done = market.issuer.post(PATH, body, idem="begun")

    assert failed.status_code == 500
    assert (done.status_code, done.json()["certificates"]) == (201, 7)


def test_a_correction_upwards_makes_a_second_lot_of_the_series(market: Market) -> None:
    """Its serials follow on those of the first."""
    plant = market.plant()
    first = market.lot(10, plant)
    second = market.lot(15, plant, version=2)

    assert (first["first_serial"], first["count"]) == (0, 10)
    assert (second["first_serial"], second["count"]) == (10, 5)


def test_a_dry_run_issues_nothing(market: Market) -> None:
    """It tells the lots that would be."""
    plant = market.plant()
    reading = market.read(plant, 10_500)
    told = market.issuer.must(PATH, {"reading_ids": [reading]}, dry_run="true")

    assert (told["dry_run"], told["certificates"], told["journal_id"]) == (True, 10, None)
    assert told["lots"][0]["issuance_id"] is None
    assert walk(market.seller, "/v1/lots", 5, plant_id=plant) == []
    assert market.issuer.must(PATH, {"reading_ids": [reading]})["certificates"] == 10


def test_a_plant_without_an_account_for_certificates_stops_no_other(market: Market) -> None:
    """Its result is the refusal."""
    poor = market.door.person("generator")
    kept, market.seller = market.seller, poor
    try:
        lone = market.plant()
        reading = market.read(lone, 5000)
    finally:
        market.seller = kept
    fine = market.read(market.plant(), 5000)
    told = market.issuer.must(PATH, {"reading_ids": [reading, fine]})

    found = {row["plant_id"] == lone: (row["status"], row["code"]) for row in told["results"]}
    assert found == {True: (422, "generator_account_missing"), False: (201, None)}
    assert told["certificates"] == 5


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "one_of_two"),
        ({"month": "2025-10", "reading_ids": ["rdg_00000000000z8"]}, "one_of_two"),
        ({"month": "2025-00"}, "month_invalid"),
        ({"month": 10}, "month_invalid"),
        ({"reading_ids": []}, "too_short"),
        ({"reading_ids": ["plt_00000000000z8"]}, "id_invalid"),
    ],
)
def test_what_to_issue_for_is_a_month_or_readings(market: Market, body: Json, code: str) -> None:
    """One of the two, spelt right."""
    answer = market.issuer.post(PATH, body)

    assert refusal(answer) == (400, "validation_failed")
    assert answer.json()["errors"][0]["code"] == code


def test_only_the_issuer_issues_and_only_for_readings_there_are(market: Market) -> None:
    """Generators read what was issued to them."""
    missing = {"reading_ids": [encode_id(IdPrefix.READING, 2**40)]}

    assert refusal(market.seller.post(PATH, missing)) == (403, "forbidden")
    assert refusal(market.issuer.post(PATH, missing)) == (404, "not_found")


def test_issuances_and_lots_are_told_to_their_parties(market: Market) -> None:
    """By id and in lists; to others they are not there."""
    plant = market.plant()
    lot = market.lot(10, plant)
    address = f"/v1/lots/{lot['lot_id']}"
    issuance = market.seller.get(f"{PATH}/{lot['issuance_id']}").json()
    told = market.seller.get(address).json()

    assert walk(market.seller, PATH, 1, plant_id=plant) == [issuance]
    assert (issuance["lot_id"], issuance["count"]) == (lot["lot_id"], 10)
    assert (told["held"], told["retired"], told["expired"]) == (10, 0, 0)
    assert (told["journal_id"], told["unit"]) == (lot["issuance_id"], "MWh")
    listed = walk(market.seller, "/v1/lots", 1, plant_id=plant, month="2025-10")
    assert [row["lot_id"] for row in listed] == [lot["lot_id"]]
    stranger = market.door.person("enterprise")
    for path in (address, f"{PATH}/{lot['issuance_id']}"):
        foreign = stranger.get(path).json()
        missing = stranger.get(path[:-4] + "zzzz").json()
        assert {**foreign, "instance": ""} == {**missing, "instance": ""}
        assert foreign["status"] == 404
    assert stranger.get("/v1/lots").json()["items"] == []


def test_a_certificate_is_found_by_its_code(market: Market) -> None:
    """Plant, month, serial, category and trade; the history whole; the holder for who may see it."""
    plant = market.plant()
    lot = market.lot(10, plant)
    market.seller.must("/v1/transfers", market.sale(3, lot))
    retired = market.buyer.must("/v1/retirements", market.retirement(1, lot))
    code = f"{market.registration_code(plant)}2510{8:09d}11"
    address = f"/v1/certificates/{code}"
    told = market.buyer.get(address).json()
    stranger = market.door.person("enterprise").get(address).json()
    issuer = market.issuer.get(address).json()

    assert (told["serial"], told["state"], told["lot"]["lot_id"]) == (8, "held", lot["lot_id"])
    assert (told["holder_account"], told["holder_party"]) == (market.user, market.buyer.party)
    assert [event["kind"] for event in told["history"]] == ["gec.issue", "transfer.listing"]
    assert (told["history"][1]["price_fen"], told["history"][1]["to_account"]) == (500, market.user)
    assert told["history"][0]["to_account"] is None
    assert (stranger["holder_account"], stranger["holder_party"]) == (None, None)
    assert {event["price_fen"] for event in stranger["history"]} == {None}
    assert issuer["history"][0]["to_account"] == market.generator
    last = market.buyer.get(f"/v1/certificates/{retired['serials'][0]['last_code']}").json()
    assert (last["serial"], last["state"], last["holder_account"]) == (9, "retired", None)


@pytest.mark.parametrize(
    "code", ["1", "0" * 32, "中" * 32, "S" * 17 + "251300000000811", "9" * 500]
)
def test_a_code_that_is_none_finds_nothing(market: Market, code: str) -> None:
    """Whatever its shape."""
    assert refusal(market.buyer.get(f"/v1/certificates/{code}")) == (404, "not_found")


def test_a_month_is_issued_for_all_plants(market: Market) -> None:
    """Plants of several owners, in one request."""
    second = market_of(market.door)
    plants = {market.plant(), second.plant()}
    for plant in plants:
        market.read(plant, 2_000, "2025-07")
    told = market.issuer.must(PATH, {"month": "2025-07"})

    assert {lot["plant_id"] for lot in told["lots"]} == plants
    assert told["certificates"] == 4
