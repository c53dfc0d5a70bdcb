"""A closed year opened again by decision: what stays, what may change, and what supersedes what."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from ledger.model.command import Actor
from ledger.posting.answers import Answer
from settlement.fossil_budget.reopening import ReopenOrder, reopen
from tests.registry import OPERATOR, code_of, rows
from tests.settlement.mill import (
    KWH_PER_MWH,
    TRADED,
    Mill,
    World,
    opened_world,
    result,
    two_persons,
)
from tests.settlement.test_closing import document, kept, ready, record

ORDER = ReopenOrder("a meter was read wrongly", "doc 9")
SAME = {"n", "supersedes", "inputs"}  # what tells a closing from the one before it


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def opened_again(world: World, mill: Mill, by: Actor | None = None) -> Answer:
    """Have two persons open the mill's year again, of a regulator unless others are named."""
    who = by or world.authority()
    return two_persons(world.registry, lambda r, _: reopen(r, who, mill.budget, ORDER))


def test_reopened_and_closed_without_a_change_it_says_the_same(world: World) -> None:
    """The next statement names the one before; figures and runs are equal, green power among them."""
    mill = ready(world, 1_500_000)
    world.sell(mill, 700, "green_power")
    mill.auto()
    mill.close()
    first, balance = document(world, mill), mill.balance()
    told = result(opened_again(world, mill))
    assert mill.told()["state"] == "open"
    result(mill.close())

    second = document(world, mill)
    (_, _, digest), (n, _, _) = kept(world, mill)
    assert (n, second["n"], second["supersedes"]) == (2, "2", digest.hex())
    assert (told["n"], told["statement_sha256"]) == (1, digest.hex())
    assert {k: v for k, v in second.items() if k not in SAME} == {
        k: v for k, v in first.items() if k not in SAME
    }
    assert mill.balance() == balance
    assert record(world, "budget.close")["supersedes"] == digest.hex()


def test_a_reopened_year_takes_a_new_report(world: World) -> None:
    """The first statement stays as it was; the second tells what is true now."""
    mill = ready(world, 10)
    mill.close()
    before = kept(world, mill)
    opened_again(world, mill)
    fuels = [{"fuel": "raw_coal", "purchased": "1"}]

    assert code_of(mill.charge({"fuels": fuels})) is None
    assert result(mill.close())["status"] == "MET"
    assert kept(world, mill)[:1] == before
    assert [json.loads(raw)["status"] for _, raw, _ in kept(world, mill)] == ["NOT_MET", "MET"]


def test_what_a_closing_retired_stays_retired(world: World) -> None:
    """It counts as traded energy still, and more that was bought since counts beside it."""
    mill = ready(world)
    world.sell(mill, 20, "green_power")
    mill.close()
    opened_again(world, mill)
    world.sell(mill, 5, "green_power")

    assert mill.told()["traded_kwh"] == TRADED + 25 * KWH_PER_MWH
    assert result(mill.close())["traded_kwh"] == TRADED + 25 * KWH_PER_MWH
    assert rows(world.url, "SELECT quantity FROM retirement ORDER BY id") == [(20,), (5,)]
    assert sum(int(run["count"]) for run in document(world, mill)["traded"]) == 25


def test_only_a_closed_year_is_opened_again(world: World) -> None:
    """And only once."""
    mill = ready(world)
    assert code_of(opened_again(world, mill)) == "budget_not_closed"
    mill.close()
    assert code_of(opened_again(world, mill)) is None
    assert code_of(opened_again(world, mill)) == "budget_not_closed"


def test_who_may_open_a_year_again_is_what_the_rulebook_says(world: World) -> None:
    """Regulators and provinces as shipped; one of the two where another version says so."""
    mill, regulator, province = ready(world), world.authority(), world.authority("province")
    mill.close()
    barred = opened_again(world, mill, OPERATOR)
    assert barred.outcome is not None
    assert barred.outcome["code"] == "reopening_not_yours"
    assert barred.outcome["facts"] == {
        "budget": mill.told()["budget_id"],
        "allowed": ["province", "regulator"],
    }
    assert code_of(opened_again(world, mill, province)) is None
    mill.close()

    world.amend("fossil_budget", "feb.reopen_by", '"regulator,province"', '"regulator"')
    assert code_of(opened_again(world, mill, province)) == "reopening_not_yours"
    assert code_of(opened_again(world, mill, regulator)) is None


def test_doctor_finds_nothing_amiss_in_a_year_closed_three_times(database: Urls) -> None:
    """Statements are numbered one after the other, and each names the one before."""
    with opened_world(database.app) as world:
        mill = ready(world, 30)
        for count in (10, 5, 15):
            assert code_of(mill.offer(mill.retire(count))) is None
            assert code_of(mill.close()) is None
            assert code_of(opened_again(world, mill)) is None
        assert [n for n, _, _ in kept(world, mill)] == [1, 2, 3]
    assert examine(database.owner, "registry") == []
