"""Which certificates count, line by line of the worked case V-7, through the doors and in both modes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.http.budget_case import PROVINCE, YEAR, Case, opened_case
from tests.http.doors import As, Door, Json
from tests.http.market import Market, market_of, refusal

MAY = f"{YEAR}-05"
CAP = 30
SETTLED: Json = {"contract_no": "C-1", "settled_kwh": 25_000}
PLAN: Json = {"plan_id": "P-1", "filing_id": "F-1"}


@dataclass(slots=True)
class Bought:
    """The steel mill with its budget charged, and a market in its province that sells to it."""

    case: Case
    market: Market
    code: str

    def buy(self, certificates: int, month: str = MAY) -> Json:
        """Have certificates issued and sold to the mill; give their lot."""
        lot = self.market.lot(certificates, month=month)
        self.market.seller.must(
            "/v1/transfers", self.market.sale(certificates, lot, to_account=self.case.user)
        )
        return lot

    def retirement(self, quantity: int, lot: Json, **changes: object) -> Json:
        """Write a retirement for the mill's budget."""
        order = {
            "account": self.case.user,
            "beneficiary": {"credit_code": self.code, "name": "某某钢铁"},
            "purpose": "fossil_budget",
            "consumption_year": YEAR,
        }
        return self.market.retirement(quantity, lot, **{**order, **changes})

    def retire(self, quantity: int, lot: Json, **changes: object) -> str:
        """Retire certificates of the mill's; give the retirement's id."""
        told = self.case.mill.must("/v1/retirements", self.retirement(quantity, lot, **changes))
        return str(told["retirement_id"])

    def offer(self, *retirements: str) -> Json:
        """Offer retirements to the budget."""
        return self.case.mill.must(
            f"{self.case.path}/offsets", {"retirement_ids": list(retirements)}
        )


@pytest.fixture(params=["net", "gross"])
def bought(door: Door, request: pytest.FixtureRequest) -> Bought:
    """Give one test the mill of V-5 in either mode, under a cap of thirty certificates."""
    case = opened_case(door)
    case.cap(CAP, "cap_in_province")  # the market's plants stand in the mill's province
    case.set(mode=request.param)
    case.charge()
    market = market_of(door)
    return Bought(case, market, market.code(case.mill))


def reasons(told: Json) -> list[tuple[int, str]]:
    """List what does not count, and why not."""
    return [(row["count"], row["reason"]) for row in told["unrecognised"]]


def test_energy_of_the_year_before_does_not_count(bought: Bought) -> None:
    """Produced in December 2025."""
    old = bought.buy(10, f"{YEAR - 1}-12")
    told = bought.offer(bought.retire(10, old, consumption_year=YEAR - 1))
    assert (told["certificates"], reasons(told)) == (0, [(10, "wrong_production_year")])


def test_what_is_retired_for_another_subsidiary_does_not_count(bought: Bought) -> None:
    """It was the mill's, and it is not the mill's claim."""
    sister = bought.case.door.person("enterprise")
    claim = {"credit_code": bought.market.code(sister), "name": "某某焦化"}
    told = bought.offer(bought.retire(20, bought.buy(20), beneficiary=claim))
    assert (told["certificates"], reasons(told)) == (0, [(20, "other_beneficiary")])


def test_what_is_held_and_not_retired_cannot_be_offered(bought: Bought) -> None:
    """There is no retirement to name; the plan proposes to make one."""
    lot = bought.buy(12)
    named = bought.case.mill.post(
        f"{bought.case.path}/offsets", {"retirement_ids": ["ret_0000000000z8q"]}
    )
    assert refusal(named) == (422, "retirement_unknown")
    told = bought.case.told()
    assert (told["certificates"], told["charge"]["certificate_gce"]) == (0, 0)
    proposed = bought.case.mill.get(f"{bought.case.path}/plan").json()["retire"]
    assert [(row["lot_id"], row["count"]) for row in proposed] == [(lot["lot_id"], 12)]


def test_what_is_frozen_for_ccer_cannot_be_retired(bought: Bought) -> None:
    """Untraded certificates of a project: neither their holder nor anybody retires them for the mill."""
    mine = bought.market
    lot = mine.lot(15, mine.plant(energy="solar", technology="tower"), month=MAY)
    project: Json = {
        "project": "CCER-1",
        "plant_id": lot["plant_id"],
        "method": "grid_solar_thermal",
        "first_month": MAY,
        "last_month": f"{YEAR}-12",
        "registered_on": f"{YEAR}-09-01",
        "document_no": "国环规气候〔2026〕9号",
    }
    second = mine.door.person("issuer", mine.issuer.party)
    frozen = mine.door.decided(second, mine.issuer.must("/v1/ccer/projects", project))
    assert frozen["quantity"] == 15

    sold = mine.seller.post("/v1/transfers", mine.sale(15, lot, to_account=bought.case.user))
    retired = mine.seller.post(
        "/v1/retirements", bought.retirement(15, lot, account=mine.generator)
    )
    assert (refusal(sold), refusal(retired)) == ((422, "units_short"), (422, "units_short"))
    assert bought.case.told()["certificates"] == 0


def test_beyond_the_province_s_cap_nothing_counts(bought: Bought) -> None:
    """Thirty do; what is above is listed."""
    told = bought.offer(bought.retire(40, bought.buy(40)))
    assert (told["certificates"], reasons(told)) == (CAP, [(10, "cap_exhausted")])


def test_own_certificates_of_the_year_that_are_retired_count(bought: Bought) -> None:
    """Each takes off what the mode says: (1 - k) of its coal equivalent, or all of it."""
    lot = bought.buy(25)
    told = bought.offer(bought.retire(25, lot))
    assert (told["certificates"], reasons(told)) == (25, [])
    assert [row["lot_id"] for row in told["recognised"]] == [lot["lot_id"]]
    each = {"net": 92_175, "gross": 122_900}[told["mode"]]
    assert told["charge"]["certificate_gce"] == 25 * each


def allocated_hydro(bought: Bought) -> Json:
    """Have old hydro assigned to the province, and allocated to the mill by its filed plan; give the lot."""
    mine, door = bought.market, bought.case.door
    plant = mine.plant(energy="hydro", technology="conventional", market_based=False)
    lot = mine.lot(25, plant, month=MAY)
    office: tuple[As, As] = door.pair("province", door.party("province", province=PROVINCE))
    pool = door.account(office[0].party, "province")
    unpriced: Json = {"price_fen_per_unit": None}
    given = mine.sale(25, lot, to_account=pool, mode="hydro_assignment", evidence=SETTLED)
    mine.seller.must("/v1/transfers", given | unpriced)
    plan: Json = {"from_account": pool, "mode": "allocation", "evidence": PLAN}
    passed = mine.sale(25, lot, to_account=bought.case.user, **plan)
    door.decided(office[1], office[0].must("/v1/transfers", passed | unpriced))
    return lot


def test_old_hydro_that_the_province_allocated_counts_and_leaves_the_cap_alone(
    bought: Bought,
) -> None:
    """It may not be sold, and counts all the same; beside it the whole cap is there for others."""
    hydro, lot = allocated_hydro(bought), bought.buy(CAP)
    told = bought.offer(bought.retire(25, hydro), bought.retire(CAP, lot))
    assert (told["certificates"], reasons(told)) == (25 + CAP, [])
    assert {row["lot_id"]: row["count"] for row in told["recognised"]} == {
        hydro["lot_id"]: 25,
        lot["lot_id"]: CAP,
    }


def test_all_of_them_together_count_as_each_alone(bought: Bought) -> None:
    """Five that do not and two that do, offered in one act; the closing says the same."""
    sister = bought.market.code(bought.case.door.person("enterprise"))
    hydro, old, lot = allocated_hydro(bought), bought.buy(10, f"{YEAR - 1}-12"), bought.buy(72)
    told = bought.offer(
        bought.retire(10, old, consumption_year=YEAR - 1),
        bought.retire(20, lot, beneficiary={"credit_code": sister, "name": "某某焦化"}),
        bought.retire(40, lot),
        bought.retire(25, hydro),
    )
    against = {(10, "wrong_production_year"), (20, "other_beneficiary"), (10, "cap_exhausted")}
    assert (told["certificates"], set(reasons(told))) == (CAP + 25, against)
    bought.case.confirm()
    closed = bought.case.close()
    assert (closed["certificates"], set(reasons(closed))) == (CAP + 25, against)
