"""Holds through the doors: set aside by the holder, settled by the controller, given back in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import As, Json
from tests.http.market import Market, market_of, refusal, runs
from tests.http.test_paging import walk
from tests.registry import credit_code

PATH = "/v1/holds"


@pytest.fixture
def mine(market: Market) -> Market:
    """Give one test parties of its own."""
    return market_of(market.door)


@pytest.fixture
def exchange(market: Market) -> As:
    """Give an exchange."""
    return market.door.person("exchange")


def settlement(market: Market, quantity: int, **changes: Any) -> Json:
    """Write a delivery to the buyer."""
    body = {
        "to_account": market.user,
        "quantity": quantity,
        "mode": "listing",
        "price_fen_per_unit": 500,
    }
    return body | changes


def placed(market: Market, exchange: As, quantity: int, **changes: Any) -> str:
    """Have units of a new lot set aside for an exchange; give the hold's address."""
    lot = market.lot(quantity)
    code = market.door.operator.get(f"/v1/parties/{exchange.party}").json()["credit_code"]
    told = market.seller.must(PATH, market.order(quantity, lot, controller=code, **changes))
    return f"{PATH}/{told['hold_id']}"


def available(market: Market) -> tuple[int, int]:
    """Tell what the seller has free, and what is held."""
    items = market.seller.get(f"/v1/accounts/{market.generator}/balances").json()["items"]
    found = next(item for item in items if item["instrument"] == "GEC")
    return found["available"], found["held"]


def test_an_order_is_filled_in_parts_and_the_rest_goes_back(mine: Market, exchange: As) -> None:
    """Only what remains may be settled; `close` ends it."""
    address = placed(mine, exchange, 100)
    first = exchange.post(f"{address}/settle", settlement(mine, 30), idem="fill")
    again = exchange.post(f"{address}/settle", settlement(mine, 30), idem="fill")
    told = mine.seller.get(address).json()

    assert (first.status_code, first.content) == (201, again.content)
    assert (runs(first.json()), first.json()["unit"]) == ([(70, 30)], "MWh")
    assert (told["remaining"], told["state"], runs(told)) == (70, "open", [(0, 70)])
    much = exchange.post(f"{address}/settle", settlement(mine, 71))
    assert refusal(much) == (422, "hold_too_small")
    exchange.must(f"{address}/settle", settlement(mine, 50, close=True))
    assert available(mine) == (20, 0)
    closed = exchange.post(f"{address}/settle", settlement(mine, 1))
    assert refusal(closed) == (409, "hold_closed")
    assert mine.seller.get(address).json()["state"] == "closed"
    sold = mine.seller.get(f"/v1/transfers/{first.json()['transfer_id']}").json()
    assert f"{PATH}/{sold['hold_id']}" == address


def test_what_is_held_cannot_be_spent(mine: Market, exchange: As) -> None:
    """Neither sold nor set aside again."""
    placed(mine, exchange, 10)

    assert refusal(mine.seller.post("/v1/transfers", mine.sale(1))) == (422, "units_short")
    assert refusal(mine.seller.post(PATH, mine.order(1))) == (422, "units_short")


def test_only_the_controller_settles_and_releases(mine: Market, exchange: As) -> None:
    """The holder sees the hold and can do nothing; to others it is not there."""
    address = placed(mine, exchange, 10)
    name = address.removeprefix(f"{PATH}/")
    for verb, body in (("settle", settlement(mine, 1)), ("release", {})):
        answer = mine.seller.post(f"{address}/{verb}", body)
        assert refusal(answer) == (422, "not_the_controller")
        foreign = mine.buyer.post(f"{address}/{verb}", body).json()
        missing = mine.buyer.post(f"{PATH}/{encode_id(IdPrefix.HOLD, 2**40)}/{verb}", body).json()
        assert {**foreign, "instance": ""} == {**missing, "instance": ""}
        assert foreign["status"] == 404
    assert refusal(mine.buyer.get(address)) == (404, "not_found")
    for person in (mine.seller, exchange):
        assert [row["hold_id"] for row in walk(person, PATH, 5, state="open")] == [name]
    assert walk(mine.buyer, PATH, 5) == []
    assert mine.seller.get(address).json()["controller_id"] == exchange.party


def test_units_are_released_in_part_and_whole(mine: Market, exchange: As) -> None:
    """The answer says how many went back."""
    address = placed(mine, exchange, 10)
    part = exchange.must(f"{address}/release", {"quantity": 4})
    much = exchange.post(f"{address}/release", {"quantity": 7})
    rest = exchange.must(f"{address}/release", {})

    assert (part["quantity"], part["unit"], rest["quantity"]) == (4, "MWh", 6)
    assert refusal(much) == (422, "hold_too_small")
    assert available(mine) == (10, 0)
    assert refusal(exchange.post(f"{address}/release", {})) == (409, "hold_closed")


def test_a_hold_of_ones_own_needs_no_controller(mine: Market) -> None:
    """Whoever placed it settles it."""
    told = mine.seller.must(PATH, mine.order(5, mine.lot(5)))
    assert (told["quantity"], told["instrument"], runs(told)) == (5, "GEC", [(0, 5)])
    done = mine.seller.must(f"{PATH}/{told['hold_id']}/settle", settlement(mine, 5))

    assert runs(done) == [(0, 5)]


def test_a_hold_for_one_receiver_goes_to_no_other(mine: Market, exchange: As) -> None:
    """`beneficiary_account` is who gets the units."""
    address = placed(mine, exchange, 5, beneficiary_account=mine.user)
    other = mine.door.account(mine.buyer.party, "agent")
    astray = exchange.post(f"{address}/settle", settlement(mine, 5, to_account=other))

    assert refusal(astray) == (422, "hold_for_another_receiver")
    assert exchange.post(f"{address}/settle", settlement(mine, 5)).status_code == 201


def test_a_hold_runs_out_by_the_registrys_clock(mine: Market, exchange: As) -> None:
    """At the instant itself."""
    clock = mine.door.registry.clock
    now = clock.now
    address = placed(mine, exchange, 5, expires_at=instant_text(now + timedelta(hours=1)))
    clock.now = now + timedelta(hours=1)
    try:
        answer = exchange.post(f"{address}/settle", settlement(mine, 5))
    finally:
        clock.now = now

    assert refusal(answer) == (409, "hold_expired")
    assert exchange.post(f"{address}/settle", settlement(mine, 5)).status_code == 201


def test_a_dry_run_sets_nothing_aside(mine: Market) -> None:
    """Nor delivers anything."""
    lot = mine.lot(5)
    dry = mine.seller.must(PATH, mine.order(5, lot), dry_run="true")
    assert (dry["dry_run"], runs(dry), available(mine)) == (True, [(0, 5)], (5, 0))
    told = mine.seller.must(PATH, mine.order(5, lot))
    tried = mine.seller.must(
        f"{PATH}/{told['hold_id']}/settle", settlement(mine, 5), dry_run="true"
    )

    assert (tried["transfer_id"], available(mine)) == (None, (0, 5))


def test_modes_without_evidence_and_other_peoples_units_are_refused(
    mine: Market, exchange: As
) -> None:
    """By name, or as if they were not there."""
    address = placed(mine, exchange, 5)
    bare = exchange.post(f"{address}/settle", settlement(mine, 1, mode="green_power"))
    evidence = {"contract_no": "C-1", "settled_kwh": 1000, "document_ids": []}
    odd = exchange.post(
        f"{address}/settle", settlement(mine, 1, mode="self_use", evidence=evidence)
    )
    strange = encode_id(IdPrefix.DOCUMENT, 2**40)
    paper = settlement(mine, 1, evidence={"document_ids": [strange]})
    nowhere = encode_id(IdPrefix.ACCOUNT, 2**40)

    assert refusal(bare) == (422, "evidence_missing")
    assert refusal(odd) == (422, "evidence_missing")
    assert refusal(exchange.post(f"{address}/settle", paper)) == (404, "not_found")
    for changes in (
        {"account": mine.user},
        {"account": nowhere},
        {"beneficiary_account": nowhere},
        {"controller": credit_code(999_999_999)},
        {"select": {"lot_id": encode_id(IdPrefix.LOT, 2**50)}},
    ):
        answer = mine.seller.post(PATH, {**mine.order(1), **changes})
        assert refusal(answer) == (404, "not_found"), changes
    lost = exchange.post(f"{address}/settle", settlement(mine, 1, to_account=nowhere))
    assert refusal(lost) == (404, "not_found")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"quantity": 0}, "/quantity"),
        ({"quantity": "5"}, "/quantity"),
        ({"reference": ""}, "/reference"),
        ({"reference": None}, "/reference"),
        ({"expires_at": "2026-01-05"}, "/expires_at"),
        ({"expires_at": "2026-01-05T04:00:00+08:00"}, "/expires_at"),
        ({"controller": "91110000100000001x"}, "/controller"),
        ({"instrument": "CEA-2025", "select": {"energy": "wind"}}, ""),
    ],
)
def test_a_hold_that_cannot_be_is_named(mine: Market, changes: Json, pointer: str) -> None:
    """Nothing of it is stored."""
    answer = mine.seller.post(PATH, {**mine.order(1), **changes})

    assert refusal(answer) == (400, "validation_failed")
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_large_order_waits_for_a_second_person_and_is_then_filled_whole(
    mine: Market, exchange: As
) -> None:
    """The limit is looked at when units are set aside, so the exchange may deliver them at once."""
    seller, second = mine.door.pair("generator")
    account = mine.door.account(seller.party, "generator", approval_above=10)
    limited = Market(mine.door, mine.issuer, seller, mine.buyer, account, mine.user)
    party = mine.door.operator.get(f"/v1/parties/{exchange.party}").json()
    order = limited.order(15, limited.lot(20), controller=party["credit_code"])

    waiting = seller.post(PATH, order)
    held = available(limited)
    told = mine.door.decided(second, waiting.json())
    filled = exchange.must(f"{PATH}/{told['hold_id']}/settle", settlement(mine, 15))

    assert (waiting.status_code, held) == (202, (5, 15))
    assert (told["quantity"], filled["quantity"]) == (15, 15)
    assert available(limited) == (5, 0)
