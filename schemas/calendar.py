"""The registry's calendar: months and days as seen in Asia/Shanghai, instants in UTC. Pure."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

REGISTRY_ZONE: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""A fixed offset: China has kept +08:00 without summer time since 1992, and a machine without
a time-zone database must read the same day."""

# Years stop at 2999, so that no zone shift or validity period can run off the calendar.
_MONTH_SHAPE: Final = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])")
_INSTANT_SHAPE: Final = re.compile(
    r"([12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?Z"
)


def parse_month(text: str) -> date:
    """Read `YYYY-MM` as the first day of that month.

    Raises:
        ValueError: any other spelling, or a year outside 1000 … 2999.
    """
    shape = _MONTH_SHAPE.fullmatch(text)
    if shape is None:
        raise ValueError("a month is written YYYY-MM")
    return date(int(shape[1]), int(shape[2]), 1)


def format_month(day: date) -> str:
    """Write the month a day lies in as `YYYY-MM`."""
    return day.isoformat()[:7]


def registry_day(instant: datetime) -> date:
    """Answer the registry's calendar day at an instant.

    Raises:
        ValueError: the instant names no zone.
    """
    return _aware(instant).astimezone(REGISTRY_ZONE).date()


def instant_text(instant: datetime) -> str:
    """Write an instant as records spell it, in UTC: `YYYY-MM-DDTHH:MM:SS.ffffffZ`.

    Raises:
        ValueError: the instant names no zone.
    """
    in_utc = _aware(instant).astimezone(UTC).replace(tzinfo=None)
    return in_utc.isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str) -> datetime:
    """Read an RFC 3339 instant in UTC, written with `T`, `Z` and at most six fraction digits.

    A record must also be spelled as `instant_text` spells it: compare with that.

    Raises:
        ValueError: any other spelling, another zone, a leap second, a year outside 1000 … 2999.
    """
    shape = _INSTANT_SHAPE.fullmatch(text)
    if shape is None:
        raise ValueError("an instant is written YYYY-MM-DDTHH:MM:SS[.ffffff]Z")
    microseconds = int((shape[2] or "").ljust(6, "0"))
    return datetime.fromisoformat(shape[1]).replace(microsecond=microseconds, tzinfo=UTC)


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError("an instant without a zone is no instant")
    return instant
