"""Retirements through the doors: final, numbered, with the codes of what was used up."""

from __future__ import annotations

import re

import pytest

from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import Json
from tests.http.market import Market, market_of, refusal, runs
from tests.http.test_paging import walk

PATH = "/v1/retirements"


@pytest.fixture
def mine(market: Market) -> Market:
    """Give one test parties of its own."""
    return market_of(market.door)


def bought(market: Market, quantity: int) -> Json:
    """Have a new lot sold to the buyer."""
    lot = market.lot(quantity)
    market.seller.must("/v1/transfers", market.sale(quantity, lot))
    return lot


def test_a_retirement_tells_its_serials_by_code(mine: Market) -> None:
    """One run, however many parcels it was bought in; under its key it is told again."""
    lot = mine.lot(30)
    for _ in range(3):
        mine.seller.must("/v1/transfers", mine.sale(10, lot))
    body = mine.retirement(25, lot, note="首行\n次行", public=True)
    first = mine.buyer.post(PATH, body, idem="claim")
    again = mine.buyer.post(PATH, body, idem="claim")
    told = first.json()

    assert (first.status_code, first.content) == (201, again.content)
    assert (told["quantity"], told["unit"], told["consumption_year"]) == (25, "MWh", 2025)
    assert sum(count for _, count in runs(told)) == 25
    assert len(told["serials"]) <= 2
    assert re.fullmatch(r"GL-2025-\d{8}-[0-9A-Z]{10}", told["statement_no"])
    plant = mine.registration_code(lot["plant_id"])
    run = told["serials"][0]
    assert run["first_code"] == f"{plant}2510{run['first_serial']:09d}11"
    assert run["last_code"] == f"{plant}2510{run['first_serial'] + run['count'] - 1:09d}11"
    kept = mine.buyer.get(f"{PATH}/{told['retirement_id']}").json()
    assert (kept["serials"], kept["statement_no"]) == (told["serials"], told["statement_no"])
    assert (kept["note"], kept["public"], kept["quantity"]) == ("首行\n次行", True, 25)
    assert (
        walk(mine.buyer, PATH, 1, consumption_year=2025)[0]["statement_no"]
        == (told["statement_no"])
    )
    balance = mine.buyer.get(f"/v1/accounts/{mine.user}/balances").json()["items"][0]
    assert (balance["posted"], balance["available"]) == (5, 5)


def test_the_year_of_production_is_the_year_of_the_claim(mine: Market) -> None:
    """From 2026 on; a lot named is judged, criteria do not even pick it."""
    lot = bought(mine, 5)
    named = mine.buyer.post(PATH, mine.retirement(1, lot, consumption_year=2026))
    picked = mine.buyer.post(PATH, mine.retirement(1, consumption_year=2026))

    assert refusal(named) == (422, "consumption_year_mismatch")
    assert refusal(picked) == (422, "too_few_eligible")
    assert mine.buyer.post(PATH, mine.retirement(1)).status_code == 201


def test_a_producer_may_retire_its_own_for_another(mine: Market) -> None:
    """The beneficiary need not be who holds them."""
    lot = mine.lot(5)
    told = mine.seller.must(PATH, mine.retirement(5, lot, account=mine.generator))

    assert told["account"] == mine.generator
    kept = mine.seller.get(f"{PATH}/{told['retirement_id']}").json()
    assert kept["beneficiary"]["credit_code"] == mine.code(mine.buyer)


def test_from_the_accounts_limit_on_a_second_person_decides(market: Market) -> None:
    """The answer in the end is the act's own, codes and all."""
    mine = market_of(market.door, approval_above=10)
    lot = mine.lot(20)
    body = mine.retirement(10, lot, account=mine.generator)
    asked = mine.seller.post(PATH, body)
    second = mine.door.person("generator", mine.seller.party)

    assert (asked.status_code, asked.json()["state"]) == (202, "pending")
    assert mine.seller.must("/v1/transfers", mine.sale(9, lot))["quantity"] == 9
    short = mine.seller.post("/v1/transfers", mine.sale(2, lot))
    assert refusal(short)[0] == 422
    done = second.bare(f"/v1/approvals/{asked.json()['approval_id']}/approve")
    assert (done.status_code, runs(done.json())) == (201, [(10, 10)])
    assert done.json()["serials"][0]["first_code"].endswith(f"{10:09d}11")
    kept = mine.seller.get(f"{PATH}/{done.json()['retirement_id']}").json()
    assert kept["serials"] == done.json()["serials"]


def test_what_is_anothers_and_what_is_not_there_look_the_same(mine: Market) -> None:
    """Account, lot and retirement."""
    lot = bought(mine, 5)
    own = mine.retirement(1, lot)
    done = mine.buyer.must(PATH, own)
    stranger = mine.door.person("enterprise")
    theirs = mine.door.account(stranger.party, "user")
    pairs = [
        (own, {**own, "account": encode_id(IdPrefix.ACCOUNT, 2**40)}),
        (
            {**own, "account": theirs},
            {**own, "account": theirs, "select": {"lot_id": encode_id(IdPrefix.LOT, 2**50)}},
        ),
    ]
    for foreign, missing in pairs:
        answers = [stranger.post(PATH, body) for body in (foreign, missing)]
        assert [refusal(answer) for answer in answers] == [(404, "not_found")] * 2
        assert answers[0].json() == answers[1].json()
    assert refusal(stranger.get(f"{PATH}/{done['retirement_id']}")) == (404, "not_found")
    assert walk(stranger, PATH, 5) == []
    assert mine.door.person("regulator").get(f"{PATH}/{done['retirement_id']}").status_code == 200


def test_a_dry_run_uses_nothing_up(mine: Market) -> None:
    """It tells the serials that would be."""
    lot = bought(mine, 5)
    told = mine.buyer.must(PATH, mine.retirement(5, lot), dry_run="true")

    assert (told["dry_run"], runs(told), told["journal_id"]) == (True, [(0, 5)], None)
    assert walk(mine.buyer, PATH, 5) == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"quantity": 0}, "/quantity"),
        ({"quantity": -3}, "/quantity"),
        ({"quantity": "3"}, "/quantity"),
        ({"quantity": 2**62}, "/quantity"),
        ({"purpose": "fun"}, "/purpose"),
        ({"consumption_year": 1999}, "/consumption_year"),
        ({"consumption_year": "2025"}, "/consumption_year"),
        ({"beneficiary": {"credit_code": "91110000100000001Y", "name": "a"}}, None),
        ({"beneficiary": None}, "/beneficiary"),
        ({"public": 1}, "/public"),
        ({"note": "a\u202eb"}, "/note"),
    ],
)
def test_a_field_that_cannot_be_is_named(mine: Market, changes: Json, pointer: str | None) -> None:
    """Nothing of it is stored."""
    answer = mine.buyer.post(PATH, {**mine.retirement(1), **changes})

    assert refusal(answer) == (400, "validation_failed")
    assert pointer in (None, answer.json()["errors"][0]["pointer"])
