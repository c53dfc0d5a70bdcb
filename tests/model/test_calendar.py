"""The registry's calendar: midnight in Shanghai, one spelling of instants and months."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.calendar import (
    format_month,
    instant_text,
    parse_instant,
    parse_month,
    registry_day,
)

INSTANTS = st.datetimes(datetime(1993, 1, 1), datetime(2999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.dates(date(1000, 1, 1), date(2999, 12, 31)))
def test_a_month_reads_back_as_its_first_day(day: date) -> None:
    """Writing a month forgets the day and nothing else."""
    assert parse_month(format_month(day)) == day.replace(day=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "2026-1",
        "202601",
        "2026-01-01",
        "0999-01",
        "3000-01",
        "2026-01\n",
        " 2026-01",
        "\uff12026-01",
    ],
)
def test_another_spelling_is_no_month(text: str) -> None:
    """One spelling, and years that cannot run off the calendar."""
    with pytest.raises(ValueError, match="YYYY-MM"):
        parse_month(text)


def test_the_registry_day_turns_at_midnight_in_shanghai() -> None:
    """Sixteen hours UTC is the next day's beginning."""
    midnight = datetime(2027, 9, 30, 16, tzinfo=UTC)

    assert registry_day(midnight) == date(2027, 10, 1)
    assert registry_day(midnight - timedelta(microseconds=1)) == date(2027, 9, 30)


@given(INSTANTS)
def test_the_registry_day_agrees_with_the_zone_database(instant: datetime) -> None:
    """The fixed offset is what the zone database says of Shanghai."""
    assert registry_day(instant) == instant.astimezone(ZoneInfo("Asia/Shanghai")).date()


@given(INSTANTS)
def test_an_instant_reads_back_from_its_text(instant: datetime) -> None:
    """Six digits hold every microsecond."""
    text = instant_text(instant)

    assert parse_instant(text) == instant
    assert len(text) == 27


@given(INSTANTS, INSTANTS)
def test_instant_texts_sort_as_instants(one: datetime, other: datetime) -> None:
    """Records can be ordered without reading their times."""
    assert (instant_text(one) < instant_text(other)) == (one < other)


def test_an_instant_of_another_zone_is_written_in_utc() -> None:
    """A clock in Shanghai is eight hours ahead."""
    local = datetime(2026, 11, 23, 16, tzinfo=timezone(timedelta(hours=8)))

    assert instant_text(local) == "2026-11-23T08:00:00.000000Z"


@pytest.mark.parametrize(
    ("text", "microsecond"),
    [
        ("2026-11-23T08:00:00Z", 0),
        ("2026-11-23T08:00:00.5Z", 500_000),
        ("2026-11-23T08:00:00.000001Z", 1),
    ],
)
def test_a_fraction_may_be_short_or_missing(text: str, microsecond: int) -> None:
    """Callers write seconds as they like."""
    instant = datetime(2026, 11, 23, 8, microsecond=microsecond, tzinfo=UTC)

    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T08:00:00",
        "2026-11-23T08:00:00+00:00",
        "2026-11-23T08:00:00+08:00",
        "2026-11-23t08:00:00z",
        "2026-11-23 08:00:00Z",
        "2026-11-23T08:00:00.Z",
        "2026-11-23T08:00:00.0000000Z",
        "2026-11-23T08:00:60Z",
        "2026-11-23T24:00:00Z",
        "2026-02-30T08:00:00Z",
        "9999-12-31T23:59:59Z",
        "2026-11-23T08:00:00Z\n",
    ],
)
def test_another_spelling_is_no_instant(text: str) -> None:
    """UTC only, whole days only, no leap second."""
    with pytest.raises(ValueError):
        parse_instant(text)


def test_an_instant_without_a_zone_is_refused() -> None:
    """Nobody can know which day it is."""
    naive = datetime(2026, 1, 1)  # noqa: DTZ001

    with pytest.raises(ValueError, match="zone"):
        registry_day(naive)
    with pytest.raises(ValueError, match="zone"):
        instant_text(naive)
