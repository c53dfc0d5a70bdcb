"""Fuels: units, stocks, by-products, what was made on site and what became material; and the laws."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.rules.rulebook import RulebookInvalid
from settlement.fossil_budget.energy import (
    FLOWS,
    UNITS,
    Consumption,
    FuelLine,
    burnt,
    check_consumption,
    coefficients,
    direct_gce,
)
from settlement.refusals import (
    FeedstockAboveUse,
    FeedstockProductUnknown,
    FeedstockSoldAboveFeedstock,
    FossilDirectBelowZero,
    FuelListedTwice,
    FuelOutAboveIn,
    FuelQuantityInvalid,
    FuelUnitWrong,
    StockNegative,
)
from tests.settlement.fossil_cases import YEAR, amended, factors, tce

SIGNS = {
    "purchased": 1,
    "stock_open": 1,
    "stock_close": -1,
    "sold": -1,
    "feedstock": -1,
    "produced": 1,
    "lost": -1,
    "feedstock_sold_as_fuel": 1,
}
"""Which way each quantity of a fuel that is dug, not made, moves the charge."""
SOLIDS = ["raw_coal", "coke", "diesel", "lng"]
AMOUNTS = st.decimals(0, 10**6, places=3)
LINES = st.builds(
    FuelLine,
    fuel=st.sampled_from([*SOLIDS, "natural_gas", "coal_tar", "cog"]),
    heat_value_kj_per_unit=st.none() | st.decimals(1, 200_000, places=3),
    **dict.fromkeys(FLOWS, AMOUNTS),
)


def line(fuel: str = "raw_coal", **quantities: int | str) -> FuelLine:
    """Write a line by its numbers."""
    numbers: dict[str, Any] = {name: Decimal(value) for name, value in quantities.items()}
    return FuelLine(fuel, **numbers)


def check(*lines: FuelLine) -> None:
    """Have a report of these fuels looked at."""
    check_consumption(Consumption(lines), factors())


# What may leave


def test_a_stock_that_was_never_there_is_refused() -> None:
    """A million tonnes of gas in a tank that nothing filled took 1,757,200 tce off a mill's charge."""
    with pytest.raises(FuelOutAboveIn) as refused:
        check(line("raw_coal", purchased=3_000_000), line("lng", stock_close=1_000_000))

    assert refused.value.facts() == {"fuel": "lng", "out": "1000000", "came_in": "0"}


@pytest.mark.parametrize("way", ["stock_close", "sold", "lost"])
@pytest.mark.parametrize("dug", [0, 2])
def test_no_more_of_a_fuel_leaves_than_came_in(way: str, dug: int) -> None:
    """To the thousandth, whether stored, sold or lost; whether bought, dug or taken from stock."""
    came = {"purchased": Decimal(5), "stock_open": Decimal(5 - dug), "produced": Decimal(dug)}
    check(replace(line(), **came, **{way: Decimal(10)}))  # type: ignore[arg-type]
    with pytest.raises(FuelOutAboveIn):
        check(replace(line(), **came, **{way: Decimal("10.001")}))  # type: ignore[arg-type]


def test_a_by_product_is_sold_beyond_what_came_in_but_not_stored() -> None:
    """Coal tar that nobody bought is sold; what is measured as produced bounds what leaves."""
    coal = line(purchased=1_000)
    check(coal, line("coal_tar", sold=100))
    check(coal, line("coal_tar", produced=100, sold=60, stock_close=40))
    for impossible in (
        line("coal_tar", stock_close=1),
        line("coal_tar", lost=1),
        line("coal_tar", produced=100, sold=101),
    ):
        with pytest.raises(FuelOutAboveIn):
            check(coal, impossible)


def test_by_products_hold_no_more_energy_than_the_fuels_they_were_made_from() -> None:
    """The sum bounds what no line does."""
    with pytest.raises(FossilDirectBelowZero):
        check(line(purchased=100), line("coal_tar", sold=100))


def test_one_fuel_stands_in_one_line_for_each_heat_value() -> None:
    """Two coals of two heat values are two; the same one twice is a slip of the pen."""
    rich, poor = (line(purchased=1, heat_value_kj_per_unit=kj) for kj in (25_000, 18_000))
    check(line(purchased=1), rich, poor)
    for twice in (line(purchased=1), rich):
        with pytest.raises(FuelListedTwice):
            check(twice, twice)


def test_a_stock_below_zero_is_called_what_it_is() -> None:
    """Field and quantity are named."""
    with pytest.raises(StockNegative) as refused:
        check(line(purchased=10, stock_open=-1))
    assert refused.value.facts() == {"fuel": "raw_coal", "field": "stock_open", "quantity": "-1"}


# What is counted once


def test_gas_made_on_site_is_not_counted_again_and_leaves_when_sold() -> None:
    """FEB-9: 100 m³ of coke-oven gas burnt where it was made add nothing; 30 sold are taken off."""
    assert burnt(line("cog", produced=100), factors()) == 0
    assert burnt(line("cog", produced=100, sold=30), factors()) == -30
    assert burnt(line("cog", purchased=20, produced=100, sold=30), factors()) == -10


def test_what_is_dug_is_counted() -> None:
    """A mine burns of its own coal what it does not sell."""
    assert burnt(line(produced=1_000, sold=950), factors()) == 50


def test_which_fuels_are_made_is_the_rulebooks_to_say() -> None:
    """Natural gas from a gasifier, if a rulebook says so; coal tar no longer, if it does not."""
    gas, tar = line("natural_gas", produced=10), line("coal_tar", sold=1)
    changed = coefficients(amended("feb.secondary_gases", "cog,bfg", "natural_gas"), YEAR)
    assert burnt(gas, factors()) == 10
    assert burnt(gas, changed) == 0
    without = coefficients(amended("feb.by_products", "coal_tar,", ""), YEAR)
    with pytest.raises(FuelOutAboveIn):
        check_consumption(Consumption((line(purchased=100), tar)), without)


# Feedstock


def test_feedstock_sold_as_fuel_comes_back() -> None:
    """V-6: of 600,000 t made into methanol, 100,000 were burnt by those who bought it."""
    coal = replace(line(purchased=1_000_000, feedstock=600_000), feedstock_product="alcohol")
    back = replace(coal, feedstock_sold_as_fuel=Decimal(100_000))
    check(coal, line("coke", purchased=1))
    check(back)

    assert direct_gce([coal], factors()) == tce("285720")
    assert direct_gce([back], factors()) == tce("357150")
    assert direct_gce([back], factors()) - direct_gce([coal], factors()) == tce("71430")


@pytest.mark.parametrize(
    "product", ["olefin", "aromatic", "alkyne", "alcohol", "ammonia", "other_803", None]
)
def test_feedstock_becomes_what_document_803_lists(product: str | None) -> None:
    """A report from before products were named still stands."""
    check(replace(line(purchased=10, feedstock=10), feedstock_product=product))


def test_coke_that_reduces_iron_is_no_feedstock() -> None:
    """The list of what is, is told."""
    with pytest.raises(FeedstockProductUnknown) as refused:
        check(replace(line("coke", purchased=10, feedstock=5), feedstock_product="pig_iron"))
    assert refused.value.products == "alcohol, alkyne, ammonia, aromatic, olefin, other_803"


def test_no_more_feedstock_than_there_was() -> None:
    """Nor is more of it sold as fuel than there was of it."""
    with pytest.raises(FeedstockAboveUse):
        check(line(purchased=10, sold=4, feedstock="6.001"))
    with pytest.raises(FeedstockSoldAboveFeedstock):
        check(line(purchased=10, feedstock=6, feedstock_sold_as_fuel="6.001"))


def test_whether_feedstock_is_taken_off_is_the_rulebooks_to_say() -> None:
    """Without the rule, material counts as fuel."""
    counted = coefficients(amended("feb.feedstock_deducted", "true", "false"), YEAR)
    assert burnt(line(purchased=10, feedstock=6), factors()) == 4
    assert burnt(line(purchased=10, feedstock=6), counted) == 10


# Units


@pytest.mark.parametrize(
    ("fuel", "unit", "counted_in"),
    [
        ("raw_coal", "m3", "t"),
        ("lng", "万m3", "t"),
        ("natural_gas", "t", "m3"),
        ("natural_gas", "kg", "m3"),
        ("raw_coal", "lb", "t"),
    ],
)
def test_a_unit_that_does_not_measure_the_fuel_is_refused(
    fuel: str, unit: str, counted_in: str
) -> None:
    """A solid has no volume here, a gas no weight; an unknown unit measures nothing."""
    with pytest.raises(FuelUnitWrong) as refused:
        check(FuelLine(fuel, unit=unit))
    assert refused.value.counted_in == counted_in


def test_a_large_unit_does_not_lift_the_bound_of_a_years_fuel() -> None:
    """Ten billion tonnes, however they are written."""
    check(replace(line(purchased=1_000_000), unit="万t"))
    with pytest.raises(FuelQuantityInvalid):
        check(replace(line(purchased="1000000.001"), unit="万t"))


def test_a_unit_that_contradicts_the_factor_is_no_rulebook() -> None:
    """A factor per kg goes with tonnes."""
    wrong = amended("feb.fuel.coke.unit", 'value = "t"', 'value = "m3"')
    with pytest.raises(RulebookInvalid):
        coefficients(wrong, YEAR)


# Laws


@given(line=LINES, unit=st.sampled_from(sorted(UNITS)))
def test_a_charge_is_the_same_in_any_unit(line: FuelLine, unit: str) -> None:
    """Converting and charging commute."""
    counted_in, scale = UNITS[unit]
    assume(counted_in == factors().fuel(line.fuel).counted_in)
    scaled = {name: getattr(line, name) * scale for name in FLOWS}

    told = replace(line, unit=unit)
    assert direct_gce([told], factors()) == direct_gce([replace(line, **scaled)], factors())


@given(lines=st.lists(LINES.filter(lambda line: line.heat_value_kj_per_unit is None), max_size=6))
def test_a_charge_is_the_sum_of_its_lines(lines: list[FuelLine]) -> None:
    """No line changes what another counts for."""
    assert direct_gce(lines, factors()) == sum(direct_gce([line], factors()) for line in lines)


@given(line=LINES, name=st.sampled_from(FLOWS), more=AMOUNTS)
def test_each_quantity_moves_a_charge_one_way(line: FuelLine, name: str, more: Decimal) -> None:
    """What comes in adds, what leaves takes off; what was made on site does neither."""
    after = replace(line, **{name: getattr(line, name) + more})
    change = direct_gce([after], factors()) - direct_gce([line], factors())
    sign = 0 if name == "produced" and line.fuel in factors().made else SIGNS[name]

    assert change * sign >= 0
    assert (change == 0) is (sign == 0 or more == 0)


@given(line=LINES)
def test_a_fuel_that_is_no_by_product_never_lowers_a_charge(line: FuelLine) -> None:
    """Whatever a report says of it, it is refused or counts at least nothing."""
    try:
        check(line)
    except (
        FuelOutAboveIn,
        FeedstockAboveUse,
        FeedstockSoldAboveFeedstock,
        FossilDirectBelowZero,
    ):
        return
    if line.fuel not in factors().by_products:
        assert direct_gce([line], factors()) >= 0


@given(amount=AMOUNTS, part=AMOUNTS)
def test_feedstock_sold_as_fuel_counts_as_fuel_burnt(amount: Decimal, part: Decimal) -> None:
    """Making it into something first changes nothing."""
    both = line(purchased=str(amount + part), feedstock=str(amount + part))
    sold = replace(both, feedstock_sold_as_fuel=part)

    assert direct_gce([sold], factors()) == direct_gce([line(purchased=str(part))], factors())
