"""Working days as published: holidays close weekdays, and weekend days are worked for them."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.rulebooks import shipped
from ledger.rules.rulebook import NotInForce, Rulebook, Rules
from ledger.rules.workdays import Workdays, days_of

WORKDAYS = Workdays(Rules(tuple(map(Rulebook.parse, shipped()))))
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
DAYS = st.dates(FIRST, LAST)
FEW = st.integers(0, 20)


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        ("2026-01-01", False),  # New Year
        ("2026-01-04", True),  # a Sunday worked for it
        ("2026-02-14", True),  # a Saturday worked for the Spring Festival
        ("2026-02-23", False),  # its last day, a Monday
        ("2026-02-24", True),
        ("2026-03-07", False),  # a plain Saturday
        ("2026-10-07", False),
        ("2026-10-10", True),
    ],
)
def test_days_are_open_as_the_notice_of_2026_says(day: str, *, is_open: bool) -> None:
    """State Council's office, 2025-11-04, as reprinted."""
    assert WORKDAYS.is_open(date.fromisoformat(day)) is is_open


def test_seven_working_days_pass_over_the_national_day() -> None:
    """From 2026-09-24: the 28th to the 30th, then the 8th to the 11th, of which the 10th is worked."""
    assert WORKDAYS.after(date(2026, 9, 24), 7) == date(2026, 10, 12)


def test_the_holidays_of_a_year_nobody_published_are_not_known() -> None:
    """Whoever asks is told so; a count that runs into such a year, too."""
    with pytest.raises(NotInForce):
        WORKDAYS.is_open(date(2027, 1, 1))
    with pytest.raises(NotInForce):
        WORKDAYS.after(date(2026, 12, 30), 5)


@given(DAYS, FEW, FEW)
def test_working_days_add_up(day: date, some: int, more: int) -> None:
    """After some, and after more, is after both; what is counted to is a working day."""
    assume(day + timedelta(days=2 * (some + more) + 20) <= LAST)
    there = WORKDAYS.after(day, some + more)

    assert WORKDAYS.after(WORKDAYS.after(day, some), more) == there
    assert WORKDAYS.is_open(there) or some + more == 0


@given(DAYS, DAYS, st.integers(1, 20))
def test_who_begins_later_ends_no_sooner(one: date, other: date, count: int) -> None:
    """The later of two days is not passed by."""
    earlier, later = sorted((one, other))
    assume(later + timedelta(days=2 * count + 20) <= LAST)

    assert WORKDAYS.after(earlier, count) <= WORKDAYS.after(later, count)


@given(DAYS, st.integers(1, 20))
def test_exactly_so_many_working_days_lie_between(day: date, count: int) -> None:
    """Counted one by one, the day itself left out."""
    assume(day + timedelta(days=2 * count + 20) <= LAST)
    there = WORKDAYS.after(day, count)
    passed = (day + timedelta(days=n) for n in range(1, (there - day).days + 1))

    assert sum(map(WORKDAYS.is_open, passed)) == count


@pytest.mark.parametrize("word", ["", "2026-13-01", "2026-02-03/2026-02-01", "spring"])
def test_what_is_no_day_is_not_read_as_one(word: str) -> None:
    """Nor a span that ends before it begins."""
    with pytest.raises(ValueError, match=r"."):
        days_of(frozenset({word}))
