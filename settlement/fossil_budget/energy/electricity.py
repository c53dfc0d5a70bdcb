"""Electricity: what the grid gave, what is non-fossil of it, and what was generated on the spot."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from settlement.fossil_budget.energy.arithmetic import exact
from settlement.fossil_budget.energy.coefficients import Coefficients
from settlement.refusals import EnergyQuantityInvalid, TradedAboveOfftake

ELECTRICITY_MAX_KWH: Final = 10**14
METERED: Final = ("grid_offtake_kwh", "physical_kwh", "other_traded_kwh", "storage_charge_kwh")


@dataclass(frozen=True, slots=True)
class Electricity:
    """Grid offtake, energy recognised physically, and traded energy that is not in the ledger.

    `storage_charge_kwh` charged the unit's own storage and is no part of the offtake.
    """

    grid_offtake_kwh: int = 0
    physical_kwh: int = 0
    other_traded_kwh: int = 0
    storage_charge_kwh: int = 0


def check_electricity(electricity: Electricity) -> None:
    """Refuse a quantity that cannot be, with `EnergyQuantityInvalid`."""
    for field in METERED:
        quantity: int = getattr(electricity, field)
        if not 0 <= quantity <= ELECTRICITY_MAX_KWH:
            raise EnergyQuantityInvalid(field, str(quantity))


def check_traded(electricity: Electricity, traded_kwh: int) -> None:
    """Refuse traded energy above the offtake with `TradedAboveOfftake`."""
    if traded_kwh > electricity.grid_offtake_kwh:
        raise TradedAboveOfftake(electricity.grid_offtake_kwh, traded_kwh)


def with_storage(electricity: Electricity, factors: Coefficients) -> Electricity:
    """Count what charged storage as offtake, where the rules say so. Guide 622 of 2026, annex 3."""
    if not factors.storage_is_offtake:
        return electricity
    offtake = electricity.grid_offtake_kwh + electricity.storage_charge_kwh
    return replace(electricity, grid_offtake_kwh=offtake, storage_charge_kwh=0)


def apportioned_kwh(
    electricity: Electricity, traded_kwh: int, certificate_kwh: int, k: Decimal
) -> Decimal:
    """Count what the province's share k makes non-fossil of the rest: (G - T - C)k."""
    with exact():
        return (electricity.grid_offtake_kwh - traded_kwh - certificate_kwh) * k


def non_fossil_kwh(
    electricity: Electricity, traded_kwh: int, certificate_kwh: int, k: Decimal
) -> Decimal:
    """Count a unit's non-fossil power: P + T + C + (G - T - C)k. Guide 622 of 2026, annex 3."""
    rest = apportioned_kwh(electricity, traded_kwh, certificate_kwh, k)
    with exact():
        return electricity.physical_kwh + traded_kwh + certificate_kwh + rest
