"""Exact decimal arithmetic of reported figures, and which figures are admitted to it."""

from contextlib import AbstractContextManager
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, localcontext
from typing import Final

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
QUANTITY_DECIMALS: Final = 3
RATIO_DECIMALS: Final = 9

# Wide enough that sums and products of reported figures never round; if one did, it is our fault.
_EXACT: Final = Context(prec=120, traps=[Inexact, InvalidOperation, DivisionByZero])
# The one division, by kJ per kgce, may not end; 60 digits leave no doubt about any whole gram.
_QUOTIENT: Final = Context(prec=60, traps=[InvalidOperation, DivisionByZero])


def exact() -> AbstractContextManager[Context]:
    """Open a context in which decimal arithmetic is exact, or fails."""
    return localcontext(_EXACT)


def quotient(dividend: Decimal, divisor: int) -> Decimal:
    """Divide to 60 digits."""
    return _QUOTIENT.divide(dividend, Decimal(divisor))


def fits(value: Decimal, decimals: int, largest: Decimal) -> bool:
    """Say whether a value is finite, at least zero, not above the largest, and not too fine."""
    if value is ZERO:  # most members of a report are left out
        return True
    if not value.is_finite() or not ZERO <= value <= largest:
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -decimals


def is_ratio(value: Decimal) -> bool:
    """Say whether a value is within 0 and 1, and not finer than the arithmetic allows for."""
    return fits(value, RATIO_DECIMALS, ONE)
