"""The straight way to an endpoint answers as the framework's own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.app import routed
from api.bodies import Doorway
from api.switchboard import Switchboard
from tests.http.market import Market


def test_the_straight_way_is_taken_where_no_more_is_asked() -> None:
    """By the posts that are asked most."""
    board = next(route for route in routed().routes if isinstance(route, Switchboard))
    routes = [route for found in board._routes.values() for route in found]
    straight = {route.path for route in routes if isinstance(route, Doorway) and route.straight}

    assert straight == {"/v1/transfers", "/v1/holds"}
    assert len(routes) > 100


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        "text",
        7,
        {"quantity": 0, "unknown": 1},
        {"quantity": "1", "instrument": 5, "select": {"lot_id": "x", "first_serial": -1}},
    ],
)
def test_what_is_malformed_is_told_the_same_either_way(market: Market, body: Any) -> None:
    """A query, even one that changes nothing, goes the framework's way."""
    for path in ("/v1/transfers", "/v1/holds"):
        written = json.dumps(body).encode()
        straight = market.seller.raw(path, written)
        other = market.seller.raw(f"{path}?dry_run=false", written)

        assert straight.status_code == other.status_code == 400
        assert straight.json() == other.json()
        assert straight.json()["errors"]


@pytest.mark.parametrize("key", [None, "é", " "])
def test_a_key_that_is_none_is_told_the_same_either_way(market: Market, key: str | None) -> None:
    """Before the body is looked at."""
    extra = {} if key is None else {b"idempotency-key": key.encode()}
    who = {b"authorization": f"Bearer {market.seller.key}".encode()}
    answers = [
        market.door.http.post(f"/v1/transfers{query}", json={}, headers={**who, **extra})
        for query in ("", "?dry_run=false")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()


def test_a_method_a_path_does_not_take_is_refused_as_before(market: Market) -> None:
    """What the switchboard does not find is left to the framework."""
    wrong = market.door.http.delete("/v1/transfers", headers=market.seller.headers())
    nowhere = market.seller.get("/v1/transfers/x/y")

    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert wrong.headers["allow"]
