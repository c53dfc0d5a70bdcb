"""What a regulator asks about allowances: compliance, allocation, prices; the same file for the same size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.sheets.read import CSV, read_sheet
from ledger.database import Urls
from tests.http.bureau import TABLE, VERIFIED, Bureau, bureau_at, csv_of
from tests.http.doors import As, Json
from tests.http.market import at
from tests.http.sealed import seal

FIGURES = ("credit_code", "year", "stage", "installation", "qe_mwh", "qh_gj")


@pytest.fixture
def bureau(database: Urls) -> Iterator[Bureau]:
    """Give one test a province with two power plants on the list of 2025, given and verified."""
    with bureau_at(database) as opened:
        opened.decided(opened.listed(opened.power(0), opened.power(1)))
        body = {"rows": [opened.signed(0, 2025, 2_600_000), opened.signed(1, 2025, 1_000)]}
        assert opened.maker.must(VERIFIED, body)["parties"] == 2
        rows = [(opened.code(0), "2025", "final", "u1", "3000000", "2000000")]
        content = csv_of(rows, FIGURES)
        opened.decided(opened.send(TABLE, content, document_no="A"))
        yield opened


@pytest.fixture
def regulator(bureau: Bureau) -> As:
    """Give somebody who sees everybody."""
    return bureau.door.person("regulator")


def told(bureau: Bureau, by: As, name: str, year: int = 2025, **query: int) -> Json:
    """Ask for a report of all that was sealed."""
    answer = by.get(f"/v1/reports/{name}", None, year=year, **query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    assert found["registry"] == bureau.door.registry.desk.registry
    return found


def hand_in(bureau: Bureau, n: int, quantity: int) -> None:
    """Have an emitter hand allowances of 2025 in for 2025."""
    who = bureau.door.person("emitter", bureau.emitters[n][0])
    part = {"vintage": 2025, "quantity": quantity}
    body = {"account": bureau.accounts[n], "compliance_year": 2025, "allowances": [part]}
    who.must("/v1/surrenders", body)


def sell(bureau: Bureau, quantity: int, price_fen: int) -> None:
    """Have the first emitter sell allowances of 2025 to the second."""
    owner = bureau.door.person("emitter", bureau.emitters[0][0])
    trading = bureau.door.account(owner.party, "cea_trading")
    way = {"from_account": bureau.accounts[0], "to_account": trading, "vintage": 2025}
    owner.must("/v1/allowances/moves", way | {"quantity": quantity})
    buyer = bureau.door.account(bureau.emitters[1][0], "cea_trading")
    sale = {"from_account": trading, "to_account": buyer, "instrument": "CEA-2025"}
    price = {"mode": "listing", "price_fen_per_unit": price_fen}
    owner.must("/v1/transfers", sale | price | {"quantity": quantity})


def test_compliance_is_told_by_province_and_sector(
    bureau: Bureau, regulator: As, database: Urls
) -> None:
    """Open before the deadline; who is short after it is B, and what was told before stays told."""
    hand_in(bureau, 0, 2_000_000)
    size = seal(database, bureau.door.home)
    before = told(bureau, regulator, "compliance")
    [group] = before["items"]

    assert (group["province"], group["sector"], group["entities"]) == ("15", "power", 2)
    assert (group["verified"], group["surrendered"], group["short"]) == (
        2_601_000,
        2_000_000,
        601_000,
    )
    assert (group["a"], group["b"], group["c"], group["open"]) == (0, 0, 0, 2)
    assert before["sums"] == {k: v for k, v in group.items() if k not in {"province", "sector"}}

    bureau.door.registry.clock.now = at("2027-01-04T04:00:00Z")
    hand_in(bureau, 0, 576_000)
    seal(database, bureau.door.home)
    after = told(bureau, regulator, "compliance")["sums"]
    assert (after["short"], after["a"], after["b"], after["open"]) == (25_000, 0, 2, 0)
    assert told(bureau, regulator, "compliance", as_of_size=size) == before


def test_who_is_listed_and_not_verified_is_counted(
    bureau: Bureau, regulator: As, database: Urls
) -> None:
    """C, once the day for verification is over; a province is told of its own."""
    bureau.decided(bureau.listed(bureau.power(2)))
    seal(database, bureau.door.home)
    other = bureau.door.person("province", bureau.door.party("province", province="44"))

    assert told(bureau, regulator, "compliance")["sums"]["c"] == 1
    assert told(bureau, bureau.maker, "compliance")["sums"]["entities"] == 3
    assert told(bureau, other, "compliance")["items"] == []


def test_allocations_are_told_stage_by_stage(bureau: Bureau, regulator: As, database: Urls) -> None:
    """What was approved, and what of it was allocated, in CSV as in JSON."""
    head = ("credit_code", "year", "stage", "asked", "price_fen_per_t")
    content = csv_of([(bureau.code(1), "2025", "auction", "7", "6236")], head)
    bureau.decided(bureau.send(TABLE, content, document_no="B"))
    content = csv_of([(bureau.code(1), "2025", "auction", "2", "")], head)
    bureau.decided(bureau.send(TABLE, content, document_no="B"))
    seal(database, bureau.door.home)
    found = told(bureau, regulator, "allocations")
    sheet = regulator.get("/v1/reports/allocations?year=2025&format=csv").content

    assert found["sums"] == {
        "entities": 2,
        "pre": 0,
        "final": 2_576_000,
        "adjustment": 0,
        "auction": 9,
        "auction_priced": 7,
        "auction_fen": 7 * 6_236,
        "approved": 2_576_009,
        "allocated": 2_576_009,
        "left": 0,
    }
    lines = read_sheet(sheet, CSV)
    assert list(lines[1].cells)[:4] == ["15", "power", "2", "0"]


def test_prices_are_told_by_month(bureau: Bureau, regulator: As, database: Urls) -> None:
    """As the exchange told them, exactly averaged; beside them what was settled here, and stands."""
    exchange = bureau.door.person("exchange")
    for day, vintage, volume, turnover in (
        ("2026-06-30", None, 7, 42_000),
        ("2026-07-01", 2025, 10, 60_000),
        ("2026-07-02", 2025, 20, 140_001),
        ("2026-07-02", 2024, 30, 150_000),
    ):
        line: Json = {"close_fen": turnover // volume, "volume": volume, "turnover_fen": turnover}
        line |= {"vintage": vintage} if vintage else {}
        exchange.must("/v1/market-quotes", {"day": day, "quotes": [line]})
    sell(bureau, 40, 7_000)
    seal(database, bureau.door.home)
    found = told(bureau, regulator, "allowance-prices", 2026)
    rows = {(row["month"], row["vintage"]): row for row in found["items"]}

    july = rows["2026-07", None]
    assert (july["days"], july["volume"], july["turnover_fen"]) == (2, 60, 350_001)
    assert (july["average_fen"], july["low_close_fen"]) == ("5833.3500", None)
    part = rows["2026-07", 2025]
    assert (part["low_close_fen"], part["high_close_fen"]) == (6_000, 7_000)
    assert rows["2026-06", None]["average_fen"] == "6000.0000"
    august = rows["2026-08", None]
    assert (august["settled_volume"], august["settled_turnover_fen"]) == (40, 280_000)
    assert (august["volume"], august["average_fen"]) == (0, None)
    assert found["sums"] == {
        "volume": 67,
        "turnover_fen": 392_001,
        "settled_volume": 40,
        "settled_turnover_fen": 280_000,
    }
