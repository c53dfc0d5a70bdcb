"""What lines between provinces lose of the power sent over them. Pure: kWh received in, kWh lost out.

Source: 发改能源〔2026〕622号 annex 1 takes it from the selling province, and has no formula; the one
below is the reading of this house (`acc.line_loss`).
"""

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

LINE_LOSS: Final = "line_loss"
"""The figure of a sending province and year: the share of what it sent that the grid lost."""
_HALF: Final = Fraction(1, 2)


def lost_kwh(received_kwh: int, share: Decimal) -> int:
    """Work out what was sent less what was received, where sent is received / (1 - share).

    Args:
        received_kwh: what came to units of other provinces in a year, all of it together.
        share: the part of what was sent that was lost, from 0 to below 1.

    Returns:
        Whole kWh, half a kWh rounded up; what is rounded is exact.
    """
    part = Fraction(share)
    return floor(received_kwh * part / (1 - part) + _HALF)
