"""What others confirm of a unit's energy: version by version, until the year is closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.database import Urls
from ledger.model.command import Actor
from settlement.desk import Decision, Reader
from settlement.fossil_budget import book
from settlement.fossil_budget.confirming import Confirmed, confirmed
from tests.registry import code_of, rows
from tests.settlement.mill import (
    KWH_PER_MWH,
    TRADED,
    Mill,
    World,
    opened_world,
    result,
    steel,
    two_persons,
)


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def read_confirmed(world: World, *mills: Mill) -> list[Confirmed]:
    """Ask what stands confirmed of the mills' budgets."""
    with world.registry.desk.reader() as read:
        found = confirmed(read, [mill.budget for mill in mills])
    return [found[mill.budget] for mill in mills]


def test_the_last_version_of_each_part_stands(world: World) -> None:
    """Parts are numbered apart; of a budget nobody spoke about nothing is confirmed."""
    mill, silent = steel(world), steel(world)
    first = result(mill.confirm(traded=5, physical=7))
    second = result(mill.confirm(traded=TRADED))

    assert first["confirmed"] == [
        {"part": "physical", "version": 1, "kwh": 7},
        {"part": "traded", "version": 1, "kwh": 5},
    ]
    assert second["confirmed"] == [{"part": "traded", "version": 2, "kwh": TRADED}]
    own, other = read_confirmed(world, mill, silent)
    assert (own.traded_kwh, own.physical_kwh) == (TRADED, 7)
    assert own.journals["traded"] > own.journals["physical"]
    assert other == Confirmed()


def test_a_confirmation_changes_what_is_unconfirmed_and_no_balance(world: World) -> None:
    """Before closing the unit's own figure counts; what nobody else said is shown beside it."""
    mill = steel(world)
    before = mill.told()
    mill.confirm(traded=TRADED - 1)
    after = mill.told()

    assert (before["unconfirmed_kwh"], after["unconfirmed_kwh"]) == (TRADED, 1)
    assert after == before | {"unconfirmed_kwh": 1}


def test_more_traded_energy_than_was_taken_is_not_confirmed(world: World) -> None:
    """Compared with the offtake reported; energy used on the spot never came from the grid."""
    mill, early = steel(world), world.mill()
    early.set()
    offtake = 1_800_000 * KWH_PER_MWH

    refused = mill.confirm(traded=offtake + 1)
    assert code_of(refused) == "confirmation_above_offtake"
    assert code_of(mill.confirm(traded=offtake, physical=offtake + 1)) is None
    assert code_of(early.confirm(traded=offtake + 1)) is None


def test_nothing_is_confirmed_of_a_closed_year_or_an_unknown_budget(world: World) -> None:
    """The closing rests on what was confirmed before it."""
    mill = steel(world)
    mill.confirm(traded=TRADED)
    mill.close()

    assert code_of(mill.confirm(traded=1)) == "budget_closed"
    assert code_of(Mill(world.registry, 0, 0, "", 99).confirm(traded=1)) == "budget_unknown"


def test_a_closing_decided_before_a_confirmation_is_decided_again(world: World) -> None:
    """What it rests on moved: the confirmation has the number among the budget's events it would take."""
    mill, tries = steel(world), 0
    mill.confirm(traded=TRADED)

    def close(read: Reader, actor: Actor) -> Decision:
        nonlocal tries
        decided, tries = book.close(read, actor, mill.budget), tries + 1
        if tries == 1:
            assert code_of(mill.confirm(physical=1)) is None
        return decided

    assert code_of(two_persons(world.registry, close)) is None
    assert tries == 2
    query = "SELECT kind FROM fossil_budget_event WHERE budget = %s ORDER BY n DESC LIMIT 2"
    assert rows(world.url, query, mill.budget) == [("close",), ("confirm",)]
