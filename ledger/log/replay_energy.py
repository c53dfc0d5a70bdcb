"""A unit's coal equivalent as a report and the rules of its year make it, exactly. Pure.

The auditor's own arithmetic, in fractions; the registry's is in decimals. Sources: GB/T 2589-2020 (factors),
发改环资〔2022〕803号 (feedstock), 发改能源〔2026〕622号 annex 3 (electricity).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

from ledger.rules.rulebook import Rules

FLOWS: Final = (
    "purchased", "stock_open", "stock_close", "sold", "feedstock", "produced", "lost",
    "feedstock_sold_as_fuel",
)  # fmt: skip
MEASURED: Final = "heat_value_kj_per_unit"
STORAGE: Final = "storage_charge_kwh"
_UNITS: Final = {
    "t": ("kgce/kg", Fraction(1)),
    "kg": ("kgce/kg", Fraction(1, 1000)),
    "万t": ("kgce/kg", Fraction(10_000)),
    "m3": ("kgce/m3", Fraction(1)),
    "万m3": ("kgce/m3", Fraction(10_000)),
}
_GRAMS: Final = {"kgce/kg": 1_000_000, "kgce/m3": 1_000}
_TAKEN_OFF: Final = frozenset({"traded", "certificate"})
_DECIMALS: Final = 9


@dataclass(frozen=True, slots=True)
class Year:
    """The rules of a budget year. Whatever is asked raises `NotInForce` where they say nothing."""

    rules: Rules
    key: date

    @property
    def kwh_per_certificate(self) -> int:
        """Tell how much energy a certificate stands for."""
        return self.rules.integer("gec.kwh_per_cert", self.key)

    @property
    def last_day(self) -> str:
        """Tell the day after which a retirement comes too late; one after all days where there is none."""
        until = self.text("acc.late_retirement_until")
        return "9999-12-31" if until == "none" else f"{self.key.year + 1}-{until}"

    @property
    def gce_per_kwh(self) -> Fraction:
        """Tell what a kWh counts: a tce per MWh is a thousand gce."""
        return Fraction(self.rules.decimal("feb.c_e", self.key)) * 1000

    def text(self, name: str) -> str:
        """Give a word, or a sentence."""
        return self.rules.text(name, self.key)

    def words(self, name: str) -> frozenset[str]:
        """Give a set of words."""
        return self.rules.words(name, self.key)

    def factor(self, fuel: str) -> tuple[Fraction, str]:
        """Give the table's factor of a fuel, and its unit; `LookupError` where there is none."""
        found = self.rules.find(f"feb.fuel.{fuel}.factor", self.key)
        if found is None:
            raise LookupError(fuel)
        return Fraction(str(found.value)), found.unit


@dataclass(frozen=True, slots=True)
class Flows:
    """What happened to one fuel, in the unit of its line."""

    came: Fraction
    left: Fraction
    produced: Fraction
    feedstock: Fraction
    material: Fraction

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Flows:
        """Read a line; what it leaves out is nothing."""
        told = {name: Fraction(line.get(name, 0)) for name in FLOWS}
        return cls(
            came=told["purchased"] + told["stock_open"] + told["produced"],
            left=told["stock_close"] + told["sold"] + told["lost"],
            produced=told["produced"],
            feedstock=told["feedstock"],
            material=told["feedstock"] - told["feedstock_sold_as_fuel"],
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """What counts of electricity: kWh from the grid, and traded of it; the province's k."""

    offtake: int
    traded: int
    k: Fraction


def offtake_of(electricity: Mapping[str, Any], year: Year) -> int:
    """Count what the grid gave, and what charged storage where the rules say so."""
    charged, stored = int(electricity["grid_offtake_kwh"]), int(electricity.get(STORAGE, 0))
    counts = stored and year.text("acc.storage_charge") == "grid_offtake"
    return charged + stored if counts else charged


def direct_gce(fuels: list[dict[str, Any]], year: Year) -> Fraction:
    """Add up fuels; those with a measured heat value by that."""
    made = year.words("feb.by_products") | year.words("feb.secondary_gases")
    deducted = year.rules.flag("feb.feedstock_deducted", year.key)
    total = Fraction(0)
    for line in fuels:
        (factor, unit), flows = year.factor(line["fuel"]), Flows.of(line)
        burnt = flows.came - flows.left - (flows.material if deducted else 0)
        burnt -= flows.produced if line["fuel"] in made else 0
        counted_by, scale = _UNITS[line["unit"]] if "unit" in line else (unit, Fraction(1))
        if counted_by != unit:
            raise LookupError(line["unit"])
        if MEASURED in line:
            factor = Fraction(line[MEASURED]) / year.rules.integer("feb.kgce_kj", year.key)
        total += burnt * scale * _GRAMS[unit] * factor
    return total


def heat_gce(heat: Mapping[str, Any], year: Year) -> Fraction:
    """Convert the fossil part of purchased heat."""
    factor = Fraction(year.rules.decimal("feb.heat.factor", year.key))
    return Fraction(heat["purchased_mj"]) * Fraction(heat["fossil_share"]) * factor * 1000


def parts_of(consumption: Mapping[str, Any], taken: Taken, year: Year) -> dict[str, Fraction]:
    """Work out what is charged, and what green power takes off, exactly, in gce."""
    grid_kwh = (1 - taken.k) * year.gce_per_kwh
    return {
        "direct": direct_gce(consumption["fuels"], year),
        "power": taken.offtake * grid_kwh,
        "heat": heat_gce(consumption["heat"], year),
        "traded": taken.traded * grid_kwh,
    }


def marginal_gce(taken: Taken, year: Year, mode: str) -> Fraction:
    """Count what one certificate takes off: in net, of what the province's share leaves alone."""
    share = 1 - taken.k if mode == "net" else Fraction(1)
    return share * year.gce_per_kwh * year.kwh_per_certificate


def gross_cap(taken: Taken, excess_gce: Fraction, year: Year) -> int | None:
    """Count the certificates that a cap in gross mode lets count in all; None where there is none."""
    of = year.text("feb.gross_cap")
    if of == "none":
        return None
    if of == "share_of_offtake":
        whole = Fraction(taken.offtake, year.kwh_per_certificate)
    else:
        whole = max(Fraction(0), excess_gce) / marginal_gce(taken, year, "gross")
    return floor(Fraction(year.rules.decimal("feb.gross_cap_share", year.key)) * whole)


def view(parts: Mapping[str, Fraction], budget_gce: int) -> dict[str, Any]:
    """Tell a mode: whole parts, each the step of the sum so far rounded up; what is left; the status."""
    told: dict[str, Any] = {}
    running = charged = Fraction(0)
    for name, part in parts.items():
        sign = -1 if name in _TAKEN_OFF else 1
        told[f"{name}_gce"] = str(sign * (ceil(running + sign * part) - ceil(running)))
        running += sign * part
        charged += 0 if name in _TAKEN_OFF else part
    met = "MET" if charged <= budget_gce else "MET_WITH_OFFSET"
    exact = {f"{name}_gce": spelt(part) for name, part in parts.items()}
    return told | {
        "balance_gce": str(budget_gce - ceil(running)),
        "status": "NOT_MET" if running > budget_gce else met,
        "exact": exact | {"fossil_gce": spelt(running)},
    }


def spelt(value: Fraction) -> str:
    """Spell an exact figure, cut after nine decimals."""
    digits = abs(value.numerator) * 10**_DECIMALS // value.denominator
    text = f"{digits:0{_DECIMALS + 1}d}"
    whole, rest = text[:-_DECIMALS], text[-_DECIMALS:].rstrip("0")
    return ("-" if value < 0 else "") + (f"{whole}.{rest}" if rest else whole)
