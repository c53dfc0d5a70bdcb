"""What a report leaves open: told beside the figures, never refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from ledger.database import Urls
from settlement.fossil_budget.energy import Consumption, FuelLine
from settlement.fossil_budget.gaps import Gap, GapKind, gaps
from tests.settlement.fossil_cases import factors
from tests.settlement.mill import World, opened_world

TEN, SIX = Decimal(10), Decimal(6)


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def test_feedstock_that_became_nobody_says_what_is_told() -> None:
    """In tonnes, over all lines of the fuel; a product that is named leaves nothing open."""
    unnamed = FuelLine("raw_coal", purchased=TEN, feedstock=SIX)
    rich = replace(unnamed, heat_value_kj_per_unit=Decimal(25_000), unit="kg")
    named = FuelLine("lng", purchased=TEN, feedstock=SIX, feedstock_product="ammonia")
    found = gaps(Consumption((unnamed, rich, named)), None, factors())

    assert found == (Gap(GapKind.FEEDSTOCK_PRODUCT_MISSING, "raw_coal", Decimal("6.006")),)


def test_a_stock_that_does_not_run_on_is_told() -> None:
    """Units do not matter; a fuel that vanished over the new year does; without a year before, nothing."""
    before = Consumption(
        (
            FuelLine("raw_coal", stock_close=TEN),
            FuelLine("diesel", stock_close=Decimal("0.006")),
            FuelLine("coke", stock_close=SIX),
            FuelLine("forgotten", stock_close=SIX),
        )
    )
    now = Consumption(
        (
            FuelLine("raw_coal", stock_open=SIX),
            FuelLine("diesel", stock_open=SIX, unit="kg"),
            FuelLine("lng", stock_open=SIX),
        )
    )

    assert gaps(now, None, factors()) == ()
    assert gaps(now, before, factors()) == (
        Gap(GapKind.STOCK_NOT_CONTINUED, "coke", Decimal(0), SIX),
        Gap(GapKind.STOCK_NOT_CONTINUED, "lng", SIX, Decimal(0)),
        Gap(GapKind.STOCK_NOT_CONTINUED, "raw_coal", SIX, TEN),
    )


def test_a_budget_tells_what_its_report_leaves_open(world: World) -> None:
    """Nothing of the steel mill's; of a plant's feedstock, that nobody says what it became."""
    mill = world.mill()
    mill.set()
    mill.charge()
    assert mill.told()["gaps"] == []
    mill.charge({"fuels": [{"fuel": "raw_coal", "purchased": "10", "feedstock": "6"}]})
    assert mill.told()["gaps"] == [
        {
            "gap": "feedstock_product_missing",
            "fuel": "raw_coal",
            "told": "6",
            "expected": None,
        }
    ]
