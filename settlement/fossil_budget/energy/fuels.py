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
    table's factor. Sums of quantities have far fewer digits than decimals hold, and are exact.
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
        return self.purchased + self.stock_open + self.produced

    @property
    def left(self) -> Decimal:
        """Count what was stored, sold or lost."""
        return self.stock_close + self.sold + self.lost

    @property
    def material(self) -> Decimal:
        """Count what became neither fuel nor power, but material."""
        return self.feedstock - self.feedstock_sold_as_fuel


def burnt(line: FuelLine, factors: Coefficients) -> Decimal:
    """Count what was used as fuel, in t or m³; below zero where a by-product left the unit.

    What was made on site of fuel that counts already is not counted again, though what leaves of
    it is taken off: so are by-products and secondary gases. What was dug or drilled is counted.
    """
    used = line.came_in - line.left
    if line.fuel in factors.made:
        used -= line.produced
    if factors.feedstock_deducted:
        used -= line.material
    return used * factors.per_unit(line.fuel, line.unit)


def direct_gce(lines: Sequence[FuelLine], factors: Coefficients) -> Decimal:
    """Add up the fuels burnt.

    Lines with a measured heat value are added in kJ and divided once, so that a sum which is a
    whole number of grams comes out as one.
    """
    tabled, measured_kj = ZERO, ZERO
    with exact():
        for line in lines:
            used = burnt(line, factors) * factors.fuel(line.fuel).gce_per_kgce
            if line.heat_value_kj_per_unit is None:
                tabled += used * factors.fuel(line.fuel).value
            else:
                measured_kj += used * line.heat_value_kj_per_unit
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
    """Refuse with `FossilDirectBelowZero` where more fuel energy leaves the unit than enters it.

    Only what was made on site may leave beyond what came in, so only that can bring it about.
    """
    made = any(line.fuel in factors.made for line in lines)
    if made and (direct := direct_gce(lines, factors)) < 0:
        raise FossilDirectBelowZero(str(direct))


def _check_figures(line: FuelLine, factors: Coefficients) -> None:
    most = FUEL_MAX / factors.per_unit(line.fuel, line.unit)
    for field in FLOWS:
        quantity: Decimal = getattr(line, field)
        if not fits(quantity, QUANTITY_DECIMALS, most):
            below = field in STOCKS and quantity.is_finite() and quantity < 0
            raise (StockNegative if below else FuelQuantityInvalid)(line.fuel, field, str(quantity))
    measured = line.heat_value_kj_per_unit
    if measured is not None and not (
        fits(measured, QUANTITY_DECIMALS, HEAT_VALUE_MAX_KJ) and measured
    ):
        raise HeatValueInvalid(line.fuel, str(measured))


def _check_balance(line: FuelLine, factors: Coefficients) -> None:
    """Compare what left with what came in; of a by-product nobody measures, any amount is sold."""
    unmeasured = line.fuel in factors.by_products and not line.produced
    out = line.left - line.sold if unmeasured else line.left
    if out > line.came_in:
        raise FuelOutAboveIn(line.fuel, str(out), str(line.came_in))
