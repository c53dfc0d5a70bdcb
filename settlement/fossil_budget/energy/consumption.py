"""All energy of one unit in one budget year."""

from dataclasses import dataclass, field

from settlement.fossil_budget.energy.coefficients import Coefficients
from settlement.fossil_budget.energy.electricity import Electricity, check_electricity
from settlement.fossil_budget.energy.feedstock import check_feedstock
from settlement.fossil_budget.energy.fuels import FuelLine, check_direct, check_fuels
from settlement.fossil_budget.energy.heat import Heat, check_heat


@dataclass(frozen=True, slots=True)
class Consumption:
    """All energy of one unit in one budget year."""

    fuels: tuple[FuelLine, ...] = ()
    electricity: Electricity = field(default_factory=Electricity)
    heat: Heat = field(default_factory=Heat)


def check_consumption(consumption: Consumption, factors: Coefficients) -> None:
    """Refuse a report that cannot be true; each refusal in the order named here.

    Raises:
        Whatever `check_fuels`, `check_feedstock`, `check_electricity` and `check_heat` refuse.
        FossilDirectBelowZero: more fuel energy leaves the unit than enters it.
    """
    check_fuels(consumption.fuels, factors)
    check_feedstock(consumption.fuels, factors)
    check_electricity(consumption.electricity)
    check_heat(consumption.heat)
    check_direct(consumption.fuels, factors)
