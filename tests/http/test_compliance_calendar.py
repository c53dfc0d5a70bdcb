"""The compliance calendar through the doors: days of the work notice, acts that came late, a feed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.database import Urls
from tests.http.carrying import INTO, Holder, Registered, registered_at
from tests.http.market import refusal

ICS = {"accept": "text/calendar"}


@pytest.fixture
def carried(database: Urls) -> Iterator[Registered]:
    """Open a registry of one's own."""
    with registered_at(database) as opened:
        yield opened


def calendar(holder: Holder, **query: Any) -> dict[str, Any]:
    """Ask for the steps of 2025, by their names and sectors."""
    answer = holder.emitter.get("/v1/compliance-calendar", **{"year": INTO, **query})
    assert answer.status_code == 200, answer.text
    rows = answer.json()["items"]
    return {row["step"] + (f".{row['sector']}" if row["sector"] else ""): row for row in rows}


def test_the_steps_of_2025_have_the_days_of_the_work_notice(carried: Registered) -> None:
    """MEE, 2026-01-27, and the carry-over of the plan; of each sector while the party is on no list."""
    told = {name: row["due"] for name, row in calendar(carried.holder()).items()}

    assert told == {
        "report": "2026-03-31",
        "pre.industry": "2026-04-10",
        "carry_over": "2026-06-10",
        "pre.power": "2026-06-30",
        "verify.power": "2026-06-30",
        "verify.industry": "2026-07-31",
        "approve": "2026-09-20",
        "allocate": "2026-09-30",
        "surrender": "2026-12-31",
    }


def test_the_list_of_2027_and_its_plans_are_due_in_2026(carried: Registered) -> None:
    """Keyed by the year that they are about; a day nobody works is told as such."""
    told = calendar(carried.holder(), year=2027)

    assert {name: row["due"] for name, row in told.items()} == {
        "list": "2026-10-31",
        "quality_plan": "2026-12-31",
    }
    assert (told["list"]["working_day"], told["list"]["consequence"]) == (False, "marked")


def test_acts_that_come_late_are_marked(carried: Registered) -> None:
    """Verified in July, of which power's day was the 30th of June and industry's the 31st of July."""
    holder = carried.holder()
    carried.when("2026-07-10T04:00:00Z")
    before = calendar(holder)
    carried.owes(holder, INTO, 0)
    after = calendar(holder)

    assert (before["verify.power"]["late"], before["verify.industry"]["late"]) == (True, False)
    assert before["report"]["late"] is None
    done = [after[f"verify.{sector}"] for sector in ("power", "industry")]
    assert [(row["done_on"], row["late"]) for row in done] == [
        ("2026-07-10", True),
        ("2026-07-10", False),
    ]
    assert done[0]["journal_id"] is not None


def test_a_duty_met_is_a_step_done(carried: Registered) -> None:
    """On the day on which nothing was left; a part of it is not all."""
    holder = carried.holder(20_000)
    holder.carry(10_000)
    carried.owes(holder, INTO, 10_000)
    carried.surrender(holder, INTO, INTO, 9_999)
    assert calendar(holder)["surrender"]["done_on"] is None
    carried.surrender(holder, INTO, INTO, 1)
    row = calendar(holder)["surrender"]

    assert (row["done_on"], row["late"]) == ("2026-03-10", False)


def test_where_nothing_is_due_nothing_is_overdue(carried: Registered) -> None:
    """0 t verified are surrendered with that; of a year nothing was verified of, nobody knows."""
    nothing, unknown, owing = carried.holder(), carried.holder(), carried.holder()
    carried.owes(nothing, INTO, 0)
    carried.owes(owing, INTO, 5)
    carried.when("2027-01-05T04:00:00Z")
    told = [calendar(one)["surrender"] for one in (nothing, unknown, owing)]

    assert [(row["done_on"], row["late"]) for row in told] == [
        ("2026-03-10", False),
        (None, None),
        (None, True),
    ]
    reminded = unknown.emitter.get("/v1/reminders", days=0).json()["items"]
    assert "surrender" not in {row["step"] for row in reminded}


def test_the_feed_repeats_to_the_byte_until_something_is_done(carried: Registered) -> None:
    """With the instants of the log, never of now; each step keeps its name."""
    holder = carried.holder()
    first = feed(holder)
    carried.when("2026-03-15T04:00:00Z")
    again = feed(holder)
    carried.owes(holder, INTO, 0)
    later = feed(holder)

    assert first == again
    assert later != first
    names = [[line for line in raw.split(b"\r\n") if line[:4] == b"UID:"] for raw in (first, later)]
    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0]) == 9


def feed(holder: Holder) -> bytes:
    """Ask for one's calendar as a file."""
    answer = holder.emitter.get("/v1/compliance-calendar", ICS, year=INTO)
    assert answer.headers["content-type"].startswith("text/calendar")
    raw: bytes = answer.content
    return raw


def test_reminders_are_what_is_open_and_soon(carried: Registered) -> None:
    """Of every year; what is overdue stays, what nobody can see done goes with its day."""
    holder = carried.holder()
    carried.when("2026-04-05T04:00:00Z")
    told = holder.emitter.get("/v1/reminders", days=10).json()
    found = [
        (row["step"], row["sector"], row["late"]) for row in told["items"] if row["year"] == INTO
    ]

    assert (told["today"], told["until"]) == ("2026-04-05", "2026-04-15")
    assert found == [("pre", "industry", False)]
    carried.when("2026-04-11T04:00:00Z")
    told = holder.emitter.get("/v1/reminders", days=0).json()
    assert ("pre", True) in [(row["step"], row["late"]) for row in told["items"]]


def test_a_calendar_is_its_party_s(carried: Registered) -> None:
    """A stranger's is as if it were not there; whoever oversees the party sees it."""
    holder, stranger = carried.holder(), carried.holder()
    path = f"/v1/compliance-calendar/{holder.emitter.party}"
    own = holder.emitter.get("/v1/compliance-calendar", year=INTO).json()

    assert refusal(stranger.emitter.get(path, year=INTO)) == (404, "not_found")
    assert carried.regulator.get(path, year=INTO).json() == own
    assert refusal(holder.emitter.get("/v1/compliance-calendar", year=1999))[0] == 400
