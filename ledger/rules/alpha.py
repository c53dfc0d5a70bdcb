"""What the allocation plan gives steel, cement and aluminium. Pure: figures in, tonnes out.

Source: 2025-2026年度配额总量和分配方案, 征求意见稿: A = E·(1 + α), X = (BP - I)/BP.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

from ledger.rules.rulebook import Rules

NAMES = ("cea.formula.industry", "cea.alpha_slope", "cea.alpha_range", "cea.alpha_cap")


def alpha(balance: Decimal, intensity: Decimal, rules: Rules, key: date) -> Fraction:
    """Work out α of an installation, exactly; both figures in tCO2 per t of product.

    Strictly within the range on either side of the balance value it follows the slope; at and beyond
    the range it is the cap, above zero for who emits less.

    Raises:
        NotInForce: slope, range or cap are not in force for the compliance year.
    """
    assert balance > 0
    slope, width, most = (Fraction(rules.decimal(name, key)) for name in NAMES[1:])
    distance = (Fraction(balance) - Fraction(intensity)) / Fraction(balance)
    if abs(distance) < width:
        return slope * distance
    return most if distance > 0 else -most


def shown(share: Fraction) -> Decimal:
    """Spell α in records, cut off after 18 decimals; allocations follow from the exact one."""
    return Decimal(int(share * 10**18)).scaleb(-18)


def allocated(emissions_t: Decimal, share: Fraction) -> int:
    """Give an installation its verified emissions times one and α, rounded down to whole t CO2e."""
    return floor(Fraction(emissions_t) * (1 + share))
