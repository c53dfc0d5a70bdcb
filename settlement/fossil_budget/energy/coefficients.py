"""What the rules of a budget year say of fuels, heat and electricity: factors, units, what may leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from ledger.rules.open_point import OpenPoint, of_parameter
from ledger.rules.rulebook import Parameter, RulebookInvalid, Rules
from settlement.fossil_budget.energy.arithmetic import ONE, exact
from settlement.refusals import FuelUnitWrong, FuelUnknown

# Factors are given per kg or per m³, quantities are counted in t or in m³.
_GCE_PER_KGCE: Final = {"kg": 1_000_000, "m3": 1_000}
_COUNTED_IN: Final = {"kg": "t", "m3": "m3"}
_FUEL: Final = "feb.fuel."

UNITS: Final[Mapping[str, tuple[str, Decimal]]] = {
    "t": ("t", Decimal(1)),
    "kg": ("t", Decimal("0.001")),
    "万t": ("t", Decimal(10_000)),
    "m3": ("m3", Decimal(1)),
    "万m3": ("m3", Decimal(10_000)),
}
"""Units a fuel may be reported in: what each is counted in, and how much of that it is."""


@dataclass(frozen=True, slots=True)
class FuelFactor:
    """A standard-coal factor: kgce per kg of fuel, or per m³ (`m3`) of gas; `code` is for reporting.

    `code_open` says what of the code was not read in the official table.
    """

    value: Decimal
    per: str
    code: str | None = None
    code_open: OpenPoint | None = None

    @property
    def gce_per_kgce(self) -> int:
        """Scale from a kgce per kg, or per m³, to gce per t, or per m³."""
        return _GCE_PER_KGCE[self.per]

    @property
    def counted_in(self) -> str:
        """Name the unit of quantities: t, or m3 for gases."""
        return _COUNTED_IN[self.per]


@dataclass(frozen=True, slots=True)
class Coefficients:
    """What turns quantities of one budget year into coal equivalent.

    One electricity factor serves the counting and the offset alike, so the two cannot differ.
    `by_products` may be sold beyond what came in; what was `made` on site of fuel that counts
    already is not counted again; `products` are what feedstock may become.
    """

    year: int
    fuels: Mapping[str, FuelFactor]
    kj_per_kgce: int
    heat_kgce_per_mj: Decimal
    electricity_tce_per_mwh: Decimal
    kwh_per_certificate: int
    by_products: frozenset[str]
    made: frozenset[str]
    products: frozenset[str]
    feedstock_deducted: bool
    storage_is_offtake: bool

    @property
    def gce_per_kwh(self) -> Decimal:
        """Convert the electricity factor: 0.1229 tce/MWh is 122.9 gce/kWh."""
        with exact():
            return self.electricity_tce_per_mwh * 1000

    def fuel(self, name: str) -> FuelFactor:
        """Give the factor of a fuel, or refuse with `FuelUnknown`."""
        if name not in self.fuels:
            raise FuelUnknown(name, self.year)
        return self.fuels[name]

    def per_unit(self, fuel: str, unit: str | None) -> Decimal:
        """Say how many t, or m³, one unit is in which a fuel was reported; none named is those.

        Raises:
            FuelUnknown: there is no such fuel.
            FuelUnitWrong: the unit is unknown, or measures a gas by weight or a solid by volume.
        """
        counted_in = self.fuel(fuel).counted_in
        if unit is None:
            return ONE
        found, scale = UNITS.get(unit, (None, ONE))
        if found != counted_in:
            raise FuelUnitWrong(fuel, unit, counted_in)
        return scale


@lru_cache(maxsize=16)
def coefficients(rules: Rules, year: int) -> Coefficients:
    """Read the factors in force for a budget year; thousands of budgets share them.

    Raises:
        NotInForce: a rulebook needed does not cover the year.
        RulebookInvalid: a factor has a unit that this arithmetic does not know.
    """
    key = date(year, 1, 1)
    factors = (name for name in rules.names(_FUEL) if name.endswith(".factor"))
    spans = (rules.find(name, key) for name in factors)
    by_products = rules.words("feb.by_products", key)
    return Coefficients(
        year=year,
        fuels={_fuel(span.name): _factor(span, rules, key) for span in spans if span is not None},
        kj_per_kgce=rules.integer("feb.kgce_kj", key),
        heat_kgce_per_mj=rules.decimal("feb.heat.factor", key),
        electricity_tce_per_mwh=rules.decimal("feb.c_e", key),
        kwh_per_certificate=rules.integer("gec.kwh_per_cert", key),
        by_products=by_products,
        made=by_products | rules.words("feb.secondary_gases", key),
        products=rules.words("feb.feedstock_products", key),
        feedstock_deducted=rules.flag("feb.feedstock_deducted", key),
        storage_is_offtake=rules.text("acc.storage_charge", key) == "grid_offtake",
    )


def fuel_parameter(fuel: str) -> str:
    """Name the rulebook's parameter with the factor of a fuel."""
    return f"feb.fuel.{fuel}.factor"


def _fuel(name: str) -> str:
    return name.removeprefix(_FUEL).removesuffix(".factor")


def _factor(span: Parameter, rules: Rules, key: date) -> FuelFactor:
    per = span.unit.removeprefix("kgce/")
    if per not in _GCE_PER_KGCE or not isinstance(span.value, Decimal):
        raise RulebookInvalid("wrong_kind", span.name)
    fuel = _fuel(span.name)
    unit, code = (
        rules.find(name, key) for name in (f"feb.fuel.{fuel}.unit", f"feb.fuel.{fuel}.code")
    )
    found = FuelFactor(span.value, per, *_code(code))
    if unit is not None and unit.value != found.counted_in:
        raise RulebookInvalid("wrong_kind", unit.name)
    return found


def _code(span: Parameter | None) -> tuple[str | None, OpenPoint | None]:
    if span is None:
        return None, None
    return str(span.value), None if span.evidence == "found" else of_parameter(span)
