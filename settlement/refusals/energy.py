"""Why a unit's report of energy is refused: what it says it used, and what may be taken off."""

from dataclasses import dataclass

from ledger.refusals import Refusal


@dataclass(eq=False)
class FuelUnknown(Refusal):
    """No standard-coal factor is in force for a fuel of this name in the budget year."""

    code = "fuel_unknown"
    fuel: str
    year: int


@dataclass(eq=False)
class FuelQuantityInvalid(Refusal):
    """A fuel quantity is not between zero and 10 billion t or m³, in at most 3 decimals."""

    code = "fuel_quantity_invalid"
    fuel: str
    field: str
    quantity: str


@dataclass(eq=False)
class FuelUnitWrong(Refusal):
    """A fuel is reported in a unit that does not measure it: a gas by weight, a solid by volume."""

    code = "fuel_unit_wrong"
    fuel: str
    unit: str
    counted_in: str


@dataclass(eq=False)
class StockNegative(Refusal):
    """A stock is below zero; there is no less than nothing in a yard."""

    code = "stock_negative"
    fuel: str
    field: str
    quantity: str


@dataclass(eq=False)
class FuelOutAboveIn(Refusal):
    """More of a fuel was stored, sold or lost than came in, and it is no by-product that was sold."""

    code = "fuel_out_above_in"
    fuel: str
    out: str
    came_in: str


@dataclass(eq=False)
class FuelListedTwice(Refusal):
    """Two lines are of one fuel, both by the table or both by the same measured heat value."""

    code = "fuel_listed_twice"
    fuel: str


@dataclass(eq=False)
class HeatValueInvalid(Refusal):
    """A measured heat value is not above zero and at most 200,000 kJ per kg or m³."""

    code = "heat_value_invalid"
    fuel: str
    heat_value_kj_per_unit: str


@dataclass(eq=False)
class FeedstockAboveUse(Refusal):
    """More of a fuel is claimed as feedstock than was bought or taken from stock, and not sold."""

    code = "feedstock_above_use"
    fuel: str
    feedstock: str
    available: str


@dataclass(eq=False)
class FeedstockProductUnknown(Refusal):
    """Fuel that becomes this product is no feedstock. Document 803 of 2022 lists those that are."""

    code = "feedstock_product_unknown"
    fuel: str
    product: str
    products: str


@dataclass(eq=False)
class FeedstockSoldAboveFeedstock(Refusal):
    """More feedstock is said to be sold as fuel than there was feedstock."""

    code = "feedstock_sold_above_feedstock"
    fuel: str
    feedstock_sold_as_fuel: str
    feedstock: str


@dataclass(eq=False)
class FossilDirectBelowZero(Refusal):
    """The fuels sold, stored and used as feedstock hold more energy than those that came in."""

    code = "fossil_direct_below_zero"
    direct_gce: str


@dataclass(eq=False)
class EnergyQuantityInvalid(Refusal):
    """A quantity of electricity or heat is below zero, too fine, or beyond any unit's year."""

    code = "energy_quantity_invalid"
    field: str
    quantity: str


@dataclass(eq=False)
class FossilShareInvalid(Refusal):
    """The fossil share of purchased heat is not between 0 and 1, in at most 9 decimals."""

    code = "fossil_share_invalid"
    fossil_share: str


@dataclass(eq=False)
class ApportionmentFactorInvalid(Refusal):
    """The apportionment factor k is not at least 0 and below 1, in at most 9 decimals."""

    code = "apportionment_factor_invalid"
    k: str


@dataclass(eq=False)
class TradedAboveOfftake(Refusal):
    """More traded green power is claimed than was taken from the grid. Guide 622 of 2026, 7."""

    code = "traded_above_offtake"
    grid_offtake_kwh: int
    traded_kwh: int
