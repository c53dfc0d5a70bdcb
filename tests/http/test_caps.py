"""Provincial caps through the doors: two persons set and share them; what may not count is told why."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.model.command import Actor, Plain
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision, Reader
from settlement.freezable import Wanted
from settlement.freezes import FreezeOrder, freeze
from settlement.retirement import RetirementOrder, retire
from settlement.transfers import Selection, TransferOrder, transfer
from tests.http.budget_case import PROVINCE, YEAR, Case, number, opened_case
from tests.http.doors import Door, Json
from tests.registry import OPERATOR, code_of
from tests.settlement.mill import sharing_rules, two_persons

OUTSIDE = f"CAP-{PROVINCE}-out-{YEAR}"


@pytest.fixture
def case(door: Door) -> Case:
    """Give one test a registry with everything a budget needs but the budget."""
    return opened_case(door)


def sent(case: Case, order: TransferOrder) -> None:
    """Have units moved by two persons."""

    def decide(read: Reader, actor: Actor) -> Decision:
        decided = transfer(read, actor, [order])[0]
        assert isinstance(decided, Decision)
        return decided

    answer = two_persons(case.door.registry, decide)
    assert code_of(answer) is None, answer


def allocated_hydro(case: Case, certificates: int) -> int:
    """Have old hydro go to the province, and from there to the mill by a filed plan; give the lot."""
    registry, user = case.door.registry, number(IdPrefix.ACCOUNT, case.user)
    owner = registry.party("generator", province="51")
    giver = registry.account(owner, "generator")
    lot = registry.issue(registry.plant(owner, "hydro", 10_000_000), date(YEAR, 5, 1), certificates)
    pool = registry.account(registry.party("province", province=PROVINCE), "province")
    settled: dict[str, Plain] = {"contract_no": "1", "settled_kwh": certificates * 1000}
    sent(
        case,
        TransferOrder(
            giver, pool, "GEC", certificates, "hydro_assignment", Selection(lot), None, settled
        ),
    )
    plan: dict[str, Plain] = {"plan_id": "1", "filing_id": "2"}
    sent(
        case,
        TransferOrder(pool, user, "GEC", certificates, "allocation", Selection(lot), None, plan),
    )
    return lot


def caps(case: Case) -> dict[str, Json]:
    """List the caps, by instrument."""
    answer = case.mill.get("/v1/caps", province=PROVINCE, year=YEAR)
    assert answer.status_code == 200, answer.text
    return {row["instrument"]: row for row in answer.json()["items"]}


def test_only_certificates_that_may_count_are_recognised(case: Case) -> None:
    """Case V-7 whole: five that do not count, each with its reason, and two that do."""
    case.cap(30, "cap_out_of_province")  # the plant stands in another province than the mill
    case.set()
    case.charge()
    case.old = case.buy(10, 12, 2025)
    lot, hydro = case.buy(100), allocated_hydro(case, 25)
    other = case.door.registry.party("enterprise", province=PROVINCE)
    party = case.door.operator.get(f"/v1/parties/{encode_id(IdPrefix.PARTY, other)}").json()
    user = number(IdPrefix.ACCOUNT, case.user)
    held = FreezeOrder(Wanted(user, 15, (lot,)), "GEC", "ccer", "doc f")
    frozen = two_persons(case.door.registry, lambda r, a: freeze(r, a, held))
    assert code_of(frozen) is None, frozen
    body = {
        "retirement_ids": [
            case.retire(10, case.old),
            case.retire(20, lot, party["credit_code"]),
            case.retire(40, lot),
            case.retire(25, hydro),
        ]
    }
    done = case.mill.must(f"{case.path}/offsets", body)

    assert {(row["count"], row["reason"]) for row in done["unrecognised"]} == {
        (10, "wrong_production_year"),
        (20, "other_beneficiary"),
        (10, "cap_exhausted"),
    }
    assert done["certificates"] == 30 + 25
    assert {number(IdPrefix.LOT, row["lot_id"]): row["count"] for row in done["recognised"]} == {
        lot: 30,
        hydro: 25,
    }
    unheld = RetirementOrder(
        user, 26, party["credit_code"], "mill", "fossil_budget", YEAR, Selection(lot)
    )  # 25 are held and free, 15 frozen for CCER: neither is retired, so neither can be offered
    asked = case.door.registry.ask(OPERATOR, lambda r, a: retire(r, a, unheld))
    assert code_of(asked) == "units_short"
    stranger = case.mill.post(f"{case.path}/offsets", {"retirement_ids": ["ret_0000000000z8q"]})
    assert (stranger.status_code, stranger.json()["code"]) == (422, "retirement_unknown")


def test_a_cap_is_set_by_two_persons_and_told_with_its_room(case: Case) -> None:
    """The door is that of all figures; k is set by one person, a cap waits for a second."""
    case.set()
    case.charge()
    case.mill.must(f"{case.path}/offsets", {"retirement_ids": [case.retire(40, case.buy(40))]})
    before = caps(case)[OUTSIDE]
    assert (before["cap"], before["recognised"], before["free"]) == (None, 40, 0)

    maker, _ = case.regulators
    body = {"name": "cap_out_of_province", "province": PROVINCE, "year": YEAR, "value": "39"}
    low = maker.post("/v1/factors", {**body, "document_no": "1号"})
    assert (low.status_code, low.json()["code"]) == (422, "cap_below_recognised")
    assert low.json()["facts"] == {"instrument": OUTSIDE, "cap": 39, "recognised": 40}
    half = maker.post("/v1/factors", {**body, "value": "40.5", "document_no": "1号"})
    assert (half.status_code, half.json()["code"]) == (422, "factor_out_of_range")
    waiting = maker.post("/v1/factors", {**body, "value": "70", "document_no": "1号"})
    assert waiting.status_code == 202
    alone = maker.bare(f"/v1/approvals/{waiting.json()['approval_id']}/approve")
    assert alone.json()["code"] == "maker_is_checker"

    told = case.cap(70, "cap_out_of_province")
    assert (told["name"], told["version"]) == ("cap_out_of_province", 1)
    now = caps(case)[OUTSIDE]
    assert (now["cap"], now["recognised"], now["given"], now["free"]) == (70, 40, 0, 30)
    assert (now["direction"], now["document_no"]) == ("out_of_province", "省发改〔2026〕3号")


def test_caps_are_found_by_province_and_year(case: Case) -> None:
    """Whoever reads figures reads caps; a unit sets none."""
    case.cap(70, "cap_out_of_province")
    assert [*caps(case)] == [OUTSIDE]
    assert {item["province"] for item in case.mill.get("/v1/caps").json()["items"]} == {PROVINCE}
    assert case.mill.get("/v1/caps", province="11").json()["items"] == []
    assert case.mill.get("/v1/caps", year=2025).json()["items"] == []
    body = {"name": "cap_in_province", "province": PROVINCE, "year": YEAR, "value": "1"}
    assert case.mill.post("/v1/factors", {**body, "document_no": "1号"}).status_code == 403


def test_caps_are_shared_out_by_two_persons(case: Case) -> None:
    """A year of first come has nothing to share; then each gets its part, once."""
    maker, checker = case.regulators
    body = {"province": PROVINCE, "year": YEAR, "document_no": "分配〔2026〕1号"}
    early = maker.post("/v1/caps/apportion", body)
    assert (early.status_code, early.json()["code"]) == (422, "cap_first_come")
    case.door.registry.adopt(sharing_rules())
    missing = maker.post("/v1/caps/apportion", body)
    assert (missing.status_code, missing.json()["code"]) == (422, "factor_missing")

    case.cap(30, "cap_out_of_province")
    case.set()
    case.charge()
    offered = {"retirement_ids": [case.retire(40, case.buy(40))]}
    told = case.mill.must(f"{case.path}/offsets", offered)
    assert [row["reason"] for row in told["unrecognised"]] == ["cap_not_apportioned"]
    refused = maker.bare(f"{case.path}/close")
    assert (refused.status_code, refused.json()["code"]) == (409, "cap_not_apportioned")

    done = case.door.decided(checker, maker.must("/v1/caps/apportion", body))
    assert done["units"] == 1
    assert done["out_of_province"] == {"room": 30, "asked": 40, "given": 30}
    assert case.told()["certificates"] == 30
    again = maker.post("/v1/caps/apportion", body)
    assert (again.status_code, again.json()["code"]) == (409, "cap_apportioned_already")
    assert case.mill.post("/v1/caps/apportion", body).status_code == 403
