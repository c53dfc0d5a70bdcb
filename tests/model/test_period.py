"""Production months: validity as the rules' own table has it, hours, and the carry."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.model.period import add_months, carry, hours_in_month, month_end, valid_until

MONTHS = st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(lambda day: day.replace(day=1))
TRANSITION_BEFORE, TRANSITION_UNTIL = date(2024, 1, 1), date(2025, 12, 31)


@pytest.mark.parametrize(
    ("month", "last_day"),
    [
        (date(2025, 10, 1), date(2027, 9, 30)),
        (date(2024, 1, 1), date(2025, 12, 31)),
        (date(2023, 12, 1), date(2025, 12, 31)),
        (date(2023, 5, 1), date(2025, 12, 31)),
        (date(2024, 3, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2028, 2, 29)),
    ],
)
def test_certificates_last_as_the_table_says(month: date, last_day: date) -> None:
    """Two years counted from the production month; what is older than 2024 ends with 2025."""
    assert valid_until(month, 24, TRANSITION_BEFORE, TRANSITION_UNTIL) == last_day


def test_the_transition_ends_before_its_own_month() -> None:
    """With a longer validity the first month after it is told from the last month in it."""
    ends = [
        valid_until(month, 36, TRANSITION_BEFORE, TRANSITION_UNTIL)
        for month in (date(2023, 12, 1), date(2024, 1, 1))
    ]

    assert ends == [date(2025, 12, 31), date(2026, 12, 31)]


@given(MONTHS, st.integers(1, 60))
def test_validity_ends_where_its_months_end(month: date, months: int) -> None:
    """The day after the last is the first of the month that many months later."""
    last_day = valid_until(month, months, date.min, TRANSITION_UNTIL)

    assert last_day + timedelta(days=1) == add_months(month, months)


@given(MONTHS)
def test_a_later_month_never_expires_earlier(month: date) -> None:
    """The transition keeps the order of production."""
    later = add_months(month, 1)
    ends = [valid_until(m, 24, TRANSITION_BEFORE, TRANSITION_UNTIL) for m in (month, later)]

    assert ends == sorted(ends)


@given(MONTHS, st.integers(-600, 600))
def test_adding_months_can_be_undone(month: date, months: int) -> None:
    """Months are counted, not days."""
    assert add_months(add_months(month, months), -months) == month


@given(MONTHS)
def test_a_month_has_the_hours_of_its_days(month: date) -> None:
    """From the first day to the last, both whole."""
    days = (month_end(month) - month).days + 1

    assert hours_in_month(month) == 24 * days
    assert month_end(month) + timedelta(days=1) == add_months(month, 1)


def test_a_plant_issues_whole_certificates_and_carries_the_rest() -> None:
    """Three months of a wind plant: 0.178 MWh over, spent, and 0.999 kept."""
    october, left = carry(500 + 12_345_678, 1000)
    november, none_left = carry(left + 9_999_822, 1000)
    december, kept = carry(none_left + 999, 1000)

    assert (october, left) == (12_346, 178)
    assert (november, none_left) == (10_000, 0)
    assert (december, kept) == (0, 999)


def test_a_debt_issues_nothing_until_it_is_paid() -> None:
    """Energy corrected away after issue is earned again before anything new is issued."""
    assert carry(-2500, 1000) == (0, -2500)
    assert carry(-2500 + 2000, 1000) == (0, -500)
    assert carry(-500 + 3000, 1000) == (2, 500)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6))
def test_no_energy_is_lost_or_made(balance: int, per_certificate: int) -> None:
    """What is issued and what is carried add up to what there was."""
    certificates, left = carry(balance, per_certificate)

    assert certificates >= 0
    assert certificates * per_certificate + left == balance
    assert left < per_certificate
    assert left >= min(balance, 0)


@given(st.lists(st.integers(-(10**7), 10**7), max_size=24))
def test_certificates_depend_on_the_sum_not_on_the_months(readings: list[int]) -> None:
    """Month by month at most the highest total so far is issued, and all of it."""
    issued, balance, total, highest = 0, 0, 0, 0
    for reading in readings:
        certificates, balance = carry(balance + reading, 1000)
        issued, total = issued + certificates, total + reading
        highest = max(highest, total)

    assert issued == highest // 1000
