"""Last days in the year after: as rulebooks say them."""

from datetime import date

import pytest

from ledger.rules.deadline import last_day
from ledger.rules.rulebook import RulebookInvalid


@pytest.mark.parametrize(
    ("said", "day"),
    [("none", None), ("01-31", date(2027, 1, 31)), ("12-31", date(2027, 12, 31))],
)
def test_a_last_day_is_one_of_the_year_after(said: str, day: date | None) -> None:
    """Or there is none."""
    assert last_day(said, 2026) == day


@pytest.mark.parametrize("said", ["", "02-29", "13-01", "1-31", "W01-1", "2027-01-31", "never"])
def test_what_is_no_day_of_every_year_is_refused(said: str) -> None:
    """It would be a last day in some years only, or in none."""
    with pytest.raises(RulebookInvalid, match="word_unknown"):
        last_day(said, 2026)
