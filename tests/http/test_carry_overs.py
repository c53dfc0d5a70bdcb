"""Carry-over through the doors: its windows, its batches, and who may ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from ledger.log.canonical import canonical
from tests.auditor.both import found_in
from tests.auditor.life import Life, read
from tests.carbon import given_at
from tests.http.carrying import OLD, Registered, registered_at
from tests.http.market import refusal
from tests.registry import NAME


@pytest.fixture
def carried(database: Urls, tmp_path: Path) -> Iterator[Registered]:
    """Open a registry of one's own; whatever was done in it, doctor and auditors find nothing."""
    with registered_at(database) as opened:
        yield opened
        assert examine(database.owner, NAME) == []
        assert found_in(read(database, tmp_path)) is None


def test_a_request_sets_its_units_aside(carried: Registered) -> None:
    """They serve nothing else; refused, they are free again, and so is their room."""
    holder = carried.holder(20_000, sold=100_000)
    waiting = holder.ask(20_000).json()
    given_up = {"account": holder.account, "vintage": OLD, "quantity": 1, "reason": "x"}
    blocked = holder.emitter.post("/v1/allowances/cancellations", given_up)
    rejected = holder.decide(waiting, "reject")

    assert refusal(blocked) == (422, "units_short")
    assert (rejected.status_code, holder.limit()["left"]) == (200, 20_000)
    assert holder.carry(20_000)["left"] == 0


def test_it_is_asked_for_within_its_days(carried: Registered) -> None:
    """From the first day after the record day to 2026-06-10; decided later is as good."""
    holder = carried.holder(50_000)
    carried.when("2026-06-10T15:59:59Z")
    waiting = holder.ask(10).json()
    carried.when("2026-06-10T16:00:00Z")
    late = holder.ask(10)
    done = holder.decide(waiting)

    assert refusal(late) == (422, "carry_over_closed")
    assert "2026-01-01" in late.json()["detail"]
    assert (waiting["batch"], waiting["batch_done"]) == (2, "2026-06-26")
    assert (done.json()["late"], done.json()["credited_by"]) == (False, "2026-07-03")


def test_units_that_come_late_are_marked(carried: Registered) -> None:
    """Five working days after the batch is done; 2026-04-06 is a holiday."""
    holder = carried.holder(50_000)
    waiting = holder.ask(10).json()
    carried.when("2026-04-03T16:00:00Z")
    done = holder.decide(waiting).json()

    assert (waiting["batch"], waiting["batch_closes"]) == (1, "2026-03-20")
    assert (done["credited_by"], done["late"]) == ("2026-04-03", True)


@pytest.mark.parametrize("vintage", [2018, 2025, 2026])
def test_only_old_vintages_are_carried(carried: Registered, vintage: int) -> None:
    """2019 to 2024."""
    holder = carried.holder(50_000)

    assert refusal(holder.ask(1, vintage)) == (422, "carry_over_vintage")


def test_nothing_is_carried_into_other_years_or_from_other_accounts(carried: Registered) -> None:
    """The rule is of 2025; units go out of the account they are handed in from."""
    holder = carried.holder(50_000)
    trading = carried.door.account(holder.emitter.party, "cea_trading")
    other = f"/v1/carry-overs/{holder.emitter.party}"

    assert refusal(holder.ask(1, year=2026)) == (422, "rule_not_in_force")
    assert refusal(holder.ask(1, account=trading)) == (422, "movement_not_allowed")
    for year in ("2026", "1999", "9" * 20):
        assert refusal(holder.emitter.get(f"{other}/{year}")) == (404, "not_found")


def test_nobody_decides_for_itself(carried: Registered) -> None:
    """Neither the maker nor a colleague: the registry's operator or the regulator does."""
    holder = carried.holder(50_000)
    waiting = holder.ask(10).json()
    address = f"/v1/approvals/{waiting['approval_id']}/approve"
    colleague = carried.door.person("emitter", holder.emitter.party)

    assert refusal(colleague.bare(address)) == (403, "forbidden")
    assert refusal(carried.door.operator.post("/v1/carry-overs", {})) == (400, "validation_failed")
    stranger = carried.holder(1)
    holder.account, stranger.account = stranger.account, holder.account
    assert refusal(stranger.ask(1)) == (404, "not_found")


def test_the_limit_says_what_it_rests_on(carried: Registered) -> None:
    """Figures with their evidence: our own reading of whose clause this is, and the notice as reprinted."""
    told = carried.holder(50_000).limit()
    points = {point["name"]: point["evidence"] for point in told["open_points"]}

    assert points["cea.carry.sectors"] == "own"
    assert points["calendar.closed"] == "found_2nd"
    assert [batch["credited_by"] for batch in told["batches"]] == ["2026-04-03", "2026-07-03"]
    assert (told["first_day"], told["last_day"]) == ("2026-01-01", "2026-06-10")


def test_a_party_says_once_where_it_stood(carried: Registered) -> None:
    """A second statement from the same registry would count its trades twice."""
    holder = carried.holder(50_000)
    standing = {"sold": 1, "bought": 0, "on_time": [2023]}
    balance = {"account": holder.account, "vintage": 2023, "quantity": 5, "as_of": "2025-12-31"}
    body = {"source_registry": "old.registry", "reference": "again", "document_no": "x"}
    again = body | {"allowances": [balance | {"standing": standing}]}
    undated = {"account": holder.account, "vintage": 2023, "quantity": 5, "standing": standing}
    wrong = carried.door.operator.post("/v1/opening-balances", body | {"allowances": [undated]})

    answer = carried.door.operator.post("/v1/opening-balances", again)
    assert refusal(answer)[1] == "external_reference_used"
    assert wrong.json()["errors"][0]["code"] == "standing_undated"


@pytest.mark.parametrize(
    ("handed_in", "most"), [("2025-12-31T15:59:59Z", 50_000), ("2025-12-31T16:00:00Z", 0)]
)
def test_a_duty_met_a_second_late_carries_nothing(
    database: Urls, tmp_path: Path, handed_in: str, most: int
) -> None:
    """V-8, last row, from postings of this registry: 2024 was due until the end of 2025-12-31."""
    with registered_at(database, "2025-12-21T04:00:00Z") as carried:
        holder = carried.holder()
        office = carried.door.person("province", carried.province)
        pool = {"province_account": carried.pool}
        given_at(carried.door, office, holder.account, OLD, 60_000, "final", **pool)
        carried.owes(holder, OLD, 10_000)
        carried.when(handed_in)
        assert carried.surrender(holder, OLD, OLD, 10_000).status_code == 201
        carried.when("2026-02-01T04:00:00Z")
        told = holder.limit()

        assert (told["on_time"], told["t_max"]) == (most > 0, min(most, 10_000))
        assert told["holdings"] == (50_000 if most else 60_000)
        if most:
            holder.carry(1_000)
    life = read(database, tmp_path)
    assert found_in(life) is None
    if most:
        _a_second_later(life)


def _a_second_later(life: Life) -> None:
    """Let the duty be met a second later in the log, out of what was held: auditors say it was not met."""
    records = [json.loads(raw) for raw in life.records]
    handed = next(record for record in records if record["kind"] == "cea.surrender")
    handed |= {"at": "2025-12-31T16:00:00.000000Z", "day": "2026-01-01"}
    carried = next(n for n, record in enumerate(records) if record["kind"] == "cea.carry_over")
    records[carried]["body"]["holdings"] = "60000"
    assert found_in(life.but(map(canonical, records))) == ("holdings_mismatch", carried)
