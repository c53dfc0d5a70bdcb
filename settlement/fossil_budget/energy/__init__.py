"""What a unit consumed in its budget year, and how much coal equivalent each of it is."""

from settlement.fossil_budget.energy.arithmetic import ONE, ZERO, exact, is_ratio
from settlement.fossil_budget.energy.coefficients import (
    UNITS,
    Coefficients,
    FuelFactor,
    coefficients,
    fuel_parameter,
)
from settlement.fossil_budget.energy.consumption import Consumption, check_consumption
from settlement.fossil_budget.energy.electricity import (
    METERED,
    Electricity,
    apportioned_kwh,
    check_traded,
    non_fossil_kwh,
    with_storage,
)
from settlement.fossil_budget.energy.fuels import FLOWS, FuelLine, burnt, direct_gce
from settlement.fossil_budget.energy.heat import MJ_PER_GJ, Heat, heat_gce

__all__ = [
    "FLOWS",
    "METERED",
    "MJ_PER_GJ",
    "ONE",
    "UNITS",
    "ZERO",
    "Coefficients",
    "Consumption",
    "Electricity",
    "FuelFactor",
    "FuelLine",
    "Heat",
    "apportioned_kwh",
    "burnt",
    "check_consumption",
    "check_traded",
    "coefficients",
    "direct_gce",
    "exact",
    "fuel_parameter",
    "heat_gce",
    "is_ratio",
    "non_fossil_kwh",
    "with_storage",
]
