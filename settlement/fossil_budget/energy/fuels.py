"""Fuels: what came in, what left, what was made of it, and how much was burnt."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from settlement.fossil_budget.energy.arithmetic import (
    QUANTITY_DECIMALS,
    ZERO,
    exact,
    fits,
    quotient,
    total,
)
from settlement.fossil_budget.energy.coefficients import Coefficients
from settlement.refusals import (
    FossilDirectBelowZero,
    FuelListedTwice,
    FuelOutAboveIn,
    FuelQuantityInvalid,
    HeatValueInvalid,
    StockNegative,
)

# No unit's year comes near these, and sums of parts stay within a bigint of grams.
FUEL_MAX: Final = Decimal(10**10)
HEAT_VALUE_MAX_KJ: Final = Decimal(200_000)

STOCKS: Final = ("stock_open", "stock_close")
FLOWS: Final = (
    "purchased",
    *STOCKS,
    "sold",
    "feedstock",
    "produced",
    "lost",
    "feedstock_sold_as_fuel",
)
"""The quantities of a line, in the order in which they are written."""


@dataclass(frozen=True, slots=True)
class FuelLine:
    """What happened to one fuel; `unit` is t, or m³ for gases, unless named; at most 3 decimals.

    `produced` is what the unit made or dug itself, `lost` what left without being sold. Of the
    `feedstock`, what became fuel after all is told apart, and `feedstock_product` says what the
    rest became. `heat_value_kj_per_unit` is measured, in kJ per kg or per m³, and replaces the
    table's factor.
    """

    fuel: str
    purchased: Decimal = ZERO
    stock_open: Decimal = ZERO
    stock_close: Decimal = ZERO
    sold: Decimal = ZERO
    feedstock: Decimal = ZERO
    heat_value_kj_per_unit: Decimal | None = None
    unit: str | None = None
    produced: Decimal = ZERO
    lost: Decimal = ZERO
    feedstock_product: str | None = None
    feedstock_sold_as_fuel: Decimal = ZERO

    @property
    def came_in(self) -> Decimal:
        """Count what was bought, made, or taken from stock."""
        with exact():
            return self.purchased + self.stock_open + self.produced

    @property
    def left(self) -> Decimal:
        """Count what was stored, sold or lost."""
        with exact():
            return self.stock_close + self.sold + self.lost

    @property
    def material(self) -> Decimal:
        """Count what became neither fuel nor power, but material."""
        with exact():
            return self.feedstock - self.feedstock_sold_as_fuel


def burnt(line: FuelLine, factors: Coefficients) -> Decimal:
    """Count what was used as fuel, in t or m³; below zero where a by-product left the unit.

    What was made on site of fuel that counts already is not counted again, though what leaves of
    it is taken off: so are by-products and secondary gases. What was dug or drilled is counted.
    """
    counted_already = line.produced if line.fuel in factors.made else ZERO
    with exact():
        used = line.came_in - counted_already - line.left
        if factors.feedstock_deducted:
            used -= line.material
        return used * factors.per_unit(line.fuel, line.unit)


def direct_gce(lines: Sequence[FuelLine], factors: Coefficients) -> Decimal:
    """Add up the fuels burnt.

    Lines with a measured heat value are added in kJ and divided once, so that a sum which is a
    whole number of grams comes out as one.
    """
    tabled = total(_tabled_gce(line, factors) for line in lines)
    measured_kj = total(_measured_kj(line, factors) for line in lines)
    with exact():
        return tabled + quotient(measured_kj, factors.kj_per_kgce)


def check_fuels(lines: Sequence[FuelLine], factors: Coefficients) -> None:
    """Refuse fuels that cannot have gone so, in the order given.

    Raises:
        FuelUnknown, FuelUnitWrong, StockNegative, FuelQuantityInvalid, HeatValueInvalid: a figure
            is wrong by itself.
        FuelOutAboveIn: more of a fuel left than came in, and it is no by-product that was sold.
        FuelListedTwice: two lines of a fuel go by the same heat value.
    """
    seen: set[tuple[str, Decimal | None]] = set()
    for line in lines:
        _check_figures(line, factors)
        _check_balance(line, factors)
        if (basis := (line.fuel, line.heat_value_kj_per_unit)) in seen:
            raise FuelListedTwice(line.fuel)
        seen.add(basis)


def check_direct(lines: Sequence[FuelLine], factors: Coefficients) -> None:
    """Refuse with `FossilDirectBelowZero` where more fuel energy leaves the unit than enters it."""
    if (direct := direct_gce(lines, factors)) < 0:
        raise FossilDirectBelowZero(str(direct))


def _tabled_gce(line: FuelLine, factors: Coefficients) -> Decimal:
    if line.heat_value_kj_per_unit is not None:
        return ZERO
    factor = factors.fuel(line.fuel)
    with exact():
        return burnt(line, factors) * factor.value * factor.gce_per_kgce


def _measured_kj(line: FuelLine, factors: Coefficients) -> Decimal:
    """Give a measured line's energy, scaled so that dividing by kJ per kgce yields gce."""
    if line.heat_value_kj_per_unit is None:
        return ZERO
    scale = factors.fuel(line.fuel).gce_per_kgce
    with exact():
        return burnt(line, factors) * line.heat_value_kj_per_unit * scale


def _check_figures(line: FuelLine, factors: Coefficients) -> None:
    most = FUEL_MAX / factors.per_unit(line.fuel, line.unit)
    for field in FLOWS:
        quantity: Decimal = getattr(line, field)
        if field in STOCKS and quantity.is_finite() and quantity < 0:
            raise StockNegative(line.fuel, field, str(quantity))
        if not fits(quantity, QUANTITY_DECIMALS, most):
            raise FuelQuantityInvalid(line.fuel, field, str(quantity))
    measured = line.heat_value_kj_per_unit
    if measured is not None and not (
        fits(measured, QUANTITY_DECIMALS, HEAT_VALUE_MAX_KJ) and measured
    ):
        raise HeatValueInvalid(line.fuel, str(measured))


def _check_balance(line: FuelLine, factors: Coefficients) -> None:
    """Compare what left with what came in; of a by-product nobody measures, any amount is sold."""
    unmeasured = line.fuel in factors.by_products and not line.produced
    with exact():
        out = line.left - (line.sold if unmeasured else ZERO)
    if out > line.came_in:
        raise FuelOutAboveIn(line.fuel, str(out), str(line.came_in))
