"""A budget's year through the doors: who opens it again, in which mode it is set, what bars its closing."""

from __future__ import annotations

import pytest

from tests.http.budget_case import PROVINCE, YEAR, Case, opened_case
from tests.http.doors import Door, Json
from tests.http.market import refusal
from tests.settlement.mill import next_version


@pytest.fixture
def case(door: Door) -> Case:
    """Give one test a registry with everything a budget needs but the budget."""
    return opened_case(door)


def test_a_province_opens_a_year_again_as_long_as_the_rulebook_lets_it(case: Case) -> None:
    """A regulator may either way; the refusal names who is asked instead."""
    case.set()
    case.charge()
    case.confirm()
    case.close()
    order: Json = {"reason": "a meter was read wrongly", "document_no": "省能源〔2027〕9号"}
    office = case.door.pair("province", case.door.party("province", province=PROVINCE))
    case.door.decided(office[1], office[0].must(f"{case.path}/reopen", order))
    assert case.told()["state"] == "open"
    case.close()

    case.door.registry.adopt(
        next_version("fossil_budget", "feb.reopen_by", '"regulator,province"', '"regulator"')
    )
    barred = office[0].post(f"{case.path}/reopen", order)
    assert refusal(barred) == (403, "reopening_not_yours")
    assert barred.json()["facts"] == {"budget": case.budget, "allowed": ["regulator"]}
    assert "feb.reopen_by" in barred.json()["next_step"]
    maker, checker = case.regulators
    case.door.decided(checker, maker.must(f"{case.path}/reopen", order))
    assert case.told()["state"] == "open"


def test_a_mode_that_nobody_says_is_the_rulebook_s(case: Case) -> None:
    """Of the first decision; a revision that says none leaves it, whatever rulebook came between."""
    maker, checker = case.regulators

    def decided(party: str) -> Json:
        body: Json = {"party_id": party, "year": YEAR, "budget_gce": 10**12}
        return case.door.decided(
            checker, maker.must("/v1/fossil-budgets", {**body, "document_no": "发改〔2026〕2号"})
        )

    assert decided(case.mill.party)["mode"] == "net"
    case.door.registry.adopt(next_version("fossil_budget", "feb.mode", '"net"', '"gross"'))
    assert decided(case.mill.party)["mode"] == "net"
    other = case.door.party("enterprise", "key_energy_unit", province=PROVINCE)
    told = decided(other)
    assert told["mode"] == "gross"
    case.budget = told["budget_id"]
    assert case.regulators[0].get(case.path).json()["mode"] == "gross"
