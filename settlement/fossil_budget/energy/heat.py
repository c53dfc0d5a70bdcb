"""Purchased heat, and the part of it that was made from fossil fuel."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from settlement.fossil_budget.energy.arithmetic import (
    ONE,
    QUANTITY_DECIMALS,
    ZERO,
    exact,
    fits,
    is_ratio,
)
from settlement.fossil_budget.energy.coefficients import Coefficients
from settlement.refusals import EnergyQuantityInvalid, FossilShareInvalid

HEAT_MAX_MJ: Final = Decimal(10**14)
MJ_PER_GJ: Final = 1_000


@dataclass(frozen=True, slots=True)
class Heat:
    """Purchased heat, and the share of it that was made from fossil fuel."""

    purchased_mj: Decimal = ZERO
    fossil_share: Decimal = ONE


def heat_gce(heat: Heat, factors: Coefficients) -> Decimal:
    """Convert the fossil share of purchased heat."""
    with exact():
        return heat.purchased_mj * heat.fossil_share * factors.heat_kgce_per_mj * 1000


def check_heat(heat: Heat) -> None:
    """Refuse a quantity, or a share, that cannot be.

    Raises:
        EnergyQuantityInvalid: the quantity is below zero, too fine, or beyond any unit's year.
        FossilShareInvalid: the share is not within 0 and 1.
    """
    if not fits(heat.purchased_mj, QUANTITY_DECIMALS, HEAT_MAX_MJ):
        raise EnergyQuantityInvalid("purchased_mj", str(heat.purchased_mj))
    if not is_ratio(heat.fossil_share):
        raise FossilShareInvalid(str(heat.fossil_share))
