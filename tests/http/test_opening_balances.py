"""Cut-over through the doors: certificates and allowances come in with their history, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from tests.carbon import created_at
from tests.http.cutover import bring_in, opening, opening_lot, stock
from tests.http.doors import Json
from tests.http.market import Market, market_at, readings, refusal, runs
from tests.registry import NAME


@pytest.fixture
def fresh(database: Urls) -> Iterator[Market]:
    """Open a market of one's own; whatever was done in it, doctor finds nothing."""
    with market_at(database.app, "2026-01-05T04:00:00Z") as market:
        yield market
        assert examine(database.owner, NAME) == []


def history(market: Market) -> list[Json]:
    """Write four pieces: unsold, sold once, used up, and sold once to the same."""
    beneficiary = {"credit_code": market.code(market.buyer), "name": "某某钢铁"}
    claim = {"beneficiary": beneficiary, "purpose": "green_power_claim", "consumption_year": 2025}
    return [
        {"account_id": market.generator, "count": 5},
        {"account_id": market.user, "count": 4, "trades": 1},
        {
            "account_id": market.user,
            "count": 3,
            "trades": 1,
            "retired": claim | {"statement_no": "旧声明 7 号"},
        },
        {"account_id": market.user, "count": 2, "trades": 1},
    ]


def test_a_lot_comes_in_with_its_history(fresh: Market) -> None:
    """Who has what, what was sold is not sold again, and what was used up stays so."""
    plant = fresh.plant()
    told = bring_in(fresh, opening("cut-over", opening_lot(plant, "old lot 1", history(fresh))))
    lot = told["lots"][0]["lot_id"]
    parcels = fresh.buyer.get(f"/v1/accounts/{fresh.user}/parcels").json()["items"]
    claims = fresh.buyer.get("/v1/retirements").json()["items"]
    sold = fresh.sale(1, {"lot_id": lot}, from_account=fresh.user, to_account=fresh.user)
    other = fresh.door.account(fresh.door.party("enterprise"), "user")

    assert told["lots"] == [{"origin_lot": "old lot 1", "lot_id": lot, "count": 14}]
    assert [(p["first_serial"], p["count"], p["trades"], p["origin"]) for p in parcels] == [
        (5, 4, 1, "imported"),
        (12, 2, 1, "imported"),
    ]
    assert [(c["statement_no"], c["quantity"]) for c in claims] == [("旧声明 7 号", 3)]
    again = fresh.buyer.post("/v1/transfers", sold | {"to_account": other})
    assert refusal(again) == (422, "certificate_traded_already")
    fresh.seller.must("/v1/transfers", fresh.sale(5, {"lot_id": lot}))
    fresh.buyer.must("/v1/retirements", fresh.retirement(11, {"lot_id": lot}))


def test_a_month_that_came_in_goes_on_here(fresh: Market) -> None:
    """The next version of its reading adds to it, and serials run on."""
    plant = fresh.plant()
    stock(fresh, fresh.generator, 10, plant)
    told = fresh.issuer.must("/v1/meter-readings", readings(plant, 13_000, version=2))
    reading = told["results"][0]["reading_id"]
    issued = fresh.issuer.must("/v1/issuances", {"reading_ids": [reading]})["lots"]

    assert [(lot["first_serial"], lot["count"]) for lot in issued] == [(10, 3)]


def test_what_is_over_comes_in_as_expired(fresh: Market) -> None:
    """Beside what the clock has yet to write off; of a lot still valid nothing does."""
    plant = fresh.plant()
    pieces: list[Json] = [
        {"expired": True, "count": 3},
        {"account_id": fresh.generator, "count": 2},
    ]
    bring_in(fresh, opening("late", opening_lot(plant, "old", pieces, month="2023-01")))
    body = opening("x", opening_lot(plant, "young", pieces))

    answer = fresh.door.operator.post("/v1/opening-balances", body)
    assert refusal(answer) == (422, "certificate_not_expired")


def test_allowances_come_in_to_open_vintages(fresh: Market) -> None:
    """Of a vintage that is not open here none come."""
    door, regulator = fresh.door, fresh.door.person("regulator")
    emitter = door.account(door.party("emitter"), "cea_registry")
    province = door.account(door.party("province"), "province")
    body = opening("cea", allowances=[{"account": emitter, "vintage": 2025, "quantity": 70}])
    early = door.operator.post("/v1/opening-balances", body)
    made = created_at(door, regulator, province, 2025, 1)
    bring_in(fresh, body)
    balances = door.operator.get(f"/v1/accounts/{emitter}/balances").json()["items"]

    assert refusal(early)[1] == "instrument_unknown"
    assert made["instrument"] == "CEA-2025"
    assert [(b["instrument"], b["posted"]) for b in balances] == [("CEA-2025", 70)]


def test_nothing_comes_in_twice(fresh: Market) -> None:
    """Not the lot, nor its month under another name, nor a balance under the same reference."""
    plant, other = fresh.plant(), fresh.plant()
    piece = [{"account_id": fresh.generator, "count": 5}]
    first = opening_lot(plant, "old 1", piece)
    bring_in(fresh, opening("a", first))
    operator = fresh.door.operator
    renamed = operator.post("/v1/opening-balances", opening("b", first | {"origin_lot": "old 2"}))
    same = opening("c", opening_lot(other, "old 1", piece))
    twice = opening("d", opening_lot(other, "old 3", piece), opening_lot(other, "old 4", piece))

    assert refusal(renamed) == (422, "opening_overlaps")
    assert refusal(operator.post("/v1/opening-balances", same))[1] == "external_reference_used"
    assert refusal(operator.post("/v1/opening-balances", twice))[1] == "opening_overlaps"


def test_a_statement_s_number_is_used_once(fresh: Market) -> None:
    """Two pieces that claim the same number come in not at all."""
    pieces = history(fresh)
    pieces[3] = pieces[2]
    body = opening("cut-over", opening_lot(fresh.plant(), "old lot 1", pieces))
    waiting = fresh.door.operator.must("/v1/opening-balances", body)
    checker = fresh.door.person("operator")
    answer = checker.bare(f"/v1/approvals/{waiting['approval_id']}/approve")

    assert refusal(answer)[1] == "external_reference_used"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": 6}, "opening_not_tiled"),
        ({"size": 4}, "opening_not_tiled"),
        ({"energy_kwh": 4999}, "opening_energy_short"),
        ({"energy_kwh": 10**13}, "reading_above_capacity"),
        ({"month": "2026-01"}, "reading_month_impossible"),
    ],
)
def test_a_lot_that_cannot_be_does_not_come_in(
    market: Market, changes: dict[str, Any], code: str
) -> None:
    """Its pieces are it, its energy is enough, and its month is one of the plant's, and over."""
    lot = opening_lot(market.plant(), "odd", [{"account_id": market.generator, "count": 5}])
    answer = market.door.operator.post("/v1/opening-balances", opening("odd", lot | changes))

    assert refusal(answer) == (422, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lots": []}, "opening_empty"),
        ({"pieces": [{"count": 5}]}, "piece_nowhere"),
    ],
)
def test_a_body_that_says_nothing_is_malformed(
    market: Market, change: dict[str, Any], code: str
) -> None:
    """It names lots or allowances, and every piece is somewhere."""
    lot = opening_lot(market.plant(), "odd", [{"account_id": market.generator, "count": 5}])
    lot |= {name: value for name, value in change.items() if name in lot}
    body = opening("odd", lot) | {n: v for n, v in change.items() if n not in lot}
    answer = market.door.operator.post("/v1/opening-balances", body)

    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == [code]


def test_what_came_in_is_listed_and_told(fresh: Market) -> None:
    """By journal; a holder sees the lot that it got certificates of, and nobody else's."""
    stock(fresh, fresh.generator, 2)
    listed = fresh.seller.get("/v1/opening-balances").json()["items"]
    number = listed[0]["journal_id"]

    assert [(item["kind"], item["quantity"]) for item in listed] == [("opening.lot", 2)]
    assert listed[0]["source_registry"] == "old.registry"
    assert fresh.seller.get(f"/v1/opening-balances/{number}").json() == listed[0]
    assert fresh.buyer.get("/v1/opening-balances").json()["items"] == []
    assert refusal(fresh.buyer.get(f"/v1/opening-balances/{number}")) == (404, "not_found")


def test_an_imported_lot_is_sold_once(fresh: Market) -> None:
    """Unsold when it came, it is sold here like any other."""
    lot = {"lot_id": stock(fresh, fresh.generator, 6)}
    told = fresh.seller.must("/v1/transfers", fresh.sale(4, lot))

    assert runs(told) == [(2, 4)]
