"""Lists of entities and approvals of allocation through the doors: worked out, told, bounded."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.doctor import examine
from tests.carbon import created_at
from tests.http.doors import As, Json
from tests.http.market import refusal
from tests.http.test_adjustments import balances, giving_back, reduction
from tests.http.test_allowances import YEAR, Carbon
from tests.http.test_allowances import carbon as carbon  # noqa: PLC0414 - a fixture
from tests.http.test_paging import walk
from tests.registry import NAME

PAPER = {"document_no": "环办〔2026〕1号"}
COAL = {"code": "u1", "class": "power_above_300mw"}
FIGURES = {"code": "u1", "qe_mwh": "3000000", "qh_gj": "2000000"}


def entity(carbon: Carbon, sector: str, *units: Json, **changes: Any) -> Json:
    """Put the emitter on the year's list, by two of the province."""
    one = {"party_id": carbon.emitter.party, "year": YEAR, "sector": sector, "reason": "名录"}
    body = {"entities": [one | {"installations": list(units)} | changes]} | PAPER
    return by_two(carbon, carbon.province, "/v1/ets-entities", body)


def asking(carbon: Carbon, stage: str, *units: Json, **changes: Any) -> Json:
    """Write what asks for a stage to be approved; `previous` is last year's verified figure."""
    one = {"party_id": carbon.emitter.party, "year": YEAR, "stage": stage}
    told: Json = {"approvals": [one | {"installations": list(units)} | changes]}
    return told | PAPER


def approved(carbon: Carbon, stage: str, *units: Json, **changes: Any) -> Json:
    """Have a stage approved by two of the province, and allocated out of its account."""
    body = asking(carbon, stage, *units, **changes)
    told: Json = by_two(carbon, carbon.province, "/v1/allowances/approvals", body)["approvals"][0]
    return told


def refused(carbon: Carbon, stage: str, *units: Json, **changes: Any) -> tuple[int, str]:
    """Ask for a stage that is refused."""
    body = asking(carbon, stage, *units, **changes)
    return refusal(carbon.province.post("/v1/allowances/approvals", body))


def by_two(carbon: Carbon, maker: As, path: str, body: Json) -> Json:
    """Have done what two persons decide."""
    checker = carbon.door.person(maker.person.split()[0], maker.party)
    return carbon.door.decided(checker, maker.must(path, body))


def more_units(carbon: Carbon) -> None:
    """Make what the worked examples need, beside the million that is there."""
    created_at(carbon.door, carbon.regulator, carbon.pool, YEAR, 9_000_000)


def sound(carbon: Carbon) -> bool:
    """Ask doctor."""
    return not examine(carbon.owner, NAME)


def test_a_power_unit_from_pre_allocation_to_true_up(carbon: Carbon) -> None:
    """V-10: 1,275,000 early, 2,576,000 in all, the difference at once; and the gap cap: 2,640,000."""
    more_units(carbon)
    entity(carbon, "power", COAL)
    early = approved(carbon, "pre", previous_verified="2550000.9")
    assert (early["quantity"], early["allocated"]) == (1_275_000, 1_275_000)
    carbon.verify(2_600_000)
    final = approved(carbon, "final", FIGURES)
    assert (final["quantity"], final["allocated"]) == (2_576_000, 1_301_000)
    carbon.verify(3_300_000)
    raised = approved(carbon, "adjustment", FIGURES)

    assert (raised["quantity"], raised["change"]) == (2_640_000, 64_000)
    assert balances(carbon.emitter, carbon.account) == {"CEA-2025": 2_640_000}
    path = f"/v1/allowances/approvals/{carbon.emitter.party}/{YEAR}"
    told = carbon.emitter.get(path).json()
    assert told["quota"] == {"approved": 2_640_000, "allocated": 2_640_000, "kept": 0, "left": 0}
    unit = told["approvals"][1]["inputs"][0]
    assert {one["name"]: one["value"] for one in unit["parts"]} == {
        "benchmark_power": "0.7902",
        "benchmark_heat": "0.1027",
        "power": "2370600",
        "heat": "205400",
    }
    assert {one["name"]: one["value"] for one in unit["figures"]}["peak_factor"] == "1"
    open_names = {point["name"]: point["evidence"] for point in told["open_points"]}
    assert open_names["cea.benchmark.power_above_300mw"] == "draft"
    assert open_names["cea.peak_factor"] == "own"
    assert len(walk(carbon.emitter, "/v1/allowances/approvals", 2)) == 3
    assert sound(carbon)


@pytest.mark.parametrize(
    ("intensity", "quantity"),
    [
        ("1.50", 5_046_875),
        ("1.28", 5_150_000),
        ("1.20", 5_150_000),
        ("1.92", 4_850_000),
        ("1.60", 5_000_000),
    ],
)
def test_a_steel_works_by_its_intensity(carbon: Carbon, intensity: str, quantity: int) -> None:
    """V-11, with the sector's balance value entered for the whole country."""
    entity(carbon, "steel", {"code": "s1", "class": "steel"})
    carbon.verify(5_000_000)
    figures = {"code": "s1", "emissions_t": "5000000", "intensity": intensity}
    assert refused(carbon, "final", figures) == (422, "balance_value_missing")
    value = {"name": "balance.steel", "province": "00", "year": YEAR, "value": "1.6"} | PAPER
    carbon.regulator.must("/v1/factors", value)
    waiting = carbon.province.must(
        "/v1/allowances/approvals", asking(carbon, "final", figures) | {"allocate": False}
    )
    told = carbon.door.decided(carbon.door.person("province", carbon.province.party), waiting)

    assert told["approvals"][0]["quantity"] == quantity
    assert balances(carbon.emitter, carbon.account) == {}


def test_a_reduction_is_carried_across_both_stages(carbon: Carbon) -> None:
    """V-9: 50,000 of 70,000 kept back, then 20,000 owed again, 40,000 left; what was bought stays."""
    entity(carbon, "steel", {"code": "s1", "class": "steel"})
    other = carbon.door.person("emitter")
    reduction(carbon, 70_000)
    first = approved(carbon, "pre", asked=50_000)
    assert (first["allocated"], first["kept_back"]) == (50_000, 50_000)
    bought = buys(carbon, other, 20_000)
    carbon.verify(30_000)
    second = approved(carbon, "final", {"code": "s1", "emissions_t": "30000", "special": "closed"})

    assert (second["quantity"], second["returned"], second["allocated"]) == (30_000, 20_000, 0)
    holdings = carbon.emitter.get(f"/v1/allowances/holdings/{carbon.emitter.party}").json()
    assert (holdings["debt"], holdings["items"][0]["registry"]) == (40_000, bought)
    assert refusal(giving_back(carbon, 30_001)) == (422, "return_above_allocated")
    assert sound(carbon)


def buys(carbon: Carbon, other: As, quantity: int) -> int:
    """Let the emitter buy allowances of the year from another, for handing in."""
    home, own = carbon.emitter, carbon.account
    carbon.emitter, carbon.account = other, carbon.door.account(other.party, "cea_registry")
    carbon.allocate(quantity)
    seller = carbon.move_to_trading(quantity)
    carbon.emitter, carbon.account = home, own
    trading = carbon.door.account(home.party, "cea_trading")
    way = {"from_account": seller, "to_account": trading, "instrument": "CEA-2025"}
    sale = {"mode": "bilateral", "price_fen_per_unit": 6_236, "quantity": quantity}
    other.must("/v1/transfers", way | sale)
    back = {"from_account": trading, "to_account": own, "vintage": YEAR, "quantity": quantity}
    home.must("/v1/allowances/moves", back)
    return quantity


@pytest.mark.parametrize(
    ("issued", "released", "left"), [(1_200_000, 200_000, 0), (800_000, 0, 200_000)]
)
def test_a_province_keeps_what_is_due(
    carbon: Carbon, issued: int, released: int, left: int
) -> None:
    """V-14: 1,200,000 issued, 1,000,000 due: 200,000 released; 800,000 issued: 200,000 to add."""
    more_units(carbon)
    office = carbon.province
    custody = carbon.door.account(
        office.party, "province_custody", on_behalf_of=carbon.emitter.party
    )
    entity(carbon, "steel", {"code": "s1", "class": "steel"})
    carbon.verify(1_000_000)
    approved(carbon, "auction", asked=issued, ground="未按时清缴")
    freed = {"custody_account": custody, "account": carbon.account, "vintage": YEAR} | PAPER
    early = office.post(
        "/v1/allowances/releases", freed | {"quantity": issued - 1_000_000 + 1 or 1}
    )
    if released:
        assert refusal(early) == (409, "release_below_due")
    handed = min(issued, 1_000_000)
    parts = {"allowances": [{"vintage": YEAR, "quantity": handed}], "compliance_year": YEAR}
    office.must("/v1/surrenders", {"account": custody} | parts)
    if released:
        office.must("/v1/allowances/releases", freed | {"quantity": released})

    holdings = carbon.emitter.get(f"/v1/allowances/holdings/{carbon.emitter.party}").json()
    assert (holdings["due"], holdings["to_add"]) == (left, left)
    assert balances(carbon.emitter, carbon.account) == ({"CEA-2025": released} if released else {})
    assert sound(carbon)
