"""Certificates retired after the last day that a rulebook sets: listed, not recognised, not planned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from ledger.database import Urls
from settlement.fossil_budget.charge import Mode
from settlement.fossil_budget.recognition import Reason, Room, claim_of, recognise
from settlement.fossil_budget.statement import compute
from tests.registry import code_of
from tests.settlement.fossil_cases import MILL, YEAR, amended, case, retired, rules
from tests.settlement.mill import KWH_PER_MWH, TRADED, World, opened_world, result, steel
from tests.settlement.test_closing import ready
from tests.settlement.test_reopening import opened_again

LATE = "acc.late_retirement_until"
LAST = date(YEAR + 1, 1, 31)


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry on 10 February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def test_a_retirement_after_the_last_day_is_listed_with_its_reason() -> None:
    """On the last day it counts; where no last day is set, any day does."""
    lines = [
        retired(5, line="in time", retired_on=LAST),
        retired(7, line="late", order=2, retired_on=LAST + timedelta(days=1)),
    ]
    bound = claim_of(amended(LATE, '"none"', '"01-31"'), MILL, YEAR)
    found = recognise(bound, lines, Room(100))

    assert bound.last_day == LAST
    assert [(one.line, one.count, one.reason) for one in found.uncounted] == [
        ("late", 7, Reason.RETIRED_TOO_LATE)
    ]
    assert found.certificates == 5
    assert recognise(claim_of(rules(), MILL, YEAR), lines, Room(100)).certificates == 12


@pytest.mark.parametrize("mode", list(Mode))
def test_after_the_last_day_nothing_more_can_be_planned(mode: Mode) -> None:
    """What counts already stays; what is missing stays missing, in both modes."""
    law, given = amended(LATE, '"none"', '"01-31"'), (retired(1_000, retired_on=LAST),)
    in_time = compute(case(mode=mode, retired=given, asked_on=LAST), law)
    late = compute(case(mode=mode, retired=given, asked_on=LAST + timedelta(days=1)), law)

    assert late.recognised == in_time.recognised
    for before, after in ((in_time.posting, late.posting), (in_time.other, late.other)):
        assert (before.plan.room, after.plan.room) == (1_599_000, 0)
        assert after.plan.needed == before.plan.needed
        assert after.plan.residual_gce == after.plan.excess_gce


def test_in_the_book_the_day_of_the_retirement_decides(world: World) -> None:
    """Retired on 10 February: too late for the end of January, in time for the day itself."""
    mill = steel(world, 100)
    assert result(mill.offer(mill.retire(40)))["certificates"] == 40
    world.amend("fossil_budget", LATE, '"none"', '"02-09"')
    assert mill.told()["restate_due"]
    assert mill.plan() | {"room": 0, "retire": [], "own": 0, "to_buy": 0} == mill.plan()

    told = result(mill.auto())
    assert (told["certificates"], "retired" in told) == (0, False)
    assert [(row["count"], row["reason"]) for row in mill.told()["unrecognised"]] == [
        (40, "retired_too_late")
    ]
    spared = result(mill.offer(mill.retire(10)))
    assert {(row["count"], row["reason"]) for row in spared["unrecognised"]} == {
        (40, "retired_too_late"),
        (10, "retired_too_late"),
    }


def test_on_the_last_day_itself_it_counts(world: World) -> None:
    """Retired beforehand, or by the unit's plan."""
    world.amend("fossil_budget", LATE, '"none"', '"02-10"')
    mill = steel(world, 100)
    assert result(mill.offer(mill.retire(40)))["certificates"] == 40
    assert result(mill.auto())["certificates"] == 100


def test_green_power_counts_whenever_a_closing_retires_it(world: World) -> None:
    """It was settled in its year; a year opened and closed anew says the same of it."""
    world.amend("fossil_budget", LATE, '"none"', '"01-31"')
    mill = ready(world)
    world.sell(mill, 20, "green_power")
    assert result(mill.close())["traded_kwh"] == TRADED + 20 * KWH_PER_MWH
    assert code_of(opened_again(world, mill)) is None
    assert result(mill.close())["traded_kwh"] == TRADED + 20 * KWH_PER_MWH
