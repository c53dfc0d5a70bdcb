"""A last day that the law sets in the year after the one it is about: `none`, or a month and a day."""

import re
from datetime import date
from typing import Final

from ledger.rules.parameter import RulebookInvalid

NONE: Final = "none"
_MONTH_AND_DAY: Final = re.compile(r"[0-9]{2}-[0-9]{2}")
_COMMON_YEAR: Final = 2001  # a day that is not in every year is no last day


def last_day(said: str, year: int) -> date | None:
    """Read the last day for a year, `03-31` being that of the next March; None where there is none.

    Raises:
        RulebookInvalid: it is no day of every year.
    """
    if said == NONE:
        return None
    if not _MONTH_AND_DAY.fullmatch(said):
        raise RulebookInvalid("word_unknown", said)
    try:
        _ = date.fromisoformat(f"{_COMMON_YEAR}-{said}")
        return date.fromisoformat(f"{year + 1}-{said}")
    except ValueError as fault:
        raise RulebookInvalid("word_unknown", said) from fault
