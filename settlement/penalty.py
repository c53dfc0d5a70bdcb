"""What not surrendering in time may cost: told by the regime of the deadline missed, never posted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import floor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fractions import Fraction

    from ledger.rules.rulebook import Rules
    from settlement.quotes import Average
    from settlement.standing import Standing

_HUNDREDTHS: Final = 100
_REGIME: Final = "cea.penalty_regime"


@dataclass(frozen=True, slots=True)
class Penalty:
    """The bounds of what the law lets be asked; money in whole fen, rounded down.

    `fine` is asked first where the regime has it, `multiple` of the price (after it, or at once);
    both are (least, most), and None where the regime has no fine, or no price is on file.
    """

    regime: str
    deadline: date
    shortfall: int  # t CO2e
    price_month: date  # by its first day
    multiple_of_price: tuple[int, int]
    price: Fraction | None  # fen per t
    multiple: tuple[int, int] | None
    fine: tuple[int, int] | None
    deduction: int  # t CO2e of the next allocation, if it is still refused

    @property
    def price_missing(self) -> bool:
        """Tell whether no average price of the month is on file."""
        return self.price is None

    @property
    def price_text(self) -> str | None:
        """Spell the price in fen per t, to a hundredth of a fen, cut; None where it is missing."""
        if self.price is None:
            return None
        whole, rest = divmod(floor(self.price * _HUNDREDTHS), _HUNDREDTHS)
        return f"{whole}.{rest:02d}"


def price_month(stood: Standing, rules: Rules) -> date | None:
    """Name the month, by its first day, of which the average price counts; None if nothing is asked."""
    deadline = stood.deadline
    if deadline is None or stood.letter != "B" or rules.find(_REGIME, deadline) is None:
        return None
    first = deadline.replace(day=1)
    if rules.text("cea.penalty.price_month", deadline) == "month_to_deadline":
        return first
    return (first - timedelta(days=1)).replace(day=1)


def penalty(stood: Standing, rules: Rules, average: Average | None) -> Penalty | None:
    """Work out the bounds for a party that is short after its deadline; None where nothing is asked.

    The law in force on the deadline applies. Source: 775号 Art. 24, before and as amended by 843号;
    which month is that of the price, and how it is weighted, is the reading of this house.
    """
    deadline, month = stood.deadline, price_month(stood, rules)
    if deadline is None or month is None:
        return None
    low, high = (
        rules.integer(f"cea.penalty.price_multiple_{end}", deadline) for end in ("min", "max")
    )
    fined = rules.find("cea.penalty.fine_min_fen", deadline) is not None
    fines = (
        (
            rules.integer("cea.penalty.fine_min_fen", deadline),
            rules.integer("cea.penalty.fine_max_fen", deadline),
        )
        if fined
        else None
    )
    price = average.price if average else None
    deducted = rules.flag("cea.penalty.next_year_deduction", deadline)
    return Penalty(
        regime=rules.text(_REGIME, deadline),
        deadline=deadline,
        shortfall=stood.due,
        price_month=month,
        multiple_of_price=(low, high),
        price=price,
        multiple=None
        if price is None
        else (floor(low * price * stood.due), floor(high * price * stood.due)),
        fine=fines,
        deduction=stood.due if deducted else 0,
    )
