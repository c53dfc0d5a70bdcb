"""Quotes through the doors: the exchange tells them, everybody may read them, and they bound trades."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.database import Urls
from tests.carbon import given_at
from tests.http.doors import Door, Json
from tests.http.test_allowances import Carbon, carbon_at


@pytest.fixture
def carbon(database: Urls) -> Iterator[Carbon]:
    """Give one test a registry in August 2026 with a million allowances of 2025 in a province."""
    with carbon_at(database) as opened:
        yield opened


def body(day: str, *quotes: tuple[int | None, int, int, int]) -> Json:
    """Write a day's quotes: vintage, close, volume, turnover."""
    lines = [
        {"close_fen": close, "volume": volume, "turnover_fen": turnover}
        | ({"vintage": vintage} if vintage else {})
        for vintage, close, volume, turnover in quotes
    ]
    return {"day": day, "quotes": lines}


def test_the_exchange_tells_a_day_and_anyone_reads_it(door: Door) -> None:
    """Told again it is the next version; a page is in the order it was told."""
    exchange, emitter = door.person("exchange"), door.person("emitter")
    first = exchange.must("/v1/market-quotes", body("2025-12-18", (None, 6236, 10, 62360)))
    both = body("2025-12-18", (None, 6240, 11, 68640), (2024, 6240, 11, 68640))
    second = exchange.must("/v1/market-quotes", both)
    listed = emitter.get("/v1/market-quotes?from=2025-12-18&to=2025-12-18").json()

    assert first["quotes"] == [
        {"close_fen": 6236, "volume": 10, "turnover_fen": 62360, "version": 1}
    ]
    assert [quote["version"] for quote in second["quotes"]] == [2, 1]
    assert [(item["vintage"], item["version"]) for item in listed["items"]] == [
        (None, 1),
        (None, 2),
        (2024, 1),
    ]
    assert listed["items"][0]["journal_id"] == first["journal_id"]
    by_vintage = emitter.get("/v1/market-quotes", vintage=2024).json()["items"]
    assert [item["volume"] for item in by_vintage] == [11]
    assert emitter.get("/v1/market-quotes?from=2025-12-19").json()["items"] == []


def test_a_day_to_come_is_no_quote(door: Door) -> None:
    """Nor has anybody but the exchange a say in it."""
    exchange, emitter = door.person("exchange"), door.person("emitter")
    refused = exchange.post("/v1/market-quotes", body("2025-12-21", (None, 6236, 1, 6236)))
    denied = emitter.post("/v1/market-quotes", body("2025-12-18", (None, 6236, 1, 6236)))

    assert (refused.status_code, refused.json()["code"]) == (422, "quote_unfit")
    assert refused.json()["facts"]["reason"] == "day_to_come"
    assert denied.status_code == 403


def sale(trading: str, buyer: str, quantity: int, price_fen: int, mode: str = "listing") -> Json:
    """Write a trade of allowances of 2025."""
    return {
        "from_account": trading,
        "to_account": buyer,
        "instrument": "CEA-2025",
        "quantity": quantity,
        "mode": mode,
        "price_fen_per_unit": price_fen,
    }


@pytest.fixture
def stall(carbon: Carbon) -> tuple[Carbon, str, str]:
    """Give an emitter with 900,000 t to trade, and a buyer's account."""
    given_at(carbon.door, carbon.province, carbon.account, 2025, 900_000)
    trading = carbon.move_to_trading(900_000)
    return carbon, trading, carbon.door.account(carbon.door.party("emitter"), "cea_trading")


def test_a_close_of_today_or_none_bounds_nothing(stall: tuple[Carbon, str, str]) -> None:
    """Only an earlier day's close counts; another vintage's does not, that of all together does."""
    carbon, trading, buyer = stall
    ask, exchange = carbon.emitter, carbon.door.person("exchange")
    assert ask.post("/v1/transfers", sale(trading, buyer, 1, 1)).status_code == 201
    for day, vintage in (("2026-08-01", 2025), ("2026-07-30", 2024)):
        exchange.must("/v1/market-quotes", body(day, (vintage, 6236, 10, 62360)))
    assert ask.post("/v1/transfers", sale(trading, buyer, 1, 1)).status_code == 201

    exchange.must("/v1/market-quotes", body("2026-07-30", (None, 6236, 10, 62360)))
    assert ask.post("/v1/transfers", sale(trading, buyer, 1, 1)).status_code == 422


def test_no_way_to_trade_goes_around_the_band(stall: tuple[Carbon, str, str]) -> None:
    """Batches, each item for itself or all together, and deliveries out of a hold are judged alike."""
    carbon, trading, buyer = stall
    ask, exchange = carbon.emitter, carbon.door.person("exchange")
    exchange.must("/v1/market-quotes", body("2026-07-31", (2025, 6236, 10, 62360)))
    pair = [sale(trading, buyer, 1, 6236), sale(trading, buyer, 1, 6861)]
    each = ask.must("/v1/transfers/batch", {"mode": "independent", "transfers": pair})
    together = ask.post("/v1/transfers/batch", {"mode": "atomic", "transfers": pair})
    order = {"account": trading, "instrument": "CEA-2025", "quantity": 2, "reference": "order"}
    hold = ask.must("/v1/holds", order)["hold_id"]
    delivery = {"to_account": buyer, "quantity": 1, "mode": "listing"}
    outside = ask.post(f"/v1/holds/{hold}/settle", delivery | {"price_fen_per_unit": 6861})
    within = ask.post(f"/v1/holds/{hold}/settle", delivery | {"price_fen_per_unit": 6236})

    assert [item["code"] for item in each["results"]] == [None, "price_outside_band"]
    assert (together.status_code, together.json()["code"]) == (422, "price_outside_band")
    assert (outside.status_code, outside.json()["code"]) == (422, "price_outside_band")
    assert within.status_code == 201
