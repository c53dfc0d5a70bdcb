"""How much of old allowances a holder may carry into a later vintage. Pure: facts in, tonnes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.rules.rulebook import Rules


@dataclass(frozen=True, slots=True)
class Window:
    """The rule of carrying into one year: what trades count, whose holdings, until when asked."""

    year: int
    first_vintage: int
    last_vintage: int
    sales_from: date
    sales_to: date  # holdings are read at the end of this day
    apply_until: date
    on_time_years: tuple[int, ...]

    def takes(self, vintage: int) -> bool:
        """Say whether allowances of a vintage are carried over."""
        return self.first_vintage <= vintage <= self.last_vintage

    @property
    def opens(self) -> date:
        """Give the first day of asking: the holdings of the record day are known from then on (own)."""
        return date.fromordinal(self.sales_to.toordinal() + 1)


def window_of(rules: Rules, year: int) -> Window:
    """Read the rule of carrying into a year.

    Raises:
        NotInForce: nothing is carried into this year.
    """
    key = date(year, 1, 1)
    return Window(
        year=year,
        first_vintage=rules.integer("cea.carry.vintage_min", key),
        last_vintage=rules.integer("cea.carry.vintage_max", key),
        sales_from=rules.day("cea.carry.sales_from", key),
        sales_to=rules.day("cea.carry.sales_to", key),
        apply_until=rules.day("cea.carry.apply_until", key),
        on_time_years=tuple(sorted(map(int, rules.words("cea.carry.on_time_years", key)))),
    )


def carried_most(rules: Rules, year: int, holdings: int, net: int) -> int:
    """Work out what a holder that handed in on time may carry into a year, in whole t CO2e.

    Source: 2023–24 allocation plan, Annex 5: 10,000 t and 1.5 times net sales, rounded down, and
    never more than was held at the end of the record day.

    Raises:
        NotInForce: nothing is carried into this year.
    """
    key = date(year, 1, 1)
    share = Fraction(rules.decimal("cea.carry.multiplier", key))
    return min(holdings, floor(rules.integer("cea.carry.base", key) + share * net))
