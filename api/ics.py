"""Calendars as files: RFC 5545, the same bytes whenever they are made of the same steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

ICS: Final = "text/calendar"
_LINE_BYTES: Final = 75
"""RFC 5545 §3.1: longer lines are folded."""
_ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class Event:
    """One day in a calendar; `uid` is the same for ever, `stamped` the instant it last changed.

    `days_before` are the days at which whoever subscribes is reminded; none where it is done.
    """

    uid: str
    day: date
    summary: str
    description: str
    stamped: datetime
    sequence: int
    days_before: tuple[int, ...] = ()


def calendar(name: str, events: Iterable[Event]) -> bytes:
    """Write a calendar of whole days, in UTF-8, lines ended by CRLF and folded at 75 octets."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//greenledger//compliance calendar//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        *(line for event in events for line in _event(event)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(event: Event) -> Iterator[str]:
    stamped = event.stamped.astimezone(UTC)
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{stamped:%Y%m%dT%H%M%SZ}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield f"SUMMARY:{_text(event.summary)}"
    yield f"DESCRIPTION:{_text(event.description)}"
    yield "TRANSP:TRANSPARENT"
    for days in event.days_before:
        yield from _alarm(event, days)
    yield "END:VEVENT"


def _alarm(event: Event, days: int) -> Sequence[str]:
    return (
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"TRIGGER:-P{days}D",
        f"DESCRIPTION:{_text(event.summary)}",
        "END:VALARM",
    )


def _text(value: str) -> str:
    """Write a value of type TEXT. RFC 5545 §3.3.11."""
    return value.translate(_ESCAPES)


def _folded(line: str) -> bytes:
    """Fold a line between characters, so that none is cut; a fold begins with a space."""
    folded, room = [bytearray()], _LINE_BYTES
    for character in line:
        raw = character.encode()
        if len(folded[-1]) + len(raw) > room:
            folded.append(bytearray())
            room = _LINE_BYTES - 1
        folded[-1] += raw
    return b"\r\n ".join(folded) + b"\r\n"
