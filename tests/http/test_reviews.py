"""Reviews through the doors: asked for within seven working days, decided within ten, by the authority."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from tests.http.carrying import INTO, Holder, Registered, registered_at
from tests.http.doors import As, Json
from tests.http.market import refusal
from tests.http.sealed import seal
from tests.registry import NAME

BEFORE_HOLIDAY: Final = "2026-09-24T04:00:00Z"  # seven working days end on 2026-10-12
_PAPERS: Final = map(str, count(1))
RULING: Final = {"outcome": "upheld", "document_no": "复核-1"}


@pytest.fixture
def carried(database: Urls) -> Iterator[Registered]:
    """Open a registry of one's own, just before the National Day; doctor finds nothing at the end."""
    with registered_at(database, BEFORE_HOLIDAY) as opened:
        yield opened
        assert examine(database.owner, NAME) == []


def paper(one: As) -> str:
    """Put evidence on file."""
    answer = one.raw("/v1/documents?title=evidence", next(_PAPERS).encode(), "text/plain")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["document_id"])


def asking(one: As, journal: str) -> Any:
    """Ask for a review."""
    body = {"journal_id": journal, "reason": "核查数据有误", "document_ids": [paper(one)]}
    return one.post("/v1/objections", body)


def province_of(carried: Registered) -> tuple[As, As]:
    """Give two persons of the province that the holders are in."""
    return carried.door.pair("province")


def test_seven_working_days_pass_over_the_holidays(carried: Registered) -> None:
    """Told on 2026-09-24: asked for until 2026-10-12, its last minute included."""
    holder = carried.holder()
    journal = carried.owes(holder, INTO, 100)
    carried.when("2026-10-12T15:59:59Z")
    asked = asking(holder.emitter, journal)
    carried.when("2026-10-12T16:00:00Z")
    late = asking(holder.emitter, journal)

    assert (asked.status_code, asked.json()["decide_by"]) == (201, "2026-10-26")
    assert refusal(late) == (422, "review_too_late")
    assert late.json()["facts"]["last_day"] == "2026-10-12"


@pytest.mark.parametrize(
    ("when", "late"), [("2026-10-15T15:59:59Z", False), ("2026-10-15T16:00:00Z", True)]
)
def test_a_review_decided_late_is_decided_and_marked(
    carried: Registered, when: str, *, late: bool
) -> None:
    """Ten working days after it was asked for; a second person of the province decides."""
    holder = carried.holder()
    maker, checker = province_of(carried)
    filed = asking(holder.emitter, carried.owes(holder, INTO, 100)).json()
    carried.when(when)
    waiting = maker.must(f"/v1/objections/{filed['objection_id']}/decide", RULING)
    told = carried.door.decided(checker, waiting)

    assert (told["outcome"], told["late"]) == ("upheld", late)
    seen = holder.emitter.get(f"/v1/objections/{filed['objection_id']}").json()
    assert (seen["outcome"], seen["document_no"]) == ("upheld", "复核-1")


def test_reviews_are_the_authority_s_to_decide(carried: Registered) -> None:
    """The issuer decides about certificates; the emitter about nothing."""
    holder = carried.holder()
    filed = asking(holder.emitter, carried.owes(holder, INTO, 100)).json()
    path = f"/v1/objections/{filed['objection_id']}/decide"

    for role in ("issuer", "emitter", "operator"):
        person = carried.door.person(role)
        assert refusal(person.post(path, RULING)) == (403, "forbidden"), role
    away = carried.door.person("province", carried.door.party("province", province="11"))
    assert refusal(away.post(path, RULING)) == (404, "not_found")
    assert carried.regulator.post(path, RULING).status_code == 202


def test_a_result_that_moved_nothing_is_reviewed_as_well(
    carried: Registered, database: Urls
) -> None:
    """0 t verified, and the same figure again: the emitter sees the record, and doubts it."""
    holder, stranger = carried.holder(), carried.holder()
    for tco2e in (0, 0):
        journal = carried.owes(holder, INTO, tco2e)
        seen = holder.emitter.get(f"/v1/journals/{journal}")
        asked = asking(holder.emitter, journal)

        assert (seen.status_code, seen.json()["postings"]) == (200, [])
        assert (asked.status_code, asked.json()["decide_by"]) == (201, "2026-10-15")
        assert refusal(asking(stranger.emitter, journal)) == (404, "not_found")
        assert refusal(asking(province_of(carried)[0], journal)) == (422, "not_part_of_act")
    seal(database, carried.door.home)
    told = holder.emitter.get("/v1/events").json()["items"]
    assert [event["type"] for event in told].count("cea.verify") == 2


def test_whose_result_it_is_asks_for_the_review(carried: Registered) -> None:
    """Not a stranger, who does not see it, nor the issuer or the province, who have no part in it."""
    holder, stranger = carried.holder(), carried.holder()
    journal = carried.owes(holder, INTO, 100)
    issuer, province = carried.door.person("issuer"), province_of(carried)[0]

    assert refusal(asking(stranger.emitter, journal)) == (404, "not_found")
    for one in (issuer, province):
        assert refusal(asking(one, journal)) == (422, "not_part_of_act")
    assert _listed(holder) == []


def _listed(holder: Holder) -> list[Json]:
    rows: list[Json] = holder.emitter.get("/v1/objections").json()["items"]
    return rows


def test_where_nobody_published_the_holidays_nothing_is_refused(carried: Registered) -> None:
    """The days of 2027 are not known: no last day, no refusal, and nothing marked late."""
    carried.when("2026-12-29T04:00:00Z")
    holder = carried.holder()
    journal = carried.owes(holder, INTO, 100)
    maker, checker = province_of(carried)
    carried.when("2027-03-01T04:00:00Z")
    asked = asking(holder.emitter, journal)
    path = f"/v1/objections/{asked.json()['objection_id']}/decide"
    told = carried.door.decided(checker, maker.must(path, RULING))

    assert (asked.status_code, asked.json()["decide_by"], told["late"]) == (201, None, None)
