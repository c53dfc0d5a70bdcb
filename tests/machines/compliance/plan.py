"""What the plan gives, on half a page: its figures typed in again, exact fractions, no code of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final, Literal, TypeAlias

Sector: TypeAlias = Literal["power", "steel"]
Figures: TypeAlias = Mapping[str, Mapping[str, Decimal]]
"""Of each installation, by code: what is entered for a year, by name."""

BALANCE: Final = Decimal("1.60")
"""Balance value of steel in both years, in t CO2 per t of product."""
_COAL: Final = {2025: ("0.7902", "0.1027"), 2026: ("0.7894", "0.1021")}
_SMALL: Final = {2025: ("0.8017", "0.1027"), 2026: ("0.7985", "0.1021")}
_GAS: Final = ("0.3288", "0.0533")


@dataclass(frozen=True, slots=True)
class Unit:
    """An installation: its code, its class, and the word that makes it special."""

    code: str
    cls: str
    special: str | None = None


def given(
    sector: Sector, units: tuple[Unit, ...], year: int, figures: Figures, verified: int
) -> int:
    """Work out a year on its figures. Source: 2025-2026年度配额总量和分配方案, 征求意见稿."""
    total = sum(of_unit(unit, year, figures[unit.code]) for unit in units)
    return max(total, floor(Fraction(4, 5) * verified)) if sector == "power" else total


def of_unit(unit: Unit, year: int, figures: Mapping[str, Decimal]) -> int:
    """Work out one installation: by benchmark, by alpha, or as much as was emitted."""
    if unit.special:
        return floor(figures["emissions_t"])
    if unit.cls == "steel":
        return floor(Fraction(figures["emissions_t"]) * (1 + alpha(figures["intensity"])))
    coal = _COAL if unit.cls == "power_above_300mw" else _SMALL
    power, heat = _GAS if unit.cls == "power_gas" else coal[year]
    total = floor(Fraction(figures["qe_mwh"]) * Fraction(power))
    total += floor(Fraction(figures["qh_gj"]) * Fraction(heat))
    return max(total, floor(figures["emissions_t"])) if unit.cls == "power_gas" else total


def alpha(intensity: Decimal) -> Fraction:
    """Give 0.15 of the distance from the balance value, 0.03 from a fifth on, either way."""
    distance = 1 - Fraction(intensity) / Fraction(BALANCE)
    if abs(distance) >= Fraction(1, 5):
        return Fraction(3, 100) if distance > 0 else Fraction(-3, 100)
    return Fraction(15, 100) * distance


def early(sector: Sector, year: int, before: int) -> int | None:
    """Give half of the year before, rounded down; None where no ratio was read."""
    return None if (sector, year) == ("steel", 2025) else before // 2


def carried(held: int, sold: int, bought: int) -> int:
    """Give 10,000 t and 1.5 times what was sold on balance, never more than was held."""
    return min(held, 10_000 + 3 * max(0, sold - bought) // 2)
