"""Faults to plant in what a unit reports of its energy, and in what others confirm of it."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

FUELS: Final = "tests/settlement/test_energy_fuels.py"
POWER: Final = "tests/settlement/test_energy_power.py"
CONFIRMED: Final = "tests/settlement/test_confirmations.py"
_AT: Final = "settlement/fossil_budget/energy"

ENERGY: Final = (
    one(
        "a stock that nothing filled lowers the charge",
        f"{FUELS}::test_a_stock_that_was_never_there_is_refused",
        f"{_AT}/fuels.py",
        "    if out > line.came_in:",
        "    if out > line.came_in + line.stock_close:",
    ),
    one(
        "any fuel may be sold beyond what came in",
        f"{FUELS}::test_no_more_of_a_fuel_leaves_than_came_in",
        f"{_AT}/fuels.py",
        "line.fuel in factors.by_products and not line.produced",
        "not line.produced or line.fuel in factors.by_products",
    ),
    one(
        "gas made on site is counted again where it is burnt",
        f"{FUELS}::test_gas_made_on_site_is_not_counted_again_and_leaves_when_sold",
        f"{_AT}/fuels.py",
        "        used -= line.produced",
        "        used -= ZERO",
    ),
    one(
        "coal from the own mine is not counted",
        f"{FUELS}::test_what_is_dug_is_counted",
        f"{_AT}/fuels.py",
        "    if line.fuel in factors.made:",
        "    if line.produced:",
    ),
    one(
        "feedstock sold as fuel stays taken off",
        f"{FUELS}::test_feedstock_sold_as_fuel_comes_back",
        f"{_AT}/fuels.py",
        "        return self.feedstock - self.feedstock_sold_as_fuel",
        "        return self.feedstock",
    ),
    one(
        "a gas is taken by weight",
        f"{FUELS}::test_a_unit_that_does_not_measure_the_fuel_is_refused",
        f"{_AT}/coefficients.py",
        "        if found != counted_in:",
        "        if found is None:",
    ),
    one(
        "ten thousand tonnes are a thousand",
        f"{FUELS}::test_a_large_unit_does_not_lift_the_bound_of_a_years_fuel",
        f"{_AT}/coefficients.py",
        '"万t": ("t", Decimal(10_000)),',
        '"万t": ("t", Decimal(1_000)),',
    ),
    one(
        "energy of storage is charged, and makes no room",
        f"{POWER}::test_what_charges_storage_is_offtake_where_the_rules_say_so",
        "settlement/fossil_budget/statement.py",
        "    electricity = with_storage(case.consumption.electricity, factors)",
        "    electricity = case.consumption.electricity",
    ),
    one(
        "non-fossil power forgets what was used on the spot",
        f"{POWER}::test_what_is_not_non_fossil_is_charged",
        f"{_AT}/electricity.py",
        "        return electricity.physical_kwh + traded_kwh",
        "        return traded_kwh",
    ),
    one(
        "a gigajoule is a million joules",
        f"{POWER}::test_heat_comes_in_megajoules_or_gigajoules",
        f"{_AT}/heat.py",
        "MJ_PER_GJ: Final = 1_000",
        "MJ_PER_GJ: Final = 1",
    ),
    one(
        "the first confirmation of a part stands, not the last",
        f"{CONFIRMED}::test_the_last_version_of_each_part_stands",
        "settlement/fossil_budget/confirming.py",
        "c.version.desc()",
        "c.version",
    ),
    one(
        "more is confirmed as traded than was taken from the grid",
        f"{CONFIRMED}::test_more_traded_energy_than_was_taken_is_not_confirmed",
        "settlement/fossil_budget/confirming.py",
        "    if order.kwh.get(TRADED, 0) > offtake:",
        "    if order.kwh.get(TRADED, 0) > 2 * offtake:",
    ),
    one(
        "a closing does not notice a confirmation that came between",
        f"{CONFIRMED}::test_a_closing_decided_before_a_confirmation_is_decided_again",
        "settlement/fossil_budget/confirming.py",
        '        event_of(on_file, "confirm", event),\n',
        "",
    ),
)
