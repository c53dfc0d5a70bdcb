"""What the allocation plan gives a power unit, and a firm of such units. Pure: figures in, tonnes out.

Source: 2023、2024年度全国碳排放权交易发电行业配额总量和分配方案; 2025-2026年度配额总量和分配方案,
征求意见稿. Every product is exact and rounded down once, as the draft says: each part to a whole tonne.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

from ledger.rules.rulebook import Rules

CLASSES: Final = {
    "power_above_300mw": "heat_coal",
    "power_to_300mw": "heat_coal",
    "power_unconventional": "heat_coal",
    "power_gas": "heat_gas",
}
"""Classes of units as the plan has them (I to IV), each with the benchmark of its heat."""
GAS: Final = "power_gas"


@dataclass(frozen=True, slots=True)
class PowerUnit:
    """A year of one unit: power supplied in MWh, heat in GJ, its verified emissions in t CO2e.

    The peak factor is never worked out here: it is entered with its document, or is 1.
    """

    cls: str
    power_mwh: Decimal
    heat_gj: Decimal
    peak_factor: Decimal = Decimal(1)
    emissions_t: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Worked:
    """A quantity in whole t CO2e, and its parts by name."""

    quantity: int
    parts: tuple[tuple[str, Decimal], ...]


def power(unit: PowerUnit, rules: Rules, key: date) -> Worked:
    """Work out a unit: floor(Qe·Be·Ff) + floor(Qh·Bh), a gas unit at least its verified emissions.

    Raises:
        NotInForce: no benchmark of the unit's class is in force for the compliance year.
    """
    electric = rules.decimal(f"cea.benchmark.{unit.cls}", key)
    heat = rules.decimal(f"cea.benchmark.{CLASSES[unit.cls]}", key)
    of_power = floor(Fraction(unit.power_mwh) * Fraction(electric) * Fraction(unit.peak_factor))
    of_heat = floor(Fraction(unit.heat_gj) * Fraction(heat))
    parts = [
        ("benchmark_power", electric),
        ("benchmark_heat", heat),
        ("power", Decimal(of_power)),
        ("heat", Decimal(of_heat)),
    ]
    quantity = of_power + of_heat
    lacking = floor(unit.emissions_t) - quantity
    if unit.cls == GAS and rules.flag("cea.gas_top_up", key) and lacking > 0:
        parts.append(("gas_top_up", Decimal(lacking)))
        quantity += lacking
    return Worked(quantity, tuple(parts))


def gap_capped(quantity: int, verified: int, rules: Rules, key: date) -> int:
    """Raise what a power firm gets to so much of its verified emissions that the gap is no larger.

    Raises:
        NotInForce: no cap of the gap is in force for the compliance year.
    """
    share = 1 - Fraction(rules.decimal("cea.gap_cap", key))
    return max(quantity, floor(share * verified))


def pre_allocated(ratio: Decimal, verified: Decimal) -> int:
    """Work out what is given early: a share of the year before's verified emissions, rounded down."""
    return floor(Fraction(ratio) * Fraction(verified))
