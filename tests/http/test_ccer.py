"""CCER through the doors: a project is registered, what it freezes, and what its energy cancels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.http.doors import As, Json
from tests.http.market import Market, market_of, refusal, runs
from tests.http.test_paging import walk

PROJECTS, CLAIMS, FREEZES = "/v1/ccer/projects", "/v1/ccer/claims", "/v1/freezes"
JULY = "2025-07"


@dataclass(slots=True)
class Csp:
    """A concentrating solar plant of a market's seller, and the issuer's two persons."""

    market: Market
    plant: str
    second: As

    @property
    def issuer(self) -> As:
        """Name who asks; the second person decides."""
        return self.market.issuer

    def project(self, **changes: Any) -> Json:
        """Write the registration of the plant's project."""
        return {
            "project": f"CCER-{self.plant}",
            "plant_id": self.plant,
            "method": "grid_solar_thermal",
            "first_month": JULY,
            "last_month": "2026-06",
            "registered_on": "2025-12-01",
            "document_no": "国环规气候〔2025〕9号",
            **changes,
        }

    def claim(self, energy_kwh: int, **changes: Any) -> Json:
        """Write a claim of July's energy."""
        return {
            "plant_id": self.plant,
            "month": JULY,
            "energy_kwh": energy_kwh,
            "project": f"CCER-{self.plant}",
            "document_no": "减排量登记-1",
            **changes,
        }

    def decided(self, path: str, body: Json) -> Json:
        """Have two persons do something."""
        return self.market.door.decided(self.second, self.issuer.must(path, body))

    def refused(self, path: str, body: Json) -> tuple[int, str]:
        """Tell why it is refused."""
        return refusal(self.issuer.post(path, body))


@pytest.fixture
def csp(market: Market) -> Csp:
    """Give one test a plant of its own."""
    mine = market_of(market.door)
    second = mine.door.person("issuer", mine.issuer.party)
    return Csp(mine, mine.plant(energy="solar", technology="tower"), second)


def test_credited_energy_is_not_sold_and_sold_energy_is_not_credited(csp: Csp) -> None:
    """V-15: 10,000 issued, 4,000 sold; 6,000 frozen; 6,000 MWh credited and cancelled; 6,001 refused."""
    mine = csp.market
    lot = mine.lot(10_000, csp.plant, month=JULY)
    mine.seller.must("/v1/transfers", mine.sale(4_000, lot))
    registered = csp.decided(PROJECTS, csp.project())
    assert (registered["quantity"], registered["unit"]) == (6_000, "MWh")
    [name] = registered["hold_ids"]
    frozen = mine.seller.get(f"{FREEZES}/{name}").json()
    assert (frozen["cause"], frozen["remaining"], runs(frozen)) == ("ccer", 6_000, [(0, 6_000)])

    much = csp.issuer.post(CLAIMS, csp.claim(6_001_000))
    assert refusal(much) == (422, "ccer_energy_not_free")
    assert much.json()["facts"] == {
        "plant": csp.plant,
        "month": JULY,
        "asked_kwh": 6_001_000,
        "free_kwh": 6_000_000,
    }
    told = csp.decided(CLAIMS, csp.claim(6_000_000))
    assert (told["quantity"], told["energy_kwh"], runs(told)) == (6_000, 6_000_000, [(0, 6_000)])
    kept = mine.seller.get(f"{CLAIMS}/{told['claim_id']}").json()
    assert (kept["plant_id"], kept["month"], kept["energy_kwh"]) == (csp.plant, JULY, 6_000_000)
    assert (kept["hold_id"], kept["quantity"], kept["account"]) == (name, 6_000, mine.generator)
    listed = walk(mine.seller, CLAIMS, 5, account=mine.generator)
    assert [row["claim_id"] for row in listed] == [told["claim_id"]]
    assert csp.refused(CLAIMS, csp.claim(1)) == (422, "ccer_energy_not_free")
    assert refusal(mine.seller.post("/v1/transfers", mine.sale(1, lot))) == (422, "units_short")
    assert mine.buyer.must("/v1/retirements", mine.retirement(4_000, lot))["quantity"] == 4_000


def test_what_is_issued_after_the_registration_cannot_be_sold(csp: Csp) -> None:
    """It is frozen in the act that issues it; the issuer, who registered the project, may lift it."""
    mine = csp.market
    assert csp.decided(PROJECTS, csp.project())["quantity"] == 0
    lot = mine.lot(50, csp.plant, month=JULY)
    sale = refusal(mine.seller.post("/v1/transfers", mine.sale(1, lot)))
    assert sale == (422, "units_short")

    [frozen] = walk(mine.seller, FREEZES, 5, account=mine.generator)
    assert (frozen["kind"], frozen["cause"], frozen["remaining"]) == ("ccer", "ccer", 50)
    assert frozen["controller_id"] == csp.issuer.party
    csp.decided(f"{FREEZES}/{frozen['hold_id']}/lift", {"quantity": 20, "document_no": "解除-1"})
    assert mine.seller.must("/v1/transfers", mine.sale(20, lot))["quantity"] == 20
    assert csp.refused(CLAIMS, csp.claim(30_001)) == (422, "ccer_energy_not_free")
    assert csp.decided(CLAIMS, csp.claim(29_001))["quantity"] == 30


def test_projects_are_listed_by_plant_to_whom_it_concerns(csp: Csp) -> None:
    """The plant's owner sees it; others do not; its number is taken for ever."""
    csp.decided(PROJECTS, csp.project())
    [told] = walk(csp.market.seller, PROJECTS, 5, plant_id=csp.plant)
    assert {name: told[name] for name in csp.project()} == csp.project()
    assert told["party_id"] == csp.issuer.party
    assert walk(csp.market.buyer, PROJECTS, 5, plant_id=csp.plant) == []

    waiting = csp.issuer.must(PROJECTS, csp.project())
    again = csp.second.bare(f"/v1/approvals/{waiting['approval_id']}/approve")
    assert refusal(again) == (422, "ccer_project_exists")


@pytest.mark.parametrize(
    ("changes", "refusal_"),
    [
        ({"method": "rooftop_pv"}, (422, "ccer_method_not_allowed")),
        ({"last_month": "2025-06"}, (400, "validation_failed")),
        ({"method": ""}, (400, "validation_failed")),
        ({"document_no": None}, (400, "validation_failed")),
    ],
)
def test_a_project_that_cannot_be_is_not_registered(
    csp: Csp, changes: Json, refusal_: tuple[int, str]
) -> None:
    """Only the methods of the rulebook, months in order, and a decision it rests on."""
    assert csp.refused(PROJECTS, csp.project(**changes)) == refusal_
    assert walk(csp.issuer, PROJECTS, 5, plant_id=csp.plant) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": 1}, "one_of_two"),
        ({"plant_id": None, "month": None, "energy_kwh": None}, "one_of_two"),
        ({"energy_kwh": None}, "go_together"),
        ({"energy_kwh": 0}, None),
    ],
)
def test_a_claim_names_a_freeze_or_a_month_whole(csp: Csp, changes: Json, code: str | None) -> None:
    """Never half of either, never both."""
    answer = csp.issuer.post(CLAIMS, csp.claim(1) | changes)
    assert refusal(answer) == (400, "validation_failed")
    assert code in (None, answer.json()["errors"][0]["code"])


def test_a_claim_is_of_a_project_of_the_plants_month(csp: Csp) -> None:
    """Another plant's project, or a month before it, is none."""
    other = csp.market.plant(energy="solar", technology="tower")
    csp.decided(PROJECTS, csp.project())
    for changes in ({"plant_id": other}, {"month": "2025-06"}, {"project": "CCER-none"}):
        assert csp.refused(CLAIMS, csp.claim(1, **changes)) == (422, "ccer_project_unknown")
