"""Production months: how long they are, how long their certificates last, what they carry over.

A month is any day of it. Every figure with a legal source comes in from the rulebook.
"""

from calendar import monthrange
from datetime import date
from functools import lru_cache


def add_months(month: date, months: int) -> date:
    """Answer the first day of the month that many months later, or earlier if negative."""
    year, index = divmod(month.year * 12 + month.month - 1 + months, 12)
    return date(year, index + 1, 1)


def month_end(month: date) -> date:
    """Answer the last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def hours_in_month(month: date) -> int:
    """Count a month's hours; the registry's clock knows no summer time."""
    return 24 * monthrange(month.year, month.month)[1]


@lru_cache(maxsize=4096)  # a month's lots ask for the same day, one after the other
def valid_until(month: date, months: int, transition_before: date, transition_until: date) -> date:
    """Answer the last day on which a certificate of a production month may be used.

    Args:
        month: when the energy was produced.
        months: calendar months of validity, the production month being the first.
        transition_before: energy produced earlier than this day follows the transition.
        transition_until: the one last day of everything under the transition.

    Source: 国能发新能规[2024]67号: two years counted from the production month, and energy
        produced before 2024 to the end of 2025. Read in a copy; confirm against the original.
    """
    if month < transition_before:
        return transition_until
    return month_end(add_months(month, months - 1))


def carry(balance_kwh: int, kwh_per_certificate: int) -> tuple[int, int]:
    """Answer the whole certificates in an energy balance and the kWh carried to next month.

    A negative balance is a debt from certificates issued for energy that was corrected away:
    it issues nothing and is carried whole, until later energy has paid it.
    """
    assert kwh_per_certificate > 0
    if balance_kwh < 0:
        return 0, balance_kwh
    return divmod(balance_kwh, kwh_per_certificate)
