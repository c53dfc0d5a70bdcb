"""Shares through the doors: who sets, claims and sees them, and how they add up."""

from __future__ import annotations

import pytest

from tests.http.budget_case import YEAR, Case, opened_case
from tests.http.doors import Door, Json


@pytest.fixture
def case(door: Door) -> Case:
    """Give one test the charged steel mill, said to be of its sector."""
    found = opened_case(door)
    found.set(sector="steel")
    found.charge()
    return found


def path(case: Case) -> str:
    """Name the address of the mill's share."""
    return f"/v1/minimum-shares/{case.mill.party}/{YEAR}"


def due(case: Case, share: str = "0.2") -> Json:
    """Have two regulators set what the mill owes."""
    maker, checker = case.regulators
    body = {"party_id": case.mill.party, "metric": "minimum_share", "year": YEAR, "share": share}
    waiting = maker.must("/v1/minimum-shares", {**body, "document_no": "发改〔2026〕9号"})
    return case.door.decided(checker, waiting)


def told(case: Case) -> Json:
    """Ask where the mill stands."""
    answer = case.mill.get(path(case))
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_a_target_is_met_with_retirements_that_are_claimed(case: Case) -> None:
    """A fifth of 1,800,000 MWh is 360,000; traded energy counts once it is confirmed."""
    assert due(case)["version"] == 1
    assert (told(case)["status"], told(case)["missing_kwh"]) == ("NOT_MET", 360_000_000)
    lot = case.buy(360_000)
    body = {"metric": "minimum_share", "retirement_ids": [case.retire(360_000, lot)]}
    done = case.mill.must(f"{path(case)}/claims", body)

    assert done["retirement_ids"] == body["retirement_ids"]
    met = told(case)
    assert (met["status"], met["share"], met["sector"]) == ("MET", "0.2", "steel")
    assert met["unconfirmed_kwh"] == 200_000_000
    assert {"en", "zh"} <= set(met["open_points"][0])
    again = case.mill.post(f"{path(case)}/claims", body)
    assert (again.status_code, again.json()["code"]) == (422, "retirement_used_already")


def test_a_share_names_what_it_rests_on(case: Case) -> None:
    """A target set for the unit is entered, as the province's figure is; so in the sums of units."""
    case.k("0.15", "share.steel")
    by_province = {point["name"]: point for point in told(case)["open_points"]}
    due(case)
    by_unit = {point["name"]: point for point in told(case)["open_points"]}
    report = case.regulators[0].get("/v1/reports/minimum-shares", year=YEAR).json()

    assert by_province["share.steel"]["document"] == "省发改〔2026〕1号"
    assert by_unit.keys() - by_province.keys() == {"share_target"}
    target = by_unit["share_target"]
    assert (target["value"], target["evidence"]) == ("0.2", "entered")
    assert "发改〔2026〕9号" in target["zh"]
    assert {point["name"] for point in report["open_points"]} == by_unit.keys()


def test_where_no_target_was_found_the_regulator_is_asked_to_enter_one(door: Door) -> None:
    """Those of 2026 and later stand in no rulebook; nothing is guessed in their place."""
    case = opened_case(door)
    case.set()
    case.charge()
    unnamed = told(case)["target_missing"]
    case.set(sector="steel")
    missing = told(case)["target_missing"]
    weight = case.mill.get(path(case), metric="rps").json()["target_missing"]
    case.k("0.15", "share.steel")

    assert (told(case)["target_missing"], told(case)["status"]) == (None, "NOT_MET")
    assert (missing["code"], missing["figures"]) == ("share_target_missing", ["share.steel"])
    assert (unnamed["figures"], weight["figures"]) == ([], ["share.rps_total"])
    assert "/v1/factors" in missing["en"]
    assert "行业" in unnamed["zh"]


def test_a_share_that_cannot_be_worked_out_names_what_it_would_rest_on(door: Door) -> None:
    """Before the unit reported, too."""
    case = opened_case(door)
    case.set(sector="steel")
    unreported = told(case)

    assert unreported["status"] == "consumption_missing"
    assert "share.denominator" in {point["name"] for point in unreported["open_points"]}


def test_every_version_of_a_target_is_kept(case: Case) -> None:
    """The last one counts; a share above one is none."""
    due(case)
    due(case, "0.3")
    items = case.mill.get("/v1/minimum-shares", party_id=case.mill.party).json()["items"]

    assert [(item["version"], item["share"]) for item in items] == [(1, "0.2"), (2, "0.3")]
    assert told(case)["target"]["share"] == "0.3"
    body = {"party_id": case.mill.party, "metric": "rps", "year": YEAR, "share": "1.1"}
    refused = case.regulators[0].post("/v1/minimum-shares", {**body, "document_no": "10号"})
    assert (refused.status_code, refused.json()["code"]) == (422, "share_out_of_range")


def test_units_are_added_up_for_whoever_sees_them(case: Case) -> None:
    """A regulator sees all, a unit itself."""
    due(case)
    regulator, stranger = case.regulators[0], case.door.person("enterprise")
    by_sector = regulator.get("/v1/reports/minimum-shares", year=YEAR, by="sector").json()
    each = regulator.get("/v1/reports/minimum-shares/units", year=YEAR).json()

    assert [(one["group"], one["units"], one["met"]) for one in by_sector["items"]] == [
        ("steel", 1, 0)
    ]
    assert [one["party_id"] for one in each["items"]] == [case.mill.party]
    assert each["next_cursor"] is None
    assert stranger.get("/v1/reports/minimum-shares", year=YEAR).json()["items"] == []
    assert stranger.get(path(case)).status_code == 404
    assert case.mill.get(f"/v1/minimum-shares/{case.mill.party}/2025").status_code == 404


def test_only_regulators_set_and_only_the_unit_claims(case: Case) -> None:
    """By the table of roles."""
    body = {"metric": "rps", "retirement_ids": ["ret_0000000000z8q"]}
    assert case.regulators[0].post(f"{path(case)}/claims", body).status_code == 403
    target = {"party_id": case.mill.party, "metric": "rps", "year": YEAR, "share": "0"}
    assert case.mill.post("/v1/minimum-shares", {**target, "document_no": "1"}).status_code == 403


def test_a_sector_that_no_rule_knows_is_refused(case: Case) -> None:
    """With those it knows."""
    body = {"party_id": case.mill.party, "year": YEAR, "budget_gce": 1, "mode": "net"}
    asked = {**body, "document_no": "1", "sector": "bakery"}
    refused = case.regulators[0].post("/v1/fossil-budgets", asked)

    assert (refused.status_code, refused.json()["code"]) == (422, "sector_unknown")
    assert "steel" in refused.json()["facts"]["known"]
