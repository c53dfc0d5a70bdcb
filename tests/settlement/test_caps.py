"""Provincial caps in the book: set by two persons, shared first come or in proportion, never passed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.database import Urls
from ledger.doctor import examine
from ledger.model.instrument import by_code, by_id, cap
from ledger.posting.answers import Answer
from settlement.desk import Contended
from settlement.fossil_budget.apportioning import UNITS_MAX, ApportionOrder, apportion, shares
from settlement.fossil_budget.recognition import Direction
from tests.registry import NAME, code_of, rows
from tests.settlement.mill import (
    TRADED,
    YEAR,
    Mill,
    World,
    opened_world,
    result,
    share_out,
    sharing_rules,
    steel,
    two_persons,
)

INSIDE = f"CAP-11-in-{YEAR}"


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry with rules, k and a plant; at the end doctor looks at it."""
    with opened_world(database.app) as found:
        yield found
        assert examine(database.owner, NAME) == []


def room(world: World, code: str = INSIDE) -> dict[str, int]:
    """Tell where the room under a cap lies: by class of account, those of the registry apart."""
    query = (
        "SELECT CASE a.party WHEN 1 THEN 'our ' ELSE '' END || a.class, sum(b.posted)::bigint "
        "FROM balance AS b JOIN account AS a ON a.id = b.account "
        "JOIN instrument AS i ON i.id = b.instrument WHERE i.code = %s GROUP BY 1"
    )
    return {place: units for place, units in rows(world.url, query, code) if units}


def facts_of(answer: Answer) -> dict[str, Any]:
    """Read the facts of a refusal."""
    assert answer.outcome is not None
    return dict(answer.outcome["facts"])


# Names


@given(st.integers(10, 99), st.sampled_from(["in", "out"]), st.integers(2000, 2099))
def test_a_cap_is_named_by_province_way_and_year(province: int, way: str, year: int) -> None:
    """The number and the code each give the whole of it again."""
    named = cap(str(province), "in" if way == "in" else "out", year)

    assert named.code == f"CAP-{province}-{way}-{year}"
    assert by_id(named.id) == named == by_code(named.code)
    assert (named.family, named.unit, named.year) == ("CAP", "MWh", year)


# First come


def test_what_was_recognised_without_a_cap_takes_room_under_the_first(world: World) -> None:
    """It cannot be set lower; afterwards it can be lowered as far as nobody took of it."""
    mill = steel(world, 100)
    mill.offer(mill.retire(80))
    assert room(world) == {"budget": 80, "our budget": -80}

    low = world.cap(79)
    assert code_of(low) == "cap_below_recognised"
    assert facts_of(low) == {"instrument": INSIDE, "cap": 79, "recognised": 80}
    assert code_of(world.cap(90)) is None
    assert room(world) == {"budget": 80, "our duty": 10}
    mill.offer(mill.retire(20))
    assert mill.told()["certificates"] == 90
    assert code_of(world.cap(89)) == "cap_below_recognised"
    assert code_of(world.cap(95)) is None
    assert room(world) == {"budget": 90, "our duty": 5}


def test_room_given_back_is_free_for_others(world: World) -> None:
    """A report that leaves less offtake gives it back, in the same act."""
    world.cap(60)
    first, second = steel(world, 50), steel(world, 50)
    first.offer(first.retire(50))
    second.offer(second.retire(50))
    assert second.told()["certificates"] == 10
    assert room(world) == {"budget": 60}

    first.charge({"electricity": {"grid_offtake_kwh": 20_000}})
    assert room(world) == {"budget": 30, "our duty": 30}
    assert second.told()["restate_due"]
    assert result(second.offer())["certificates"] == 40


def test_a_revision_takes_no_room_that_is_gone(world: World) -> None:
    """It restates under the cap like any other act."""
    world.cap(10)
    first, second = steel(world, 50), steel(world, 50)
    first.offer(first.retire(50))
    second.offer(second.retire(50))
    world.cap(30)
    assert code_of(second.set(mode="gross")) is None
    assert code_of(first.set(mode="gross")) is None

    assert [unit.told()["certificates"] for unit in (first, second)] == [10, 20]
    assert room(world) == {"budget": 30}


def test_sixteen_units_at_one_cap_never_pass_it(world: World) -> None:
    """They offer at the same moment, each in a thread of its own; all of the room is used."""
    world.cap(100)
    units = [steel(world) for _ in range(16)]
    lot = world.lot(16 * 40)
    for unit in units:
        world.move(unit, lot, 40)
    retired = [(unit, unit.retire(40)) for unit in units]

    def offer(each: tuple[Mill, int]) -> str | None:
        try:
            return code_of(each[0].offer(each[1]))
        except Contended:  # it may ask again
            return code_of(each[0].offer(each[1]))

    with ThreadPoolExecutor(len(units)) as pool:
        assert set(pool.map(offer, retired)) == {None}

    assert room(world) == {"budget": 100}
    for unit in units:
        unit.offer()
    assert sum(unit.told()["certificates"] for unit in units) == 100


# In proportion


@given(
    st.integers(0, 1000),
    st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 300), max_size=9),
)
def test_shares_come_to_the_room_and_are_within_one_of_the_exact(
    free: int, asked: dict[str, int]
) -> None:
    """Nobody gets more than it asked for, whatever the order of asking."""
    parts, total = shares(free, asked), sum(asked.values())

    assert sum(parts.values()) == min(free, total)
    assert parts == shares(free, dict(reversed(asked.items())))
    for name, count in asked.items():
        assert 0 <= parts[name] <= count
        assert total <= free or abs(parts[name] * total - free * count) < total


def test_a_cap_is_shared_out_in_proportion(world: World) -> None:
    """Until then nothing under it counts, and nobody closes; then each unit has room of its own."""
    world.cap(50)
    world.registry.adopt(sharing_rules())
    first, second = steel(world, 60), steel(world, 40)
    for unit, count in ((first, 60), (second, 40)):
        told = result(unit.offer(unit.retire(count)))
        assert [(row["count"], row["reason"]) for row in told["unrecognised"]] == [
            (count, "cap_not_apportioned")
        ]
    assert code_of(first.close()) == "cap_not_apportioned"

    done = result(share_out(world.registry))
    assert (done["units"], done["in_province"]) == (2, {"room": 50, "asked": 100, "given": 50})
    assert [unit.told()["certificates"] for unit in (first, second)] == [30, 20]
    assert room(world) == {"budget": 50}
    assert code_of(share_out(world.registry)) == "cap_apportioned_already"

    first.charge({"electricity": {"grid_offtake_kwh": 10_000}})
    assert room(world) == {"budget": 30, "duty": 20}
    assert result(second.offer())["certificates"] == 20
    world.cap(60)
    assert result(share_out(world.registry))["in_province"]["given"] == 10
    assert second.told()["certificates"] == 30
    assert second.confirm(traded=TRADED).outcome
    assert code_of(second.close()) is None


def test_a_cap_is_not_shared_out_among_more_units_than_one_act_may_give_to(world: World) -> None:
    """It says how many there are; who asks for nothing is not among them."""
    world.cap(50)
    world.registry.adopt(sharing_rules())
    for count in (60, 40):
        unit = steel(world, count)
        unit.offer(unit.retire(count))
    _ = steel(world)
    order = ApportionOrder("11", YEAR, "doc s")

    def decide(most: int) -> Answer:
        return two_persons(world.registry, lambda r, a: apportion(r, a, order, units_max=most))

    refused = decide(1)
    assert code_of(refused) == "too_many_units"
    assert facts_of(refused) == {"province": "11", "year": YEAR, "units": 2, "units_max": 1}
    assert room(world) == {"our duty": 50}
    assert code_of(decide(2)) is None


def test_the_journals_of_one_sharing_out_can_be_numbered() -> None:
    """Of each unit the account, two parts and the restatement; of all the runs and the approval."""
    assert (
        UNITS_MAX * 4 + len(Direction) + 1 <= 2**15 - 1
    )  # a group numbers its journals in 16 bits


def test_what_cannot_be_shared_out_is_refused(world: World) -> None:
    """Caps of a first-come year; a province without caps."""
    world.cap(50)
    assert code_of(share_out(world.registry)) == "cap_first_come"
    world.registry.adopt(sharing_rules())
    none = share_out(world.registry, "15")
    assert code_of(none) == "factor_missing"
    assert facts_of(none)["factor"] == "cap_in_province"
