"""A unit's energy through the doors: the chemical plant of the worked case, and what no report may say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.budget_case import STEEL, YEAR, Case, gce, opened_case
from tests.http.doors import Door, Json

COAL: Json = {"fuel": "raw_coal", "purchased": "1000000"}
METHANOL: Json = COAL | {"feedstock": "600000", "feedstock_product": "alcohol"}


@pytest.fixture
def case(door: Door) -> Case:
    """Give one test a unit with a budget of 300,000 tce."""
    found = opened_case(door)
    found.set("300000")
    return found


def refused(case: Case, body: Json) -> tuple[int, str, Json]:
    """Post a report that is refused."""
    answer = case.mill.post(f"{case.path}/consumption", body)
    told = answer.json()
    return answer.status_code, told["code"], told.get("facts", {})


def malformed(case: Case, body: Json) -> list[tuple[str, str]]:
    """Post a report that is malformed; give places and reasons."""
    answer = case.mill.post(f"{case.path}/consumption", body)
    assert answer.status_code == 400, answer.text
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


# V-6


@pytest.fixture(params=["net", "gross"])
def plant(door: Door, request: pytest.FixtureRequest) -> Case:
    """Give one test a chemical plant with a budget of 300,000 tce, in either mode."""
    found = opened_case(door)
    found.set("300000", mode=request.param)
    return found


def test_the_chemical_plants_coal_is_all_charged_without_feedstock(plant: Case) -> None:
    """1,000,000 t are 714,300 tce."""
    told = plant.charge({"fuels": [COAL]})
    assert (told["charge"]["direct_gce"], told["status"]) == (gce("714300"), "NOT_MET")


def test_what_becomes_methanol_is_taken_off(plant: Case) -> None:
    """Case 1: 600,000 t, 428,580 tce, leave 285,720 tce within the budget of 300,000, in both modes."""
    told = plant.charge({"fuels": [METHANOL]})
    assert told["charge"]["direct_gce"] == gce("285720")
    assert gce("714300") - told["charge"]["direct_gce"] == gce("428580")
    assert (told["status"], told["excess_gce"]) == ("MET", 0)
    assert told["balance_gce"] == gce("14280")
    closed = plant.close()
    assert closed["status"] == "MET"
    assert {view["status"] for view in closed["modes"].values()} == {"MET"}


def test_what_of_it_is_sold_as_fuel_comes_back(plant: Case) -> None:
    """Case 2: 100,000 t of that route return 71,430 tce; 357,150 tce is 57,150 above, in both modes."""
    plant.charge({"fuels": [METHANOL]})
    told = plant.charge({"fuels": [METHANOL | {"feedstock_sold_as_fuel": "100000"}]})
    assert told["posted"] == {"direct_gce": gce("71430")}
    assert told["charge"]["direct_gce"] == gce("357150")
    assert (told["status"], told["excess_gce"]) == ("NOT_MET", gce("57150"))
    now = plant.told()
    line = now["consumption"]["fuels"][0]
    assert (line["feedstock_sold_as_fuel"], line["feedstock_product"]) == ("100000", "alcohol")
    for view in now["modes"].values():
        assert (view["balance_gce"], view["room"], view["feasible"]) == (-gce("57150"), 0, False)
    assert {mode: view["needed"] for mode, view in now["modes"].items()} == {
        "net": 620_017,
        "gross": 465_013,
    }
    assert plant.close()["status"] == "NOT_MET"


def test_a_report_in_other_units_is_charged_the_same(case: Case) -> None:
    """100 万t of coal are a million tonnes, and 2 million kg of it two thousand."""
    first = case.charge({"fuels": [COAL]})
    again = case.charge({"fuels": [{"fuel": "raw_coal", "unit": "万t", "purchased": "100"}]})
    assert again["charge"] == first["charge"]
    small = case.charge({"fuels": [COAL | {"unit": "kg", "purchased": "2000000"}]})
    assert small["charge"]["direct_gce"] == gce("1428.6")


# Power and heat


def test_a_budget_tells_its_non_fossil_power(case: Case) -> None:
    """P as others confirm it, T, C, and a quarter of the rest; storage is charged from the grid."""
    power = STEEL["electricity"] | {"physical_kwh": 9_000_000, "storage_charge_kwh": 4_000_000}
    case.charge(STEEL | {"electricity": power})
    body = {"physical_kwh": 5_000_000, "document_no": "示例〔2027〕9号"}
    case.regulators[0].must(f"{case.path}/confirmations", body)

    assert case.told()["energy"] == {
        "grid_offtake_kwh": 1_804_000_000,
        "physical_kwh": 5_000_000,
        "traded_kwh": 200_000_000,
        "certificate_kwh": 0,
        "apportioned_kwh": "401000000",
        "non_fossil_kwh": "606000000",
    }
    assert case.told()["unconfirmed_kwh"] == 200_000_000


def test_heat_is_reported_in_gigajoules_or_megajoules(case: Case) -> None:
    """A thousand GJ, half of it fossil, are 17.06 tce; both at once is one too many."""
    told = case.charge({"heat": {"purchased_gj": "1000", "fossil_share": "0.5"}})
    assert told["charge"]["heat_gce"] == gce("17.06")
    assert case.charge({"heat": {"purchased_mj": 1_000_000, "fossil_share": "0.5"}})["posted"] == {}
    assert malformed(case, {"heat": {"purchased_gj": "1", "purchased_mj": "1"}}) == [
        ("/heat", "one_of_two")
    ]


# Bad input


@pytest.mark.parametrize(
    ("line", "code", "facts"),
    [
        (
            {"fuel": "raw_coal", "unit": "m3", "purchased": "1"},
            "fuel_unit_wrong",
            {"fuel": "raw_coal", "unit": "m3", "counted_in": "t"},
        ),
        (
            {"fuel": "natural_gas", "unit": "t", "purchased": "1"},
            "fuel_unit_wrong",
            {"fuel": "natural_gas", "unit": "t", "counted_in": "m3"},
        ),
        (
            {"fuel": "lng", "stock_close": "1000000"},
            "fuel_out_above_in",
            {"fuel": "lng", "out": "1000000", "came_in": "0"},
        ),
        (
            COAL | {"feedstock": "1000001"},
            "feedstock_above_use",
            {"fuel": "raw_coal", "feedstock": "1000001", "available": "1000000"},
        ),
        (
            METHANOL | {"feedstock_product": "pig_iron"},
            "feedstock_product_unknown",
            {
                "fuel": "raw_coal",
                "product": "pig_iron",
                "products": "alcohol, alkyne, ammonia, aromatic, olefin, other_803",
            },
        ),
        (
            METHANOL | {"feedstock_sold_as_fuel": "600001"},
            "feedstock_sold_above_feedstock",
            {"fuel": "raw_coal", "feedstock_sold_as_fuel": "600001", "feedstock": "600000"},
        ),
        ({"fuel": "peat", "purchased": "1"}, "fuel_unknown", {"fuel": "peat", "year": YEAR}),
    ],
)
def test_a_fuel_that_cannot_have_gone_so_is_refused(
    case: Case, line: Json, code: str, facts: Json
) -> None:
    """With the figures that contradict each other, and nothing is charged."""
    assert refused(case, {"fuels": [line]}) == (422, code, facts)
    assert case.told()["status"] == "NOT_REPORTED"


def test_a_report_that_contradicts_itself_is_refused(case: Case) -> None:
    """One fuel twice; more energy out than in; more traded than taken from the grid."""
    assert refused(case, {"fuels": [COAL, COAL]})[:2] == (422, "fuel_listed_twice")
    tar = {"fuel": "coal_tar", "sold": "1000000"}
    assert refused(case, {"fuels": [COAL, tar]})[:2] == (422, "fossil_direct_below_zero")
    power = {"grid_offtake_kwh": 1, "storage_charge_kwh": 1, "other_traded_kwh": 3}
    assert refused(case, {"electricity": power}) == (
        422,
        "traded_above_offtake",
        {"grid_offtake_kwh": 2, "traded_kwh": 3},
    )


def test_a_report_too_long_for_a_record_is_refused(case: Case) -> None:
    """Forty lines of six long quantities fit; with every member in each of them, no longer."""
    long = "123456789.123"
    six = dict.fromkeys(("purchased", "stock_open", "stock_close", "sold", "feedstock"), long)
    lines = [
        {"fuel": "raw_coal", "heat_value_kj_per_unit": f"{20_000 + n}.123", **six, "sold": "0"}
        for n in range(40)
    ]
    told = [line | {"purchased": "923456789.123"} for line in lines]
    more = dict.fromkeys(("produced", "lost", "feedstock_sold_as_fuel"), long)
    every = [line | more | {"unit": "t", "feedstock_product": "ammonia"} for line in told]

    case.charge({"fuels": told})
    assert refused(case, {"fuels": every})[:2] == (422, "record_too_large")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"stock_open": "-1"}, "/fuels/0/stock_open", "stock_negative"),
        ({"stock_close": "-0.001"}, "/fuels/0/stock_close", "stock_negative"),
        ({"stock_close": "1e3"}, "/fuels/0/stock_close", "decimal_invalid"),
        ({"produced": "-1"}, "/fuels/0/produced", "decimal_invalid"),
        ({"lost": 1}, "/fuels/0/lost", "decimal_invalid"),
        ({"unit": "lb"}, "/fuels/0/unit", "fuel_unit_wrong"),
        ({"feedstock_product": "烯烃"}, "/fuels/0/feedstock_product", "word_invalid"),
    ],
)
def test_a_malformed_fuel_is_named(case: Case, body: Json, pointer: str, code: str) -> None:
    """Each fault with its place and reason, before any rule is asked."""
    line: dict[str, Any] = {"fuel": "raw_coal", "purchased": "1", **body}
    assert malformed(case, {"fuels": [line]}) == [(pointer, code)]
