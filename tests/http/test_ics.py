"""Calendars as files: what RFC 5545 asks of every line, and the same bytes for the same steps."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from api.ics import Event, calendar

STAMPED = datetime(2026, 3, 1, 4, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"))


def event(summary: str = "清缴", **changes: object) -> Event:
    """Write an event of one day."""
    fields = {"uid": "a@b", "day": date(2026, 12, 31), "summary": summary, "description": ""}
    return Event(**{**fields, "stamped": STAMPED, "sequence": 2, **changes})  # type: ignore[arg-type]


def unfolded(raw: bytes) -> list[str]:
    """Read the lines of a calendar as RFC 5545 §3.1 says."""
    return raw.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def unescaped(value: str) -> str:
    """Read a value of type TEXT. RFC 5545 §3.3.11."""
    found, rest = "", iter(value)
    for character in rest:
        if character == "\\":
            after = next(rest)
            found += "\n" if after == "n" else after
        else:
            found += character
    return found


def test_a_day_is_written_as_the_standard_s_example_is() -> None:
    """Whole days have a DATE, instants are in UTC, alarms come days before."""
    lines = unfolded(calendar("日历", [event(days_before=(14,))]))

    assert lines[0] == "BEGIN:VCALENDAR"
    assert "DTSTART;VALUE=DATE:20261231" in lines
    assert "DTSTAMP:20260301T040000Z" in lines
    assert "TRIGGER:-P14D" in lines
    assert lines[-2:] == ["END:VEVENT", "END:VCALENDAR"]


@given(TEXTS)
def test_no_line_is_longer_than_75_octets_and_none_is_lost(text: str) -> None:
    """Folded between characters, read back to the letter."""
    raw = calendar(text, [event(text)])
    lines = raw.split(b"\r\n")

    assert all(len(line) <= 75 for line in lines)
    assert all(line.decode() is not None for line in lines)
    summary = next(line for line in unfolded(raw) if line.startswith("SUMMARY:"))
    assert unescaped(summary.removeprefix("SUMMARY:")) == text
