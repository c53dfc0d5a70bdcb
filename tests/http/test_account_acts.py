"""Closing accounts, and joining their parcels, through the doors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from tests.http.cutover import bring_in, opening, opening_lot, stock
from tests.http.doors import Json
from tests.http.market import Market, market_at, refusal
from tests.registry import NAME


@pytest.fixture
def fresh(database: Urls) -> Iterator[Market]:
    """Open a market of one's own; whatever was done in it, doctor finds nothing."""
    with market_at(database.app, "2026-01-05T04:00:00Z") as market:
        yield market
        assert examine(database.owner, NAME) == []


def crumbs(market: Market, count: int, trades: int = 0) -> tuple[str, str]:
    """Give the seller certificates one by one, in one lot; name plant and lot."""
    plant = market.plant()
    piece: Json = {"account_id": market.generator, "count": 1, "trades": trades}
    lot = opening_lot(plant, f"old {plant}", [piece] * count)
    told = bring_in(market, opening(f"crumbs {plant}", lot))
    return plant, str(told["lots"][0]["lot_id"])


def join(market: Market, **body: object) -> Json:
    """Let the seller join its parcels."""
    address = f"/v1/accounts/{market.generator}/parcels/consolidate"
    return market.seller.must(address, body)


def test_an_empty_account_is_closed_for_good(fresh: Market) -> None:
    """It neither gives nor takes, is not frozen or closed again, and its class not opened anew."""
    door, address = fresh.door, f"/v1/accounts/{fresh.user}"
    lot = {"lot_id": stock(fresh, fresh.generator, 4)}
    closed = door.operator.bare(f"{address}/close")
    sold = fresh.seller.post("/v1/transfers", fresh.sale(1, lot))
    again = door.operator.bare(f"{address}/close")
    frozen = door.person("regulator").must(f"{address}/freeze", {"document_no": "x"})
    decided = door.person("regulator", door.person("regulator").party)
    opened = door.operator.post("/v1/accounts", {"party_id": fresh.buyer.party, "class": "user"})

    assert (closed.status_code, closed.json()["status"]) == (201, "closed")
    assert door.operator.get(address).json()["status"] == "closed"
    assert refusal(sold) == (409, "account_closed")
    assert refusal(again) == (409, "account_closed")
    assert refusal(opened) == (422, "account_exists")
    answer = decided.bare(f"/v1/approvals/{frozen['approval_id']}/approve")
    assert refusal(answer) == (409, "account_closed")


def test_an_account_that_holds_something_is_not_closed(fresh: Market) -> None:
    """What it has is named; once all of it left, it is closed."""
    lot = {"lot_id": stock(fresh, fresh.generator, 4)}
    address = f"/v1/accounts/{fresh.generator}/close"
    answer = fresh.door.operator.bare(address)
    fresh.seller.must("/v1/transfers", fresh.sale(4, lot))

    assert refusal(answer) == (409, "account_not_empty")
    assert answer.json()["facts"] == {
        "account": fresh.generator,
        "instrument": "GEC",
        "posted": 4,
        "held": 0,
    }
    assert fresh.door.operator.bare(address).status_code == 201


def test_the_registry_s_own_sort_of_account_is_not_closed(fresh: Market) -> None:
    """A plant's account stays, and a holder does not close its own account either."""
    plant = fresh.seller.get(f"/v1/plants/{fresh.plant()}").json()
    answer = fresh.door.operator.bare(f"/v1/accounts/{plant['account_id']}/close")

    assert refusal(answer) == (422, "account_kept_by_registry")
    own = fresh.seller.bare(f"/v1/accounts/{fresh.generator}/close")
    assert refusal(own) == (403, "forbidden")


def test_crumbs_become_one_parcel_and_are_sold_as_before(fresh: Market) -> None:
    """By calls of a few; the last finds nothing left."""
    _, lot = crumbs(fresh, 7)
    crumbs(fresh, 2, trades=1)
    told = join(fresh, lot_id=lot, limit=4)
    rest = join(fresh, lot_id=lot)
    parcels = fresh.seller.get(f"/v1/accounts/{fresh.generator}/parcels").json()["items"]

    names = ("merged", "parcels_before", "parcels_after", "more")
    assert [told[name] for name in names] == [4, 9, 6, True]
    assert [rest[name] for name in names] == [4, 6, 3, False]
    assert sorted(p["count"] for p in parcels) == [1, 1, 7]
    join(fresh)
    answer = fresh.seller.post(f"/v1/accounts/{fresh.generator}/parcels/consolidate", {})
    assert refusal(answer) == (422, "nothing_to_consolidate")
    fresh.seller.must("/v1/transfers", fresh.sale(3, {"lot_id": lot}))


def test_more_runs_than_one_record_holds_are_joined_in_several(fresh: Market) -> None:
    """Forty pairs with another history each make two journals of one command."""
    plant = fresh.plant()
    pieces = [{"account_id": fresh.generator, "count": 1, "trades": n // 2 % 2} for n in range(60)]
    others = opening_lot(fresh.plant(), "old 2", pieces[:20])
    bring_in(fresh, opening("crumbs", opening_lot(plant, "old 1", pieces), others))
    told = join(fresh)
    kinds = fresh.seller.get(f"/v1/journals/{told['journal_id']}").json()["kind"]

    assert (told["merged"], told["parcels_before"], told["parcels_after"]) == (80, 80, 40)
    assert kinds == "units.consolidate"


def test_units_set_aside_and_sold_between_are_left_alone(fresh: Market) -> None:
    """Only free neighbours join: what is held or elsewhere lies between two runs."""
    _, lot = crumbs(fresh, 9)
    chosen = {"select": {"lot_id": lot, "first_serial": 2}}
    fresh.seller.must("/v1/holds", fresh.order(1) | chosen)
    chosen = {"select": {"lot_id": lot, "first_serial": 6}}
    fresh.seller.must("/v1/transfers", fresh.sale(1) | chosen)
    told = join(fresh)
    parcels = fresh.seller.get(f"/v1/accounts/{fresh.generator}/parcels").json()["items"]

    assert (told["merged"], told["parcels_before"], told["parcels_after"]) == (7, 8, 4)
    assert [(p["first_serial"], p["count"]) for p in parcels] == [(0, 2), (2, 1), (3, 3), (7, 2)]


def test_a_foreign_account_is_not_joined(market: Market) -> None:
    """It is not there for a stranger, nor for the province that sees it; nor is a foreign lot."""
    address = f"/v1/accounts/{market.generator}/parcels/consolidate"
    province = market.door.person("province", market.door.party("province", province="15"))
    own = f"/v1/accounts/{market.user}/parcels/consolidate"
    answers = [who.post(address, {}) for who in (market.buyer, province)]
    answers.append(market.buyer.post(own, {"lot_id": market.lot(1)["lot_id"]}))

    assert province.get(f"/v1/accounts/{market.generator}").status_code == 200
    assert [refusal(answer) for answer in answers] == [(404, "not_found")] * 3
