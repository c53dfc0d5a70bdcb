"""What a fossil budget refuses: alone, too early, too late, or without what it must rest on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.database import Urls
from schemas.identifiers import IdPrefix, encode_id
from settlement.fossil_budget import book
from settlement.fossil_budget.book import BudgetOrder
from settlement.registration import DocumentOrder, store_document
from tests.registry import OPERATOR, code_of
from tests.settlement.mill import (
    BUDGET,
    STEEL,
    TRADED,
    YEAR,
    Mill,
    World,
    opened_world,
    result,
    steel,
)


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def test_a_budget_is_set_and_closed_by_two_persons(world: World) -> None:
    """One person alone is told to find another."""
    mill = steel(world)
    mill.confirm(traded=TRADED)
    order = BudgetOrder(mill.party, YEAR, 1, "net", "doc 2")
    alone = world.registry.ask(OPERATOR, lambda r, a: book.set_budget(r, a, order))
    assert code_of(alone) == "approval_needed"
    alone = world.registry.ask(OPERATOR, lambda r, a: book.close(r, a, mill.budget))
    assert code_of(alone) == "approval_needed"


def test_a_closed_budget_stays_as_it_was_told(world: World) -> None:
    """Nothing changes it, not even a new k; its statement is kept."""
    mill = steel(world, 5)
    mill.confirm(traded=TRADED)
    closed = result(mill.close())
    kept = mill.told()
    world.factor("k", "0")

    assert (kept["state"], kept["status"], kept["restate_due"]) == ("closed", "NOT_MET", False)
    assert kept == {name: closed[name] for name in kept}
    assert mill.told() == kept
    refused = [mill.set(), mill.charge(), mill.offer(mill.retire(1)), mill.auto(), mill.close()]
    assert [code_of(answer) for answer in refused] == ["budget_closed"] * 5


def test_closing_restates_first(world: World) -> None:
    """What changed since the last act is posted before the status is read off the account."""
    mill = steel(world)
    mill.confirm(traded=TRADED)
    world.factor("k", "0.999999999")
    assert result(mill.close())["status"] == "MET"
    assert mill.balance() >= 0


def test_nothing_is_offset_or_closed_before_a_report(world: World) -> None:
    """A budget without consumption is told as it was decided."""
    mill = world.mill()
    mill.set()
    told = mill.told()
    assert (told["status"], told["balance_gce"]) == ("NOT_REPORTED", BUDGET)
    refused = [mill.offer(), mill.auto(), mill.close()]
    assert [code_of(answer) for answer in refused] == ["consumption_missing"] * 3


def test_k_comes_from_the_regulator_or_nothing_is_charged(world: World) -> None:
    """A province without k cannot charge its units."""
    party = world.registry.party("key_energy_unit", province="13")
    mill = Mill(world.registry, party, world.registry.account(party, "user"), "")
    mill.set()
    assert code_of(mill.charge()) == "factor_missing"


def test_evidence_must_be_on_file(world: World) -> None:
    """Documents of the unit are named in the report; others are not known."""
    mill = world.mill()
    mill.set()
    order = DocumentOrder(mill.party, "report", "text/plain", b"report")
    stored = world.registry.ask(OPERATOR, lambda r, a: store_document(r, a, order))
    name = result(stored)["document_id"]

    assert code_of(mill.charge(STEEL | {"document_ids": [name]})) is None
    strange = encode_id(IdPrefix.DOCUMENT, 7)
    assert code_of(mill.charge(STEEL | {"document_ids": [strange]})) == "evidence_unknown"


def test_unknown_budgets_and_units_are_refused(world: World) -> None:
    """Nothing is made up for a number that is not on file."""
    stray = Mill(world.registry, 99, 0, "", budget=99)
    assert code_of(stray.charge()) == "budget_unknown"
    assert code_of(stray.set()) == "party_unknown"
