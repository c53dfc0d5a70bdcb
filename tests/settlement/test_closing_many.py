"""Closing many budgets in one group: as one by one, and who is left open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from settlement.fossil_budget.closing_many import check_many, close_many
from settlement.refusals import BudgetUnknown
from tests.registry import OPERATOR, code_of, rows
from tests.settlement.mill import (
    TRADED,
    Mill,
    World,
    opened_world,
    result,
    share_out,
    sharing_rules,
    steel,
    two_persons,
)
from tests.settlement.test_closing import document, ready
from tests.settlement.test_many_budgets import counted

OWN = {"budget_id", "party_id", "credit_code", "inputs", "traded", "recognised"}


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def together(world: World, *mills: Mill) -> dict[str, Any]:
    """Have two persons close the mills' years together."""
    numbers = [mill.budget for mill in mills]
    return result(two_persons(world.registry, lambda r, a: close_many(r, a, numbers)))


def twin(world: World) -> Mill:
    """Give a mill like any other: 50 certificates retired, 7 of green power held."""
    mill = ready(world, 50)
    world.sell(mill, 7, "green_power")
    assert code_of(mill.offer(mill.retire(50))) is None
    return mill


def test_closed_together_is_as_closed_one_by_one(world: World) -> None:
    """The same statement but for the names; green power retired for each."""
    alone, first, second = twin(world), twin(world), twin(world)
    alone.close()
    told = together(world, first, second)

    assert [row["budget_id"] for row in told["closed"]] == [
        mill.told()["budget_id"] for mill in (first, second)
    ]
    assert told["left_open"] == []
    want = {k: v for k, v in document(world, alone).items() if k not in OWN}
    for mill in (first, second):
        assert {k: v for k, v in document(world, mill).items() if k not in OWN} == want
        assert [run["count"] for run in document(world, mill)["traded"]] == ["7"]
    assert rows(world.url, "SELECT count(*) FROM retirement WHERE quantity = 7") == [(3,)]


def test_who_is_not_ready_stays_open_and_is_told_why(world: World) -> None:
    """No report, nothing confirmed, closed before: the others are closed all the same."""
    silent, doubted, done, good = world.mill(), steel(world), ready(world), ready(world)
    silent.set()
    done.close()
    told = together(world, silent, doubted, done, good)

    assert [row["code"] for row in told["left_open"]] == [
        "consumption_missing",
        "traded_unconfirmed",
        "budget_closed",
    ]
    assert told["left_open"][1]["facts"]["other_traded_kwh"] == TRADED
    assert [row["status"] for row in told["closed"]] == ["NOT_MET"]
    assert (good.told()["state"], doubted.told()["state"]) == ("closed", "open")


def test_one_of_those_who_share_a_cap_is_recognised_anew_in_a_group(world: World) -> None:
    """The cap has room for both only once: the second is closed apart, and counts what is left."""
    world.cap(0)
    first, second = ready(world, 80), ready(world, 80)
    for mill in (first, second):
        mill.offer(mill.retire(80))
    world.cap(100)

    told = together(world, first, second)
    assert [row["code"] for row in told["left_open"]] == ["closed_apart"]
    assert first.told()["certificates"] == 80
    again = together(world, second)
    assert [row["status"] for row in again["closed"]] == ["NOT_MET"]
    assert second.told()["certificates"] == 20


def test_who_shares_no_free_room_is_closed_together(world: World) -> None:
    """What a cap's sharing out gave each of them was recognised then: their closings move nothing."""
    world.cap(50)
    world.registry.adopt(sharing_rules())
    first, second = ready(world, 60), ready(world, 40)
    first.offer(first.retire(60))
    second.offer(second.retire(40))
    result(share_out(world.registry))

    told = together(world, first, second)
    assert (len(told["closed"]), told["left_open"]) == (2, [])
    assert [mill.told()["certificates"] for mill in (first, second)] == [30, 20]


def test_who_waits_for_room_is_closed_after_those_who_give_it_back(world: World) -> None:
    """Green power bought since leaves less for certificates; whom the cap cut counts that much more."""
    world.cap(50)
    first, second = ready(world, 50), ready(world, 20)
    first.charge({"electricity": {"grid_offtake_kwh": 50_000}})
    first.offer(first.retire(50))
    second.offer(second.retire(20))
    world.sell(first, 10, "green_power")

    told = together(world, first, second)
    assert [row["code"] for row in told["left_open"]] == ["closed_apart"]
    assert first.told()["certificates"] == 40
    together(world, second)
    assert second.told()["certificates"] == 10


def test_many_closings_are_decided_in_as_many_statements_as_one(world: World) -> None:
    """Whatever their number: what is on file, the facts, the acts behind them, and one for balances."""
    mills = [twin(world), twin(world), twin(world)]
    costs = []
    with world.registry.desk.reader() as read:
        for some in (mills[:1], mills):
            with counted(read) as said:
                close_many(read, OPERATOR, [mill.budget for mill in some])
            costs.append(len(said))
        with pytest.raises(BudgetUnknown):
            check_many(read, [mills[0].budget, 1])

    assert costs == [15, 15]


def test_doctor_finds_nothing_amiss_in_a_group(database: Urls) -> None:
    """And the group is one: it holds as many closings as budgets."""
    with opened_world(database.app) as world:
        mills = [twin(world), ready(world), twin(world)]
        together(world, *mills)
        query = "SELECT count(*), count(DISTINCT grp) FROM journal WHERE kind = 'budget.close'"
        assert rows(world.url, query) == [(3, 1)]
        assert json.loads(json.dumps(document(world, mills[1])))["traded"] == []
    assert examine(database.owner, "registry") == []
