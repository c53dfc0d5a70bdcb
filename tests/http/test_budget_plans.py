"""Plans through the doors: what they cost, and what a second person decides about."""

from __future__ import annotations

import pytest

from tests.http.budget_case import PROVINCE, Case, opened_case
from tests.http.doors import Door, Json


@pytest.fixture
def case(door: Door) -> Case:
    """Give one test the charged steel mill, from whose account 1,000 or more need a second person."""
    found = opened_case(door, approval_above=1_000)
    found.set()
    found.charge()
    return found


def held(case: Case) -> tuple[int, int]:
    """Tell what is posted and held of certificates in the mill's account."""
    told = case.mill.get(f"/v1/accounts/{case.user}/balances").json()["items"]
    (row,) = [row for row in told if row["instrument"] == "GEC"]
    return row["posted"], row["held"]


def asked(case: Case) -> Json:
    """Ask for the fewest own certificates to be retired, which waits."""
    answer = case.mill.post(f"{case.path}/offsets", {"auto": True})
    assert answer.status_code == 202, answer.text
    waiting: Json = answer.json()
    return waiting


def test_what_is_to_buy_is_priced_as_asked(case: Case) -> None:
    """The price is the caller's; what was paid for own certificates is told beside it."""
    case.buy(400_000)
    plan = case.mill.get(f"{case.path}/plan", price_fen=530).json()

    assert (plan["own"], plan["to_buy"], plan["parcels"]) == (400_000, 1_013_296, 1)
    assert (plan["price_fen"], plan["cost_at_price_fen"]) == (530, 530 * 1_013_296)
    assert plan["cost_fen"] == 400_000 * 500
    assert "cost_at_price_fen" not in case.mill.get(f"{case.path}/plan").json()
    assert case.mill.get(f"{case.path}/plan", price_fen=-1).status_code == 400


def test_above_the_accounts_limit_a_second_person_decides(case: Case) -> None:
    """Exactly what the plan proposes is set aside; approved, it is retired and recognised."""
    case.buy(1_500_000)
    waiting = asked(case)
    assert held(case) == (1_500_000, 1_413_296)
    checker = case.door.person("enterprise", case.mill.party)
    done = case.door.decided(checker, waiting)

    assert (done["retired"], done["certificates"], done["balance_gce"]) == (
        1_413_296,
        1_413_296,
        58_800,
    )
    assert sum(run["count"] for run in done["serials"]) == 1_413_296
    assert held(case) == (86_704, 0)


def test_one_person_alone_does_not_approve_and_a_rejection_frees(case: Case) -> None:
    """Whoever asked cannot decide; what was set aside goes back."""
    case.buy(1_500_000)
    path = f"/v1/approvals/{asked(case)['approval_id']}"
    assert case.mill.bare(f"{path}/approve").json()["code"] == "maker_is_checker"
    checker = case.door.person("enterprise", case.mill.party)

    assert checker.bare(f"{path}/reject").status_code == 200
    assert held(case) == (1_500_000, 0)
    assert case.told()["certificates"] == 0


def test_what_is_needed_less_by_then_goes_back(case: Case) -> None:
    """Between the two persons a report takes half of the need away, and then all of it."""
    case.buy(1_500_000)
    checker = case.door.person("enterprise", case.mill.party)
    first = asked(case)
    case.set("2060000")
    done = case.door.decided(checker, first)
    assert done["retired"] == done["certificates"] < 1_413_296
    assert held(case) == (1_500_000 - done["retired"], 0)

    case.set("2000000")
    second = asked(case)
    case.set("2200000")
    assert case.door.decided(checker, second)["certificates"] == done["certificates"]
    assert held(case) == (1_500_000 - done["retired"], 0)


def test_below_the_limit_and_for_nothing_nobody_is_asked(case: Case) -> None:
    """A few certificates are retired at once; none, when none are there."""
    assert case.mill.must(f"{case.path}/offsets", {"auto": True})["unchanged"]
    case.buy(999)
    assert case.mill.must(f"{case.path}/offsets", {"auto": True})["retired"] == 999


def test_what_if_is_told_beside_the_plan(case: Case) -> None:
    """Another k for three years; the plan itself is that of what is true."""
    plan = case.mill.get(f"{case.path}/plan", k="0", years=3, price_fen=2).json()

    assert plan["needed"] == 1_413_296
    assert [one["year"] for one in plan["what_if"]] == [2026, 2027, 2028]
    assert [one["needed"] for one in plan["what_if"]] == [1_459_972] * 3
    assert plan["what_if"][0]["cost_at_price_fen"] == 2 * 1_459_972
    assert plan["what_if"][1]["assumed"] == ["budget_gce", "consumption", "caps"]
    less = case.mill.get(f"{case.path}/plan", production="0.9")
    assert less.status_code == 200, less.text
    assert [(one["needed"], one["status"]) for one in less.json()["what_if"]] == [(0, "MET")]


def test_a_plan_names_what_it_rests_on(case: Case) -> None:
    """As the budget does; a k that is asked about was entered by nobody, that of a later year may be."""
    body = {"name": "k", "province": PROVINCE, "year": 2027, "value": "0.3"}
    case.regulators[0].must("/v1/factors", {**body, "document_no": "省发改〔2027〕1号"})
    plan = case.mill.get(f"{case.path}/plan", years=3).json()
    asked = case.mill.get(f"{case.path}/plan", k="0.25", years=2).json()

    assert plan["open_points"] == case.told()["open_points"]
    years = [entered(one["open_points"]) for one in plan["what_if"]]
    assert years == [
        {"k": "省发改〔2026〕1号"},
        {"k": "省发改〔2027〕1号"},
        {"k": "省发改〔2026〕1号"},
    ]
    assert [entered(one["open_points"]) for one in asked["what_if"]] == [{}, {}]
    assert "feb.c_e" in {point["name"] for point in asked["what_if"][1]["open_points"]}


def entered(points: list[Json]) -> dict[str, str]:
    """Read the documents of figures that were entered, by name."""
    return {one["name"]: one["document"] for one in points if one["evidence"] == "entered"}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"k": "1"}, 422, "apportionment_factor_invalid"),
        ({"k": "a"}, 400, None),
        ({"production": "1000.001"}, 400, None),
        ({"production": "0"}, 422, "traded_above_offtake"),
        ({"years": 11}, 400, None),
    ],
)
def test_what_cannot_be_is_refused(
    case: Case, query: dict[str, str], status: int, code: str | None
) -> None:
    """As a report or a figure like it would be."""
    answer = case.mill.get(f"{case.path}/plan", **query)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    assert code in {None, answer.json()["code"]}
