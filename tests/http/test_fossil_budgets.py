"""Fossil budgets through the doors: the worked cases, exact to the gram, and who may do what."""

from __future__ import annotations

from hashlib import sha256

import pytest

from schemas.identifiers import IdPrefix, encode_id
from tests.http.budget_case import PROVINCE, STEEL, YEAR, Case, gce, number, opened_case
from tests.http.doors import Door, Json


@pytest.fixture
def case(door: Door) -> Case:
    """Give one test a registry with everything a budget needs but the budget."""
    return opened_case(door)


# The steel mill


def test_the_steel_mill_meets_its_budget_with_the_fewest_certificates(case: Case) -> None:
    """Net: excess 130,270.5 tce, 1,413,296 certificates in one act, 58,800 g left, closed as met."""
    case.set()
    charged = case.charge()
    assert (charged["status"], charged["excess_gce"]) == ("NOT_MET", gce("130270.5"))
    assert charged["charge"]["direct_gce"] == gce("1982790.5")
    power = charged["charge"]["power_gce"] - charged["charge"]["traded_gce"]
    assert power == gce("147480")

    lot = case.buy(1_500_000)
    plan = case.mill.get(f"{case.path}/plan").json()
    assert (plan["needed"], plan["room"], plan["feasible"]) == (1_413_296, 1_600_000, True)
    assert [row["count"] for row in plan["retire"]] == [1_413_296]
    assert (plan["to_buy"], plan["cost_fen"]) == (0, 1_413_296 * 500)
    assert plan["other"]["needed"] == 1_059_972

    done = case.mill.must(f"{case.path}/offsets", {"auto": True})
    assert (done["retired"], done["certificates"]) == (1_413_296, 1_413_296)
    assert (done["balance_gce"], done["status"]) == (58_800, "MET_WITH_OFFSET")
    assert sum(row["count"] for row in done["serials"]) == 1_413_296
    assert {number(IdPrefix.LOT, row["lot_id"]) for row in done["serials"]} == {lot}

    case.confirm()
    closed = case.close()
    assert (closed["status"], closed["balance_gce"]) == ("MET_WITH_OFFSET", 58_800)
    assert case.told() == {name: closed[name] for name in case.told()}


def test_one_certificate_less_is_not_enough(case: Case) -> None:
    """1,413,295 leave 33,375 g above the budget."""
    case.set()
    case.charge()
    lot = case.buy(1_413_295)
    done = case.mill.must(f"{case.path}/offsets", {"retirement_ids": [case.retire(1_413_295, lot)]})
    assert (done["balance_gce"], done["needed"], done["status"]) == (-33_375, 1, "NOT_MET")


def test_using_the_whole_cap_leaves_17209_tonnes(case: Case) -> None:
    """1,600,000 certificates; the 1,600,001st is listed, not counted."""
    case.set()
    case.charge()
    lot = case.buy(1_600_001)
    done = case.mill.must(f"{case.path}/offsets", {"retirement_ids": [case.retire(1_600_001, lot)]})
    assert (done["balance_gce"], done["certificates"]) == (gce("17209.5"), 1_600_000)
    assert [(row["count"], row["reason"]) for row in done["unrecognised"]] == [(1, "above_offtake")]


@pytest.mark.parametrize(
    ("k", "mode", "excess", "certificates"),
    [("0", "net", "179430.5", 1_459_972), ("0.25", "gross", "130270.5", 1_059_972)],
)
def test_without_apportionment_and_in_gross_other_numbers_are_needed(
    case: Case, k: str, mode: str, excess: str, certificates: int
) -> None:
    """Both modes are shown on every statement, whichever posts."""
    case.k(k)
    case.set(mode=mode)
    case.charge()
    told = case.told()

    assert (told["excess_gce"], told["needed"]) == (gce(excess), certificates)
    assert told["modes"][mode]["needed"] == certificates
    assert set(told["modes"]) == {"net", "gross"}


def test_a_budget_that_certificates_cannot_meet_is_closed_as_not_met(case: Case) -> None:
    """All 1,600,000 leave 2,790.5 tce; the other mode would have said the opposite."""
    case.set("1980000")
    case.charge()
    plan = case.mill.get(f"{case.path}/plan").json()
    assert (plan["feasible"], plan["residual_gce"]) == (False, str(gce("2790.5")))
    assert (plan["other"]["feasible"], plan["other"]["needed"]) == (True, 1_222_706)

    case.buy(1_650_000)
    assert case.mill.must(f"{case.path}/offsets", {"auto": True})["retired"] == 1_600_000
    case.confirm()
    closed = case.close()
    assert (closed["status"], closed["balance_gce"]) == ("NOT_MET", -gce("2790.5"))
    assert closed["modes"]["gross"]["status"] == "MET_WITH_OFFSET"


def test_feedstock_is_left_out_until_it_is_sold_as_fuel(case: Case) -> None:
    """285,720 tce within 300,000; 357,150 tce is 57,150 above."""
    case.set("300000")
    coal = {"fuel": "raw_coal", "purchased": "1000000"}
    first = case.charge({"fuels": [{**coal, "feedstock": "600000"}]})
    assert (first["charge"]["direct_gce"], first["status"]) == (gce("285720"), "MET")
    second = case.charge({"fuels": [{**coal, "feedstock": "500000"}]})
    assert (second["excess_gce"], second["status"]) == (gce("57150"), "NOT_MET")
    assert second["posted"] == {"direct_gce": gce("71430")}
    assert any(point["name"] == "feb.fuel.raw_coal.factor" for point in case.told()["open_points"])


def test_what_a_budget_rests_on_is_told_by_name_in_both_languages(case: Case) -> None:
    """Parameters not read in the law, and the province's k as entered, with its document."""
    case.set("300000")
    charged = case.charge({"fuels": [{"fuel": "raw_coal", "purchased": "1"}]})
    assert charged["open_points"] == case.told()["open_points"]
    offset = case.mill.must(f"{case.path}/offsets", {"retirement_ids": []})
    assert offset["open_points"] == case.told()["open_points"]
    points = {point["name"]: point for point in case.told()["open_points"]}

    assert {"feb.mode", "feb.c_e", "feb.fuel.raw_coal.factor", "k"} <= points.keys()
    assert "gec.kwh_per_cert" not in points
    assert (points["k"]["evidence"], points["k"]["document"]) == ("entered", "省发改〔2026〕1号")
    assert "未查到" in points["feb.c_e"]["note_zh"]
    assert all(point["zh"] != point["en"] for point in points.values())


def test_certificates_that_may_not_count_are_told_why(case: Case) -> None:
    """Wrong year, another's, above the province's cap; what is only held cannot be offered."""
    case.cap(30, "cap_out_of_province")  # the plant stands in another province than the mill
    case.set()
    case.charge()
    case.old = case.buy(10, 12, 2025)
    lot = case.buy(100)
    other = case.door.registry.party("enterprise", province=PROVINCE)
    code = case.door.operator.get(f"/v1/parties/{encode_id(IdPrefix.PARTY, other)}").json()[
        "credit_code"
    ]
    body = {
        "retirement_ids": [
            case.retire(10, case.old),
            case.retire(20, lot, code),
            case.retire(40, lot),
        ]
    }
    done = case.mill.must(f"{case.path}/offsets", body)

    assert {(row["count"], row["reason"]) for row in done["unrecognised"]} == {
        (10, "wrong_production_year"),
        (20, "other_beneficiary"),
        (10, "cap_exhausted"),
    }
    words = {row["reason"]: (row["en"], row["zh"]) for row in done["unrecognised"]}
    assert words["other_beneficiary"] == (
        "retired for another beneficiary",
        "核销的受益人为其他单位",
    )
    assert {(row["reason"], row["zh"]) for row in case.told()["unrecognised"]} == {
        (reason, zh) for reason, (_, zh) in words.items()
    }
    assert done["certificates"] == 30
    held = case.mill.post(f"{case.path}/offsets", {"retirement_ids": ["ret_0000000000z8q"]})
    assert (held.status_code, held.json()["code"]) == (422, "retirement_unknown")
    again = case.mill.post(f"{case.path}/offsets", {"retirement_ids": body["retirement_ids"][2:]})
    assert (again.status_code, again.json()["code"]) == (422, "retirement_used_already")
    assert again.json()["facts"]["budget"] == case.budget


# The contract


def test_a_report_is_charged_once_however_often_it_is_sent(case: Case) -> None:
    """The same key answers the same; the same report under another key is no news."""
    case.set()
    first = case.mill.post(f"{case.path}/consumption", STEEL, idem="report")
    again = case.mill.post(f"{case.path}/consumption", STEEL, idem="report")
    fresh = case.mill.post(f"{case.path}/consumption", STEEL)

    assert first.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (fresh.json()["unchanged"], fresh.json()["journal_id"]) == (True, None)
    assert case.told()["balance_gce"] == -gce("130270.5")


def test_a_dry_run_keeps_nothing(case: Case) -> None:
    """It tells what would come of it."""
    case.set()
    tried = case.mill.post(f"{case.path}/consumption", STEEL, dry_run=True)
    assert (tried.status_code, tried.json()["excess_gce"]) == (200, gce("130270.5"))
    assert case.told()["status"] == "NOT_REPORTED"


def test_a_closed_budget_answers_409(case: Case) -> None:
    """Its statement stays; nothing else does anything."""
    case.set()
    case.charge()
    case.confirm()
    case.close()
    kept = case.told()

    assert (kept["state"], kept["restate_due"]) == ("closed", False)
    assert {"rules_digest", "inputs_digest", "open_points"} <= set(kept)
    for path, body in (("consumption", STEEL), ("offsets", {"auto": True})):
        refused = case.mill.post(f"{case.path}/{path}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "budget_closed")
    listed = case.mill.get("/v1/fossil-budgets", year=YEAR).json()["items"]
    assert [(row["budget_id"], row["state"], row["balance_gce"]) for row in listed] == [
        (case.budget, "closed", -gce("130270.5"))
    ]


def test_only_regulators_set_and_close_and_only_the_unit_reports(case: Case) -> None:
    """Another unit does not even find the budget; one regulator alone cannot approve."""
    told = case.set()
    maker, _ = case.regulators
    stranger = case.door.person("enterprise")

    assert (told["budget_gce"], told["mode"]) == (gce("2000000"), "net")
    assert case.mill.bare(f"{case.path}/close").status_code == 403
    assert maker.post(f"{case.path}/consumption", STEEL).status_code == 403
    for path in ("", "/plan"):
        assert stranger.get(case.path + path).status_code == 404
    assert stranger.post(f"{case.path}/consumption", STEEL).status_code == 404
    body = {"party_id": case.mill.party, "year": YEAR, "budget_gce": 1, "mode": "net"}
    waiting = maker.must("/v1/fossil-budgets", {**body, "document_no": "3号"})
    alone = maker.bare(f"/v1/approvals/{waiting['approval_id']}/approve")
    assert alone.json()["code"] == "maker_is_checker"


COKE: Json = {"fuel": "coke", "purchased": "1"}


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        ("consumption", {"fuels": [COKE | {"sold": 1}]}, "/fuels/0/sold", "decimal_invalid"),
        ("consumption", {"fuels": [COKE | {"sold": "0.0001"}]}, "/fuels/0/sold", "decimal_invalid"),
        ("consumption", {"heat": {"purchased_mj": "-1"}}, "/heat/purchased_mj", "decimal_invalid"),
        (
            "consumption",
            {"electricity": {"physical_kwh": "1"}},
            "/electricity/physical_kwh",
            "int_type",
        ),
        ("offsets", {}, "", "one_of_two"),
        ("offsets", {"auto": True, "retirement_ids": []}, "", "one_of_two"),
        ("offsets", {"auto": False}, "/auto", "literal_error"),
    ],
)
def test_what_is_malformed_is_named(
    case: Case, path: str, body: Json, pointer: str, code: str
) -> None:
    """Each fault with its place and reason, before any rule is asked."""
    case.set()
    answer = case.mill.post(f"{case.path}/{path}", body)
    assert answer.status_code == 400
    assert [(f["pointer"], f["code"]) for f in answer.json()["errors"]] == [(pointer, code)]


def test_what_a_rule_refuses_is_told_with_its_facts(case: Case) -> None:
    """More traded than taken; an unknown fuel; nothing reported yet."""
    case.set()
    early = case.mill.get(f"{case.path}/plan")
    assert (early.status_code, early.json()["code"]) == (409, "consumption_missing")
    traded = {"electricity": {"grid_offtake_kwh": 1, "other_traded_kwh": 2}}
    refused = case.mill.post(f"{case.path}/consumption", traded)
    assert (refused.status_code, refused.json()["code"]) == (422, "traded_above_offtake")
    refused = case.mill.post(f"{case.path}/consumption", {"fuels": [{"fuel": "peat"}]})
    assert refused.json()["facts"] == {"fuel": "peat", "year": YEAR}


# The statement


def test_a_statement_is_served_as_the_log_names_it(case: Case) -> None:
    """Its bytes have the digest of the closing's record; nobody else's and no further one is there."""
    case.set("1980000", mode="gross")
    case.charge()
    case.confirm()
    lot = case.buy(1_650_000)
    assert case.mill.must(f"{case.path}/offsets", {"auto": True})["retired"] == 1_222_706
    closed = case.close()
    assert (closed["status"], closed["modes"]["net"]["status"]) == ("MET_WITH_OFFSET", "NOT_MET")

    [listed] = case.mill.get(f"{case.path}/statements").json()["items"]
    served = case.mill.get(f"{case.path}/statements/1")
    told = served.json()
    digest = sha256(served.content).hexdigest()
    assert digest == listed["sha256"] == closed["statement_sha256"]
    journal = case.regulators[0].get(f"/v1/journals/{listed['journal_id']}").json()
    assert (journal["kind"], digest in journal["record"]) == ("budget.close", True)
    assert (listed["n"], listed["status"]) == (1, told["status"]) == (1, closed["status"])
    assert int(told["balance_gce"]) == listed["balance_gce"] == closed["balance_gce"]
    assert [run["lot_id"] for run in told["recognised"]] == [encode_id(IdPrefix.LOT, lot)]
    assert told["consequence"] == closed["consequence"]
    assert case.mill.get(f"{case.path}/statements/2").status_code == 404
    assert case.door.person("enterprise").get(f"{case.path}/statements/1").status_code == 404


def test_a_closing_needs_all_traded_energy_confirmed(case: Case) -> None:
    """It says how much is, before it bothers a second person."""
    case.set()
    case.charge()
    case.confirm(1)
    refused = case.regulators[0].bare(f"{case.path}/close")
    assert (refused.status_code, refused.json()["code"]) == (409, "traded_unconfirmed")
    assert refused.json()["facts"]["confirmed_kwh"] == 1
