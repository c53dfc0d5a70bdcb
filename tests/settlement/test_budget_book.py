"""Fossil budgets in the book: what is set, charged, offset and closed is what the account says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import permutations

import pytest

from ledger.database import Urls
from ledger.model.command import Actor
from ledger.model.instrument import yearly
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.accounts import consolidate
from settlement.desk import Decision, Reader
from settlement.fossil_budget import book
from settlement.freezable import Wanted
from settlement.freezes import FreezeOrder, freeze
from settlement.transfers import Selection
from tests.registry import OPERATOR, code_of, rows
from tests.settlement.mill import (
    MAY,
    STEEL,
    TRADED,
    YEAR,
    Act,
    World,
    gce,
    opened_world,
    result,
    retire_some,
    steel,
    two_persons,
)


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


# The worked cases


def test_the_steel_mill_is_charged_part_by_part(world: World) -> None:
    """Excess 130,270.5 tce; 1,413,296 certificates; both modes are told side by side."""
    mill = steel(world)
    told = mill.told()

    assert told["charge"] == {
        "direct_gce": gce("1982790.5"),
        "power_gce": gce("165915"),
        "heat_gce": 0,
        "traded_gce": gce("18435"),
        "certificate_gce": 0,
    }
    assert told["excess_gce"] == gce("130270.5") == -mill.balance()
    assert (told["needed"], told["status"]) == (1_413_296, "NOT_MET")
    assert told["modes"]["gross"]["needed"] == 1_059_972
    assert {point["name"] for point in told["open_points"]} >= {"feb.mode", "feb.c_e"}
    [code] = [f["code_open"] for f in told["fuel_factors"] if f["fuel"] == "diesel"]
    assert code["evidence"] == "found_2nd"
    assert code["en"].startswith("feb.fuel.diesel.code = 21 reporting code is known from secondary")
    assert code["zh"].startswith("feb.fuel.diesel.code = 21 统计代码，仅据二手资料")


def test_the_fewest_own_certificates_are_retired_and_recognised_at_once(world: World) -> None:
    """One command, 1,413,296 certificates; 58,800 g are left, and one less would not do."""
    mill = steel(world, 1_500_000)
    answer = mill.auto()
    done = result(answer)

    assert done["retired"] == done["certificates"] == 1_413_296
    assert done["status"] == "MET_WITH_OFFSET"
    assert mill.balance() == 58_800
    assert answer.outcome is not None
    assert [row[2] for row in answer.outcome["moved"]] == [1_413_296]
    assert result(mill.auto())["unchanged"]


def test_using_all_the_offtake_leaves_what_the_worked_case_says(world: World) -> None:
    """1,600,000 certificates: 17,209.5 tce below budget."""
    mill = steel(world, 1_600_000)
    assert code_of(mill.offer(mill.retire(1_600_000))) is None
    assert mill.balance() == gce("17209.5")


def test_without_apportionment_more_is_needed(world: World) -> None:
    """The excess is 179,430.5 tce with k = 0; 1,459,972 certificates."""
    world.factor("k", "0")
    mill = steel(world, 1_500_000)
    assert mill.told()["excess_gce"] == gce("179430.5")
    assert result(mill.auto())["retired"] == 1_459_972
    assert mill.balance() >= 0


def test_gross_takes_off_the_whole_equivalent(world: World) -> None:
    """1,059,972 certificates; the mode can be changed by a revision, and all is restated."""
    mill = steel(world, 1_100_000, mode="gross")
    assert result(mill.auto())["retired"] == 1_059_972
    assert mill.balance() == 1_059_972 * 122_900 - gce("130270.5")

    assert code_of(mill.set(mode="net")) is None
    assert mill.balance() == 1_059_972 * 92_175 - gce("130270.5")
    assert mill.told()["mode"] == "net"


def test_a_budget_beyond_all_certificates_is_closed_as_not_met(world: World) -> None:
    """2,790.5 tce stay above it however much is retired; gross would have accepted 1,222,706."""
    mill = steel(world, 1_700_000, budget_gce=gce("1980000"))
    plan = mill.plan()
    assert (plan["feasible"], plan["room"]) == (False, 1_600_000)
    assert plan["residual_gce"] == str(gce("2790.5"))
    assert plan["other"] | {"needed": 1_222_706, "feasible": True} == plan["other"]

    assert result(mill.auto())["retired"] == 1_600_000
    mill.confirm(traded=TRADED)
    closed = result(mill.close())
    assert closed["status"] == "NOT_MET"
    assert closed["balance_gce"] == mill.balance() == -gce("2790.5")


@pytest.mark.parametrize(
    ("feedstock", "excess", "status"),
    [("600000", 0, "MET"), ("500000", gce("57150"), "NOT_MET")],
)
def test_feedstock_is_not_burnt(world: World, feedstock: str, excess: int, status: str) -> None:
    """A chemical plant's methanol counts once it is sold as fuel."""
    mill = world.mill()
    mill.set(gce("300000"))
    fuels = [{"fuel": "raw_coal", "purchased": "1000000", "feedstock": feedstock}]
    mill.charge({"fuels": fuels})

    told = mill.told()
    assert (told["excess_gce"], told["status"]) == (excess, status)
    assert mill.balance() == gce("300000") - told["charge"]["direct_gce"]


def test_what_cannot_count_is_told_why(world: World) -> None:
    """Another year, beneficiary or purpose stays free; what is not retired cannot be offered."""
    mill = steel(world, 100)
    old = world.registry.issue(world.plant, date(2025, 12, 1), 10)
    world.move(mill, old, 10)
    late = mill.retire(10, consumption_year=2025, select=Selection(old))
    other = mill.retire(20, beneficiary_code=world.mill().code)
    claim = mill.retire(5, purpose="green_power_claim")
    good = mill.retire(30)

    told = result(mill.offer(late, other, claim, good))["unrecognised"]
    assert [(row["count"], row["reason"]) for row in told] == [
        (10, "wrong_production_year"),
        (20, "other_beneficiary"),
        (5, "other_purpose"),
    ]
    assert mill.told()["unrecognised"] == told
    assert mill.told()["certificates"] == 30
    stranger = retire_some(world.registry, world.mill(7).user, 7, beneficiary_code=other_code())
    assert code_of(mill.offer(stranger)) == "retirement_unknown"
    assert code_of(mill.offer(1)) == "retirement_unknown"


def test_frozen_certificates_are_neither_planned_nor_retired(world: World) -> None:
    """Whatever they are frozen for, CCER included: what is not retired does not count."""
    mill = steel(world, 100)
    wanted = Wanted(mill.user, 60)
    order = FreezeOrder(wanted, "GEC", "suspected_data", "doc f")
    frozen = result(two_persons(world.registry, lambda r, a: freeze(r, a, order)))
    assert frozen["quantity"] == 60

    assert result(mill.auto())["retired"] == 40
    assert mill.told()["certificates"] == 40


def test_certificates_that_were_joined_are_planned_like_any_other(world: World) -> None:
    """What was bought in two parts and consolidated has no one price, and serves all the same."""
    mill = steel(world)
    lot = world.registry.issue(world.plant, world.months.pop(), 50)
    for part in (20, 30):
        world.move(mill, lot, part)
    world.registry.must_do(OPERATOR, lambda r, a: consolidate(r, a, mill.user))

    assert result(mill.auto())["retired"] == 50


def other_code() -> str:
    """Name a beneficiary that nobody here is."""
    return "91110000100000001X"


def test_certificates_that_may_not_be_sold_count_all_the_same(world: World) -> None:
    """Old hydro is retired by whoever holds it for the unit, who is its beneficiary."""
    seller = world.registry.party("generator")
    holder = world.registry.account(seller, "generator")
    lot = world.registry.issue(world.registry.plant(seller, "hydro"), MAY, 40)
    mill = steel(world)
    facts = {"beneficiary_code": mill.code, "select": Selection(lot)}
    assert (
        result(mill.offer(retire_some(world.registry, holder, 40, **facts)))["certificates"] == 40
    )


def test_a_provincial_cap_is_shared_first_come(world: World) -> None:
    """What another unit had recognised is room no more; a wider cap lets it count later."""
    world.cap(100)
    first, second = steel(world, 80), steel(world, 80)
    first.offer(first.retire(80))
    told = result(second.offer(second.retire(80)))

    assert told["certificates"] == 20
    assert [(row["count"], row["reason"]) for row in told["unrecognised"]] == [
        (60, "cap_exhausted")
    ]
    world.cap(150)
    assert second.told()["restate_due"]
    assert result(second.offer())["certificates"] == 70
    assert not second.told()["restate_due"]


# Laws


def test_any_order_of_acts_ends_in_the_same_balance(world: World) -> None:
    """A report, a revision and two offsets, in eight of their orders."""
    lot = world.registry.issue(world.plant, MAY, 24 * 70_000)
    ends = set()
    report = STEEL | {"electricity": {"grid_offtake_kwh": 90_001, "other_traded_kwh": 501}}
    acts: list[Act] = [
        lambda mill: mill.charge(report),
        lambda mill: mill.set(gce("2100000") + 7),
        lambda mill: mill.offer(mill.retired[0]),
        lambda mill: mill.offer(mill.retired[1]),
    ]
    for order in list(permutations(acts))[::3]:
        mill = steel(world)
        world.move(mill, lot, 130)
        mill.retired = [mill.retire(60), mill.retire(70)]
        for act in order:
            assert code_of(act(mill)) is None
        told = mill.told()
        assert (told["certificates"], told["restate_due"]) == (89, False)
        ends.add((mill.balance(), *told["charge"].values()))
    assert len(ends) == 1


def test_the_same_report_again_is_no_news(world: World) -> None:
    """Nothing is posted twice; a new k is news for the same report."""
    mill = steel(world)
    before = mill.balance()
    answer = mill.charge({**STEEL, "heat": {"purchased_mj": "0.0"}})
    assert answer.outcome is not None
    assert (answer.outcome["journals"], result(answer)["unchanged"]) == ([], True)
    assert mill.balance() == before

    world.factor("k", "0.5")
    assert mill.told()["restate_due"]
    assert "unchanged" not in result(mill.charge())
    assert mill.balance() > before


def test_one_retirement_is_used_once(world: World) -> None:
    """The refusal names the first use; it does not matter which budget asks again."""
    mill = steel(world, 10)
    mine = mill.retire(10)
    first = mill.offer(mine)
    again = mill.offer(mine)
    assert first.outcome is not None
    assert again.outcome is not None
    assert again.outcome["code"] == "retirement_used_already"
    assert again.outcome["facts"] == {
        "retirement": encode_id(IdPrefix.RETIREMENT, mine),
        "metric": "fossil_budget",
        "budget": encode_id(IdPrefix.FOSSIL_BUDGET, mill.budget),
        "journal": encode_id(IdPrefix.JOURNAL, first.outcome["journals"][0]),
    }


def test_two_offsets_at_once_are_decided_one_after_the_other(world: World) -> None:
    """The second finds the balance changed and is decided again."""
    mill = steel(world, 20)
    both = [mill.retire(10), mill.retire(10)]

    def offering(number: int) -> Callable[[Reader, Actor], Decision]:
        return lambda r, a: book.offset(r, a, mill.budget, (number,))

    asked = [world.registry.asked(OPERATOR, offering(number)) for number in both]
    first, second = world.registry.together(asked)
    assert code_of(first) is None
    assert second.outcome is None
    assert code_of(world.registry.put(asked[1])) is None
    assert mill.told()["certificates"] == 20


def test_recognition_never_passes_the_offtake_left(world: World) -> None:
    """What does not fit is listed, and counts as soon as a new report leaves room."""
    mill = steel(world, 100)
    few = {"electricity": {"grid_offtake_kwh": 70_999, "other_traded_kwh": 20_000}}
    mill.charge(few)
    told = result(mill.offer(mill.retire(40), mill.retire(60)))

    assert told["certificates"] == 50
    assert [(row["count"], row["reason"]) for row in told["unrecognised"]] == [
        (50, "above_offtake")
    ]
    more = {"electricity": {"grid_offtake_kwh": 95_000, "other_traded_kwh": 20_000}}
    assert result(mill.charge(more))["certificates"] == 75
    assert result(mill.charge(few))["certificates"] == 50
    assert result(mill.auto())["unchanged"]


def test_green_power_of_the_ledger_is_traded_energy(world: World) -> None:
    """Held or retired, it counts once: as traded energy, not as certificates."""
    mill = world.mill(30, "green_power")
    mill.set(0)
    report = {"electricity": {"grid_offtake_kwh": 50_000, "other_traded_kwh": 5_000}}
    assert result(mill.charge(report))["traded_kwh"] == 35_000
    told = result(mill.offer(mill.retire(12)))

    assert (told["traded_kwh"], told["certificates"]) == (35_000, 0)
    assert [(row["count"], row["reason"]) for row in told["unrecognised"]] == [
        (12, "counted_as_traded")
    ]
    assert mill.plan()["retire"] == []
    small = {"electricity": {"grid_offtake_kwh": 29_999}}
    assert code_of(mill.charge(small)) == "traded_above_offtake"


def test_postings_alone_make_the_balance(world: World) -> None:
    """budget.source, fossil.* and recognised.* against one account, floor(budget - fossil)."""
    mill = steel(world)
    mill.set(gce("2000000") + 3)
    account = decode_id(IdPrefix.ACCOUNT, mill.told()["account_id"])
    sums = rows(
        world.url,
        "SELECT sum(CASE WHEN credit = %s THEN amount ELSE -amount END) FROM posting"
        " WHERE %s IN (debit, credit) AND instrument = %s",
        *(account, account, yearly("FEB", YEAR).id),
    )
    assert sums == [(mill.balance(),)]
    assert mill.balance() == 3 - gce("130270.5")
