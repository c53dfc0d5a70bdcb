"""A budget's year through the doors: who opens it again, in which mode it is set, what bars its closing."""

from __future__ import annotations

import pytest

from tests.http.budget_case import PROVINCE, YEAR, Case, opened_case
from tests.http.doors import Door, Json
from tests.http.market import market_of, refusal
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
    assert refusal(barred) == (422, "reopening_not_yours")
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


def green_power(case: Case, certificates: int) -> str:
    """Have green power of the year issued, and settled to the mill; give its lot."""
    mine = market_of(case.door)
    lot = mine.lot(certificates, month=f"{YEAR}-06")
    settled: Json = {"contract_no": "1", "settled_kwh": certificates * 1000}
    sale = mine.sale(certificates, lot, to_account=case.user, mode="green_power", evidence=settled)
    mine.seller.must("/v1/transfers", sale)
    return str(lot["lot_id"])


def test_a_frozen_account_with_green_power_bars_the_closing_and_says_what_to_do(case: Case) -> None:
    """Before a second person is bothered; either way out that is told leads to a closed year."""
    case.set()
    case.charge()
    case.confirm()
    lot = green_power(case, 60)
    maker, checker = case.regulators
    paper: Json = {"document_no": "法〔2027〕1号"}
    case.door.decided(checker, maker.must(f"/v1/accounts/{case.user}/freeze", paper))

    barred = maker.bare(f"{case.path}/close")
    assert refusal(barred) == (409, "green_power_frozen")
    assert barred.json()["facts"] == {
        "budget": case.budget,
        "account": case.user,
        "certificates": 60,
    }
    assert "/v1/freezes" in barred.json()["next_step"]
    waiting = maker.must("/v1/fossil-budgets/close", {"budget_ids": [case.budget]})
    together = case.door.decided(checker, waiting)
    assert (together["closed"], together["left_open"][0]["code"]) == ([], "green_power_frozen")

    held: Json = {"account": case.user, "instrument": "GEC", "lots": [lot]}
    held |= {"cause": "court_order", "document_no": "法〔2027〕2号"}
    case.door.decided(checker, maker.must("/v1/freezes", held))
    closed = case.close()
    assert closed["energy"]["traded_kwh"] == 200_000_000
    assert [(row["count"], row["reason"]) for row in closed["untraded"]] == [(60, "held")]


def test_a_year_is_closed_once_the_account_is_freed(case: Case) -> None:
    """Its green power is retired with it; an account without any bars nothing."""
    case.set()
    case.charge()
    case.confirm()
    maker, checker = case.regulators
    paper: Json = {"document_no": "法〔2027〕1号"}
    case.door.decided(checker, maker.must(f"/v1/accounts/{case.user}/freeze", paper))
    assert maker.bare(f"{case.path}/close").status_code == 202

    case.door.decided(checker, maker.must(f"/v1/accounts/{case.user}/unfreeze", paper))
    _ = green_power(case, 60)
    assert case.close()["traded_kwh"] == 200_060_000
