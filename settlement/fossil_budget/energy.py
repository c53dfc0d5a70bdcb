"""What a unit consumed in its budget year, and how much coal equivalent each of it is."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, localcontext

from ledger.rules.rulebook import Parameter, RulebookInvalid, Rules
from settlement.refusals import (
    EnergyQuantityInvalid,
    FeedstockAboveUse,
    FossilDirectBelowZero,
    FossilShareInvalid,
    FuelQuantityInvalid,
    FuelUnknown,
    HeatValueInvalid,
    TradedAboveOfftake,
)

ZERO = Decimal(0)
ONE = Decimal(1)
QUANTITY_DECIMALS = 3
RATIO_DECIMALS = 9
# No unit's year comes near these, and sums of parts stay within a bigint of grams.
FUEL_MAX = Decimal(10**10)
HEAT_VALUE_MAX_KJ = Decimal(200_000)
HEAT_MAX_MJ = Decimal(10**14)
ELECTRICITY_MAX_KWH = 10**14

# Factors are given per kg or per m³, quantities in t or in m³.
_GCE_PER_KGCE = {"kg": 1_000_000, "m3": 1_000}
# Wide enough that sums and products of reported figures never round; if one did, it is our fault.
_EXACT = Context(prec=120, traps=[Inexact, InvalidOperation, DivisionByZero])
# The one division, by kJ per kgce, may not end; 60 digits leave no doubt about any whole gram.
_QUOTIENT = Context(prec=60, traps=[InvalidOperation, DivisionByZero])


def exact() -> AbstractContextManager[Context]:
    """Open a context in which decimal arithmetic is exact, or fails."""
    return localcontext(_EXACT)


@dataclass(frozen=True, slots=True)
class FuelLine:
    """What happened to one fuel; t, or m³ for gases, in at most 3 decimals.

    A by-product that was made and sold is a line with `sold` alone, and counts below zero.
    `heat_value_kj_per_unit` is measured, in kJ per kg or per m³, and replaces the table's factor.
    """

    fuel: str
    purchased: Decimal = ZERO
    stock_open: Decimal = ZERO
    stock_close: Decimal = ZERO
    sold: Decimal = ZERO
    feedstock: Decimal = ZERO
    heat_value_kj_per_unit: Decimal | None = None

    @property
    def available(self) -> Decimal:
        """Count what came in and stayed: bought or from stock, not sold, not stored."""
        return self.purchased + self.stock_open - self.stock_close - self.sold

    @property
    def burnt(self) -> Decimal:
        """Count what was used as fuel; below zero if more left than came in."""
        return self.available - self.feedstock


@dataclass(frozen=True, slots=True)
class Electricity:
    """Grid offtake, energy recognised physically, and traded energy that is not in the ledger."""

    grid_offtake_kwh: int = 0
    physical_kwh: int = 0
    other_traded_kwh: int = 0


@dataclass(frozen=True, slots=True)
class Heat:
    """Purchased heat, and the share of it that was made from fossil fuel."""

    purchased_mj: Decimal = ZERO
    fossil_share: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Consumption:
    """All energy of one unit in one budget year."""

    fuels: tuple[FuelLine, ...] = ()
    electricity: Electricity = Electricity()
    heat: Heat = Heat()


@dataclass(frozen=True, slots=True)
class FuelFactor:
    """A standard-coal factor: kgce per kg of fuel, or per m³ (`m3`) of gas."""

    value: Decimal
    per: str

    @property
    def gce_per_kgce(self) -> int:
        """Scale from a kgce per kg, or per m³, to gce per t, or per m³."""
        return _GCE_PER_KGCE[self.per]


@dataclass(frozen=True, slots=True)
class Coefficients:
    """What turns quantities of one budget year into coal equivalent.

    One electricity factor serves the counting and the offset alike, so the two cannot differ.
    """

    year: int
    fuels: Mapping[str, FuelFactor]
    kj_per_kgce: int
    heat_kgce_per_mj: Decimal
    electricity_tce_per_mwh: Decimal
    kwh_per_certificate: int

    @property
    def gce_per_kwh(self) -> Decimal:
        """Convert the electricity factor: 0.1229 tce/MWh is 122.9 gce/kWh."""
        with exact():
            return self.electricity_tce_per_mwh * 1000

    def fuel(self, code: str) -> FuelFactor:
        """Give the factor of a fuel, or refuse with `FuelUnknown`."""
        if code not in self.fuels:
            raise FuelUnknown(code, self.year)
        return self.fuels[code]


def coefficients(rules: Rules, year: int) -> Coefficients:
    """Read the factors in force for a budget year.

    Raises:
        NotInForce: a rulebook needed does not cover the year.
        RulebookInvalid: a factor has a unit that this arithmetic does not know.
    """
    key = date(year, 1, 1)
    factors = (name for name in rules.names("feb.fuel.") if name.endswith(".factor"))
    spans = (rules.find(name, key) for name in factors)
    return Coefficients(
        year=year,
        fuels={_code(span.name): _factor(span) for span in spans if span is not None},
        kj_per_kgce=rules.integer("feb.kgce_kj", key),
        heat_kgce_per_mj=rules.decimal("feb.heat.factor", key),
        electricity_tce_per_mwh=rules.decimal("feb.c_e", key),
        kwh_per_certificate=rules.integer("gec.kwh_per_cert", key),
    )


def fuel_parameter(code: str) -> str:
    """Name the rulebook's parameter with the factor of a fuel."""
    return f"feb.fuel.{code}.factor"


def check_consumption(consumption: Consumption, factors: Coefficients) -> None:
    """Refuse a report that cannot be true; fuels first, in the order given.

    Raises:
        FuelUnknown, FuelQuantityInvalid, HeatValueInvalid, FeedstockAboveUse: a line is wrong.
        EnergyQuantityInvalid, FossilShareInvalid: electricity or heat is.
        FossilDirectBelowZero: more fuel energy leaves the unit than enters it.
    """
    for line in consumption.fuels:
        _check_line(line, factors)
    _check_electricity(consumption.electricity)
    _check_heat(consumption.heat)
    if (direct := direct_gce(consumption.fuels, factors)) < 0:
        raise FossilDirectBelowZero(str(direct))


def check_traded(electricity: Electricity, traded_kwh: int) -> None:
    """Refuse traded energy above the offtake with `TradedAboveOfftake`."""
    if traded_kwh > electricity.grid_offtake_kwh:
        raise TradedAboveOfftake(electricity.grid_offtake_kwh, traded_kwh)


def direct_gce(lines: Sequence[FuelLine], factors: Coefficients) -> Decimal:
    """Add up the fuels burnt.

    Lines with a measured heat value are added in kJ and divided once, so that a sum which is a
    whole number of grams comes out as one.
    """
    with exact():
        tabled = sum((_tabled_gce(line, factors) for line in lines), ZERO)
        measured_kj = sum((_measured_kj(line, factors) for line in lines), ZERO)
        return tabled + _QUOTIENT.divide(measured_kj, Decimal(factors.kj_per_kgce))


def heat_gce(heat: Heat, factors: Coefficients) -> Decimal:
    """Convert the fossil share of purchased heat."""
    with exact():
        return heat.purchased_mj * heat.fossil_share * factors.heat_kgce_per_mj * 1000


def is_ratio(value: Decimal) -> bool:
    """Say whether a value is within 0 and 1, and not finer than the arithmetic allows for."""
    return _fits(value, RATIO_DECIMALS, ONE)


def _code(name: str) -> str:
    return name.removeprefix("feb.fuel.").removesuffix(".factor")


def _factor(span: Parameter) -> FuelFactor:
    per = span.unit.removeprefix("kgce/")
    if per not in _GCE_PER_KGCE or not isinstance(span.value, Decimal):
        raise RulebookInvalid("wrong_kind", span.name)
    return FuelFactor(span.value, per)


def _tabled_gce(line: FuelLine, factors: Coefficients) -> Decimal:
    if line.heat_value_kj_per_unit is not None:
        return ZERO
    factor = factors.fuel(line.fuel)
    return line.burnt * factor.value * factor.gce_per_kgce


def _measured_kj(line: FuelLine, factors: Coefficients) -> Decimal:
    """Give a measured line's energy, scaled so that dividing by kJ per kgce yields gce."""
    if line.heat_value_kj_per_unit is None:
        return ZERO
    return line.burnt * line.heat_value_kj_per_unit * factors.fuel(line.fuel).gce_per_kgce


def _check_line(line: FuelLine, factors: Coefficients) -> None:
    factors.fuel(line.fuel)
    for field in ("purchased", "stock_open", "stock_close", "sold", "feedstock"):
        quantity: Decimal = getattr(line, field)
        if not _fits(quantity, QUANTITY_DECIMALS, FUEL_MAX):
            raise FuelQuantityInvalid(line.fuel, field, str(quantity))
    measured = line.heat_value_kj_per_unit
    if measured is not None and not (
        _fits(measured, QUANTITY_DECIMALS, HEAT_VALUE_MAX_KJ) and measured
    ):
        raise HeatValueInvalid(line.fuel, str(measured))
    if line.feedstock and line.feedstock > line.available:
        raise FeedstockAboveUse(line.fuel, str(line.feedstock), str(line.available))


def _check_electricity(electricity: Electricity) -> None:
    for field in ("grid_offtake_kwh", "physical_kwh", "other_traded_kwh"):
        quantity: int = getattr(electricity, field)
        if not 0 <= quantity <= ELECTRICITY_MAX_KWH:
            raise EnergyQuantityInvalid(field, str(quantity))


def _check_heat(heat: Heat) -> None:
    if not _fits(heat.purchased_mj, QUANTITY_DECIMALS, HEAT_MAX_MJ):
        raise EnergyQuantityInvalid("purchased_mj", str(heat.purchased_mj))
    if not is_ratio(heat.fossil_share):
        raise FossilShareInvalid(str(heat.fossil_share))


def _fits(value: Decimal, decimals: int, largest: Decimal) -> bool:
    """Say whether a value is finite, at least zero, not above the largest, and not too fine."""
    if not value.is_finite() or not ZERO <= value <= largest:
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -decimals
