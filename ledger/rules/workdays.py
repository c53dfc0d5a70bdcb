"""Working days (工作日): weekdays that are no public holiday, and weekend days worked for one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.rules.rulebook import Rules

CLOSED: Final = "calendar.closed"
WORKED: Final = "calendar.worked"
_DAY: Final = timedelta(days=1)
_WEEKDAYS: Final = 5


@dataclass(frozen=True, slots=True)
class Workdays:
    """The working days that a set of rules publishes, year by year.

    Source: notices of the State Council's office on the public holidays of each year.
    """

    rules: Rules

    def is_open(self, day: date) -> bool:
        """Say whether people work on a day.

        Raises:
            NotInForce: nobody published the holidays of its year.
            ValueError: the rulebook spells a day as none is spelt.
        """
        closed = days_of(self.rules.words(CLOSED, day))
        worked = days_of(self.rules.words(WORKED, day))
        return day in worked or (day.weekday() < _WEEKDAYS and day not in closed)

    def after(self, day: date, count: int) -> date:
        """Answer the working day that is `count` working days after a day, which is not counted.

        Raises:
            NotInForce, ValueError: as `is_open`, of any day on the way.
        """
        assert count >= 0
        for _ in range(count):
            day = self._next(day)
        return day

    def _next(self, day: date) -> date:
        day += _DAY
        while not self.is_open(day):
            day += _DAY
        return day


@cache
def days_of(words: frozenset[str]) -> frozenset[date]:
    """Read days, `2026-02-14`, and spans of days with both ends, `2026-10-01/2026-10-07`.

    Raises:
        ValueError: a word is neither, or a span ends before it begins.
    """
    return frozenset(day for word in words for day in _span(word))


def _span(word: str) -> Iterator[date]:
    first, _, last = word.partition("/")
    day, until = date.fromisoformat(first), date.fromisoformat(last or first)
    if until < day:
        raise ValueError(f"{word} ends before it begins")
    while day <= until:
        yield day
        day += _DAY
