"""One certificate counts once: as traded energy of one unit, as a certificate of one, or for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.database import Urls
from settlement.fossil_budget.certificates import Run
from settlement.fossil_budget.filed import filed_many
from settlement.fossil_budget.green_power import green_lines
from settlement.freezable import Wanted
from settlement.freezes import FreezeOrder, freeze
from tests.registry import code_of
from tests.settlement.mill import Mill, World, opened_world, result, steel, two_persons

USED: dict[str, Any] = {
    "electricity": {"grid_offtake_kwh": 2_000_000, "other_traded_kwh": 1_000_000}
}


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry with rules, k and a plant."""
    with opened_world(database.app) as found:
        yield found


def charged(world: World, certificates: int = 0, mode: str = "listing") -> Mill:
    """Give a unit with certificates, a budget and a report of a thousand traded MWh."""
    unit = world.mill(certificates, mode)
    unit.set(0)
    assert code_of(unit.charge(USED)) is None
    return unit


def untraded(unit: Mill) -> list[tuple[int, str]]:
    """Tell the green power of a unit that is not its traded energy."""
    return [(row["count"], row["reason"]) for row in unit.told()["untraded"]]


def test_green_power_retired_for_another_counts_for_nobody(world: World) -> None:
    """The unit's traded energy falls by it, and the beneficiary has no certificates of it."""
    giver, taker = charged(world, 900, "green_power"), charged(world)
    assert giver.told()["traded_kwh"] == 1_900_000
    gift = giver.retire(300, beneficiary_code=taker.code)

    assert giver.told()["traded_kwh"] == 1_600_000
    assert untraded(giver) == [(300, "other_beneficiary")]
    told = result(taker.offer(gift))
    assert (told["certificates"], told["traded_kwh"]) == (0, 1_000_000)
    assert [(row["count"], row["reason"]) for row in told["unrecognised"]] == [
        (300, "green_power_of_another")
    ]


def test_green_power_retired_for_oneself_stays_traded_energy(world: World) -> None:
    """For this year and a purpose that serves the budget; otherwise it is told why not."""
    unit = charged(world, 900, "green_power")
    unit.retire(100)
    unit.retire(200, purpose="voluntary")

    assert unit.told()["traded_kwh"] == 1_700_000
    assert untraded(unit) == [(200, "other_purpose")]
    assert unit.told()["certificates"] == 0


def test_frozen_green_power_is_told_as_held(world: World) -> None:
    """It cannot be retired at closing, so its energy is not counted until it is free."""
    unit = charged(world, 900, "green_power")
    order = FreezeOrder(Wanted(unit.user, 60), "GEC", "suspected_data", "doc f")
    result(two_persons(world.registry, lambda r, a: freeze(r, a, order)))

    assert unit.told()["traded_kwh"] == 1_840_000
    assert untraded(unit) == [(60, "held")]


def test_the_green_lines_are_what_counts_and_is_not_retired_yet(world: World) -> None:
    """A closing retires exactly these: free, valid, and of the year."""
    unit = charged(world, 900, "green_power")
    other = charged(world, 40)
    lot = world.lot(30)
    world.move(unit, lot, 30, "green_power")
    unit.retire(100)
    with world.registry.desk.reader() as read:
        filed = list(filed_many(read, (unit.budget, other.budget)).values())
        found = green_lines(read, filed)

    lines = [line.run for line in found[unit.budget]]
    assert all(isinstance(line, Run) for line in lines)
    assert (sum(line.count for line in lines), found[other.budget]) == (830, ())
    assert unit.told()["traded_kwh"] == (1_000 + 930) * 1_000


def test_self_used_energy_is_not_counted_a_second_time(world: World) -> None:
    """It is recognised physically: its certificates are neither counted nor proposed, and stay free."""
    unit = charged(world)
    world.move(unit, world.lot(50, "solar", "self_use"), 50, "self_use")
    assert unit.plan()["retire"] == []
    assert result(unit.auto())["unchanged"]
    mine = unit.retire(50)
    told = result(unit.offer(mine))
    assert told["certificates"] == 0
    assert [(row["count"], row["reason"]) for row in told["unrecognised"]] == [
        (50, "counted_as_physical")
    ]
    assert code_of(unit.offer(mine)) is None  # it was offered in vain, so it is not used


def test_assigned_certificates_leave_the_cap_to_others(world: World) -> None:
    """Old hydro passed on stands outside the caps; what is bought does not."""
    world.cap(100)
    first, second = steel(world), steel(world, 100)
    world.move(first, world.lot(70, "hydro"), 70, "hydro_assignment")

    assert result(first.offer(first.retire(70)))["certificates"] == 70
    assert result(second.offer(second.retire(100)))["certificates"] == 100
    third = steel(world, 10)
    told = result(third.offer(third.retire(10)))
    assert [(row["count"], row["reason"]) for row in told["unrecognised"]] == [
        (10, "cap_exhausted")
    ]
