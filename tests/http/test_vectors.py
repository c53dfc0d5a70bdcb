"""The worked examples of the law, exact, through the doors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ledger.database import Urls
from settlement.expiry import expire
from tests.http.doors import As, Json
from tests.http.market import Market, at, market_at, market_of, refusal, runs
from tests.registry import Clock

NOW = "2026-01-05T04:00:00Z"


@pytest.fixture
def alone(database: Urls) -> Iterator[Market]:
    """Give one test a market of its own, in January 2026, whose clock it may move."""
    with market_at(database.app, NOW) as opened:
        yield opened


@pytest.fixture
def mine(market: Market) -> Market:
    """Give one test parties of its own on the market that tests share."""
    return market_of(market.door)


def issued(market: Market, month: str) -> tuple[int, int] | tuple[int, str]:
    """Issue a month: certificates and kWh carried, or the refusal."""
    answer = market.issuer.post("/v1/issuances", {"month": month})
    if answer.status_code != 201:
        return refusal(answer)
    told = answer.json()
    return told["certificates"], told["lots"][0]["carry_kwh"]


def test_a_months_remainder_is_carried_to_the_next(alone: Market) -> None:
    """V-1: 12,345.678 MWh and 0.500 carried in; 9,999.822; 0.999."""
    plant = alone.plant()
    for month, energy_kwh in [
        ("2025-09", 500),
        ("2025-10", 12_345_678),
        ("2025-11", 9_999_822),
        ("2025-12", 999),
    ]:
        alone.read(plant, energy_kwh, month)

    assert issued(alone, "2025-09") == (422, "nothing_to_issue")
    assert issued(alone, "2025-10") == (12_346, 178)
    assert issued(alone, "2025-11") == (10_000, 0)
    assert issued(alone, "2025-12") == (422, "nothing_to_issue")
    assert issued(alone, "2025-10") == (422, "nothing_to_issue")
    lots = alone.seller.get("/v1/lots", plant_id=plant).json()["items"]
    assert sorted((lot["month"], lot["count"]) for lot in lots) == [
        ("2025-10", 12_346),
        ("2025-11", 10_000),
    ]
    balance = alone.seller.get(f"/v1/accounts/{alone.generator}/balances").json()["items"]
    assert [(item["instrument"], item["posted"]) for item in balance] == [("GEC", 22_346)]


@pytest.mark.parametrize(
    ("month", "valid_until"),
    [
        ("2025-10", "2027-09-30"),
        ("2024-01", "2025-12-31"),
        ("2023-12", "2025-12-31"),
        ("2023-05", "2025-12-31"),
        ("2024-03", "2026-02-28"),
    ],
)
def test_validity_is_counted_from_the_month_of_production(
    mine: Market, month: str, valid_until: str
) -> None:
    """V-2: 24 calendar months; before 2024 to the end of 2025."""
    assert mine.lot(10, month=month)["valid_until"] == valid_until


def _fresh(market: Market, person: As) -> As:
    return market.door.person("enterprise", person.party)


def test_the_last_second_of_validity_is_still_valid(alone: Market) -> None:
    """V-2: 2027-09-30T23:59:59+08:00 is accepted, the next second refused, by the registry's clock."""
    lot = alone.lot(10)
    alone.seller.must("/v1/transfers", alone.sale(10, lot))
    body = alone.retirement(4, lot)
    clock: Clock = alone.door.registry.clock
    clock.now = datetime(2027, 9, 30, 15, 59, 59, tzinfo=UTC)
    alone.buyer = _fresh(alone, alone.buyer)

    # 2025 was claimed, so that the year is right whatever the day
    done = alone.buyer.post("/v1/retirements", body)
    assert (done.status_code, done.json()["quantity"]) == (201, 4)
    clock.advance(timedelta(seconds=1))
    assert refusal(alone.buyer.post("/v1/retirements", body)) == (422, "certificate_expired")
    unnamed = alone.retirement(4)
    assert refusal(alone.buyer.post("/v1/retirements", unnamed)) == (422, "too_few_eligible")
    told = expire(alone.door.registry.desk)
    assert told.certificates == 6
    found = alone.buyer.get(f"/v1/certificates/{done.json()['serials'][0]['first_code']}").json()
    assert [event["kind"] for event in found["history"]] == [
        "gec.issue",
        "transfer.listing",
        "gec.retire",
    ]


def test_what_is_issued_too_late_goes_straight_to_expired(alone: Market) -> None:
    """V-2: in 2026-09, a lot of stock hydro of 2023-06."""
    alone.door.registry.clock.now = at("2026-09-10T04:00:00Z")
    plant = alone.plant(energy="hydro", technology="conventional", commissioned_on="2015-01-01")
    lot = alone.lot(100, plant, month="2023-06")
    told = alone.seller.get(f"/v1/lots/{lot['lot_id']}").json()

    assert (told["trade"], told["valid_until"]) == ("non_tradable", "2025-12-31")
    assert (told["count"], told["held"], told["expired"]) == (100, 0, 100)
    found = alone.seller.get(f"/v1/certificates/{told['last_code']}").json()
    assert found["state"] == "expired"
    assert [event["kind"] for event in found["history"]] == ["gec.issue", "gec.expire"]


# Tradability


def _resale(market: Market, lot: Json) -> tuple[int, str]:
    other = market.door.account(market.door.person("enterprise").party, "user")
    body = market.sale(1, lot, from_account=market.user, to_account=other)
    return refusal(market.buyer.post("/v1/transfers", body))


def test_distributed_solar_is_traded_once(mine: Market) -> None:
    """V-3 a: the buyer may retire it, and not sell it on."""
    lot = mine.lot(100, mine.plant(energy="solar", technology="distributed"))
    assert lot["trade"] == "tradable"
    mine.seller.must("/v1/transfers", mine.sale(100, lot))

    assert _resale(mine, lot) == (422, "certificate_traded_already")
    mine.buyer.must("/v1/retirements", mine.retirement(1, lot))


def test_self_used_solar_is_not_traded_at_a_price(mine: Market) -> None:
    """V-3 b: refused by name; it goes to the consumer on the site, by the issuer's review."""
    plant = mine.plant(energy="solar", technology="distributed", grid_connection="self_use")
    lot = mine.lot(100, plant, category="self_use")
    assert lot["trade"] == "non_tradable"
    sold = mine.seller.post("/v1/transfers", mine.sale(1, lot))
    picked = mine.seller.post("/v1/transfers", mine.sale(1))
    paid = mine.seller.raw("/v1/documents?title=paid", lot["lot_id"].encode(), "text/plain")
    evidence = {"contract_no": "EMC-1", "document_ids": [paid.json()["document_id"]]}
    used = mine.sale(1, lot, mode="self_use", price_fen_per_unit=None, evidence=evidence)
    moved = mine.door.decided(mine.issuer, mine.seller.must("/v1/transfers", used))

    assert refusal(sold) == (422, "certificate_not_tradable")
    assert refusal(picked) == (422, "too_few_eligible")
    assert runs(moved) == [(99, 1)]


@pytest.mark.parametrize(
    ("commissioned_on", "market_based", "trade"),
    [
        ("2022-12-31", True, "non_tradable"),
        ("2023-01-01", True, "tradable"),
        ("2023-01-01", False, "non_tradable"),
    ],
)
def test_hydro_is_traded_if_young_and_fully_on_the_market(
    mine: Market, commissioned_on: str, market_based: bool, trade: str
) -> None:
    """V-3 c: both are needed."""
    plant = mine.plant(
        energy="hydro",
        technology="conventional",
        commissioned_on=commissioned_on,
        market_based=market_based,
    )
    lot = mine.lot(100, plant)

    assert lot["trade"] == trade
    answer = mine.seller.post("/v1/transfers", mine.sale(1, lot))
    assert (answer.status_code == 201) is (trade == "tradable")


def test_stand_alone_storage_earns_nothing(mine: Market) -> None:
    """V-3 d: 500 MWh discharged, issue 0."""
    plant = mine.plant(technology="battery", storage=True)
    reading = mine.read(plant, 500_000, category="storage")
    answer = mine.issuer.post("/v1/issuances", {"reading_ids": [reading]})

    assert refusal(answer) == (422, "storage_never_issues")
    assert mine.seller.get("/v1/lots", plant_id=plant).json()["items"] == []


def test_ranges_are_cut_from_the_high_end(mine: Market) -> None:
    """V-4: of 1…1000, 701…1000 are sold, 951…1000 of them retired, and nothing is lost."""
    plant = mine.plant()
    mine.lot(1, plant)  # serial 0: the lot of the example starts at 1
    lot = mine.lot(1001, plant, version=2)
    assert (lot["first_serial"], lot["count"]) == (1, 1000)

    sold = mine.seller.must("/v1/transfers", mine.sale(300, lot))
    assert (runs(sold), sold["quantity"], sold["unit"]) == ([(701, 300)], 300, "MWh")
    retired = mine.buyer.must("/v1/retirements", mine.retirement(50, lot))
    assert runs(retired) == [(951, 50)]
    told = mine.seller.get(f"/v1/lots/{lot['lot_id']}").json()
    assert (told["count"], told["held"], told["retired"]) == (1000, 950, 50)
    kept = mine.seller.get(f"/v1/accounts/{mine.generator}/parcels").json()["items"]
    assert {(run["first_serial"], run["count"]) for run in kept} == {(0, 1), (1, 700)}
    left = mine.buyer.get(f"/v1/accounts/{mine.user}/parcels").json()["items"]
    assert [(run["first_serial"], run["count"]) for run in left] == [(701, 250)]
