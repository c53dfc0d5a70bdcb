"""Quotes through the doors: the exchange tells them, everybody may read them."""

from __future__ import annotations

from tests.http.doors import Door, Json


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
