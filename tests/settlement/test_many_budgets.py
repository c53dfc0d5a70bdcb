"""Many budgets are read at once as each is alone, in as many statements as one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from ledger.database import Urls
from ledger.refusals import Refusal
from settlement.desk import Reader
from settlement.fossil_budget.facts import Facts, facts, facts_of
from settlement.fossil_budget.filed import filed, filed_many
from settlement.refusals import BudgetUnknown, ConsumptionMissing, FactorMissing
from tests.registry import code_of
from tests.settlement.mill import STEEL, Mill, World, gce, opened_world, steel


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry with rules, k and a plant."""
    with opened_world(database.app) as found:
        yield found


@contextmanager
def counted(read: Reader) -> Iterator[list[str]]:
    """Keep every statement that is executed meanwhile."""
    said: list[str] = []

    def hear(*told: object) -> None:
        said.append(str(told[2]))

    event.listen(read.conn, "before_cursor_execute", hear)
    yield said
    event.remove(read.conn, "before_cursor_execute", hear)


def town(world: World) -> list[int]:
    """Give budgets of three units: two with certificates under a cap, one without a report."""
    world.cap(90, "out_of_province")
    world.cap(70)
    first, second, third = steel(world, 100), steel(world, 80, mode="gross"), world.mill(10)
    world.sell(second, 30, "green_power")
    third.set(gce("10"))
    assert code_of(first.offer(first.retire(60))) is None
    assert code_of(second.offer(second.retire(20), second.retire(40))) is None
    return [third.budget, first.budget, second.budget]


def test_budgets_read_together_are_those_read_one_by_one(world: World) -> None:
    """What is on file, and the facts with their offers, green power and room under caps."""
    numbers = town(world)

    with world.registry.desk.reader() as read:
        together = filed_many(read, numbers)
        assert together == {number: filed(read, number) for number in numbers}
        gathered = facts_of(read, list(together.values()))
        silent, *reported = numbers
        refused = gathered[silent]
        assert isinstance(refused, Refusal)
        assert (refused.code, list(gathered)) == (ConsumptionMissing.code, numbers)
        for number in reported:
            found = gathered[number]
            assert isinstance(found, Facts)
            assert found == facts(read, together[number])
            assert found.offered
            assert found.caps.left
        second = gathered[numbers[2]]
        assert isinstance(second, Facts)
        assert (second.case.traded_kwh, len(second.offered) > 1) == (30_000, True)


def test_many_budgets_cost_as_many_statements_as_one(world: World) -> None:
    """Twelve in all: four for what is on file, eight for the facts."""
    numbers = town(world)[1:]

    with world.registry.desk.reader() as read:
        costs = []
        for asked in (numbers[:1], numbers):
            with counted(read) as said:
                facts_of(read, list(filed_many(read, asked).values()))
            costs.append(len(said))

    assert costs == [12, 12]


def test_a_budget_that_is_not_there_is_named(world: World) -> None:
    """One unknown number refuses the reading of all; none asked for is none read."""
    number = town(world)[0]

    with world.registry.desk.reader() as read:
        assert filed_many(read, ()) == {}
        assert facts_of(read, ()) == {}
        with pytest.raises(BudgetUnknown):
            filed_many(read, (number, 1))


def test_a_unit_of_a_province_without_k_does_not_bar_the_others(world: World) -> None:
    """The refusal stands in the place of its facts alone."""
    fine, party = steel(world), world.registry.party("key_energy_unit", province="15")
    far = Mill(world.registry, party, world.registry.account(party, "user"), "code")
    far.set()

    with world.registry.desk.reader() as read:
        on_file = filed_many(read, (far.budget, fine.budget))
        reported = on_file[far.budget].after("consumption", {"consumption": STEEL})
        found = facts_of(read, (reported, on_file[fine.budget]))
        with pytest.raises(FactorMissing):
            facts(read, reported)

    assert isinstance(found[far.budget], FactorMissing)
    assert isinstance(found[fine.budget], Facts)
