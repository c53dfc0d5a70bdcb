"""Closing a budget's year: what is retired with it, what is kept of it, and what it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import jsonschema_rs
import pytest

from ledger.database import Urls
from ledger.doctor import examine
from ledger.log.canonical import leaf_hash
from ledger.log.jcs import jcs
from ledger.model.command import Actor
from schemas.identifiers import IdPrefix, decode_id
from schemas.records.budget_statement import BUDGET_STATEMENT
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.desk import Decision, Reader
from settlement.fossil_budget import book
from settlement.fossil_budget.charge import RECOGNISED
from settlement.fossil_budget.closing import status_of
from settlement.fossil_budget.closing_many import close_many
from settlement.fossil_budget.statement import Status
from tests.registry import OPERATOR, SECOND, code_of, rows
from tests.settlement.mill import (
    KWH_PER_MWH,
    TRADED,
    YEAR,
    Mill,
    World,
    gce,
    opened_world,
    result,
    steel,
    two_persons,
)


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def ready(world: World, certificates: int = 0, **decided: Any) -> Mill:
    """Give the steel mill of the worked case, its traded energy confirmed."""
    mill = steel(world, certificates, **decided)
    assert code_of(mill.confirm(traded=TRADED)) is None
    return mill


def kept(world: World, mill: Mill) -> list[tuple[int, bytes, bytes]]:
    """Read the statements of a budget, with the digests beside them."""
    query = "SELECT n, bytes, sha256 FROM budget_statement WHERE budget = %s ORDER BY n"
    return [
        (n, bytes(raw), bytes(digest)) for n, raw, digest in rows(world.url, query, mill.budget)
    ]


def document(world: World, mill: Mill) -> dict[str, Any]:
    """Read the last statement of a budget."""
    told: dict[str, Any] = json.loads(kept(world, mill)[-1][1])
    return told


def record(world: World, kind: str) -> dict[str, Any]:
    """Read the body of the last record of a kind."""
    query = "SELECT body FROM journal WHERE kind = %s ORDER BY seq DESC LIMIT 1"
    [(raw,)] = rows(world.url, query, kind)
    body: dict[str, Any] = json.loads(bytes(raw))["body"]
    return body


# What is kept


def test_a_statement_is_kept_as_the_record_names_it(world: World) -> None:
    """RFC 8785 bytes of the published shape; their SHA-256 stands in the log."""
    mill = ready(world, 1_500_000)
    mill.auto()
    closed = result(mill.close())

    [(n, raw, digest)] = kept(world, mill)
    told = json.loads(raw)
    jsonschema_rs.validator_for(BUDGET_STATEMENT).validate(told)
    assert jcs(told) == raw
    assert (n, told["n"], told["supersedes"]) == (1, "1", None)
    named = record(world, "budget.close")
    assert named["statement_sha256"] == closed["statement_sha256"] == digest.hex()
    assert sha256(raw).digest() == digest
    assert (named["n"], "supersedes" in named) == ("1", False)
    assert (told["status"], told["balance_gce"]) == ("MET_WITH_OFFSET", "58800")
    assert (told["modes"]["net"]["traded_gce"], told["consequence"]) == (str(gce("18435")), None)


def test_every_input_names_an_act_and_its_leaf(world: World) -> None:
    """Whoever has the log finds each by its journal, and hashes it."""
    mill = ready(world, 100)
    world.sell(mill, 40, "green_power")
    mill.offer(mill.retire(60))
    mill.close()

    inputs = document(world, mill)["inputs"]
    assert sorted(one["what"] for one in inputs) == [
        "budget.set",
        "confirm.traded",
        "consumption",
        "factor.k",
        "gec.retire",
        "transfer.green_power",
    ]
    for one in inputs:
        journal = decode_id(IdPrefix.JOURNAL, one["journal"])
        [(body,)] = rows(world.url, "SELECT body FROM journal WHERE seq = %s", journal)
        assert leaf_hash(bytes(body)).hex() == one["leaf"]


def test_a_statement_says_what_is_open_in_both_languages(world: World) -> None:
    """Each value by name, with document and standing, and the sentence the unit is told today."""
    mill = ready(world)
    today = {point["name"]: point for point in mill.told()["open_points"]}
    mill.close()

    points = document(world, mill)["open_points"]
    assert {point["name"] for point in points} == today.keys()
    for point in points:
        assert point == {name: today[point["name"]][name] for name in point}
        assert point.keys() == {"name", "value", "unit", "document", "evidence", "zh", "en"}
    assert record(world, "budget.close")["open_points"] == [*today]


def test_a_statement_names_the_figures_that_were_entered(world: World) -> None:
    """k is always one of them; of two caps, the one that the certificates offered come under."""
    for direction in ("in_province", "out_of_province"):
        assert code_of(world.cap(50, direction)) is None
    mill, bare = ready(world, 100), ready(world)
    mill.offer(mill.retire(60))
    for unit in (mill, bare):
        unit.close()

    told = [
        {point["name"]: point for point in document(world, unit)["open_points"]}
        for unit in (mill, bare)
    ]
    entered = [
        {
            name: (p["value"], p["document"])
            for name, p in each.items()
            if p["evidence"] == "entered"
        }
        for each in told
    ]
    assert entered == [
        {"k": ("0.25", "doc k"), "cap_in_province": ("50", "doc c")},
        {"k": ("0.25", "doc k")},
    ]
    assert told[0]["cap_in_province"]["zh"].startswith("cap_in_province = 50 certificate，为填报值")


def test_both_modes_and_what_follows_are_told_where_they_differ(world: World) -> None:
    """1,980,000 tce cannot be met in net; in gross 1,222,706 certificates would do."""
    mill = ready(world, 1_650_000, budget_gce=gce("1980000"))
    mill.auto()
    closed = result(mill.close())
    told = document(world, mill)

    assert (told["status"], told["modes"]["gross"]["status"]) == ("NOT_MET", "MET_WITH_OFFSET")
    assert told["balance_gce"] == str(-gce("2790.5"))
    assert set(told["consequence"]) == {"zh", "en"}
    assert told["consequence"] == closed["consequence"] == mill.told()["consequence"]
    assert told["consequence"]["en"].startswith("Net mode decides")


def test_gross_is_closed_with_1_222_706_certificates(world: World) -> None:
    """Where the regulator's mode is gross the same unit has met its budget, by fewer certificates."""
    mill = ready(world, 1_650_000, budget_gce=gce("1980000"), mode="gross")

    assert result(mill.auto())["retired"] == 1_222_706
    assert result(mill.close())["status"] == "MET_WITH_OFFSET"
    told = document(world, mill)
    assert (told["mode"], told["modes"]["net"]["status"]) == ("gross", "NOT_MET")
    assert told["consequence"]["en"].startswith("Gross mode decides")
    assert mill.balance() == int(told["balance_gce"]) == 1_222_706 * 122_900 - gce("150270.5")


def test_a_closing_is_decided_again_where_room_under_its_cap_came_free_meanwhile(
    world: World,
) -> None:
    """It tells how many certificates found no room: in the log's order there would have been some."""
    assert code_of(world.cap(50)) is None
    first, second = ready(world, 50), ready(world, 40)
    for mill, count in ((first, 50), (second, 40)):
        assert code_of(mill.offer(mill.retire(count))) is None
    registry = world.registry
    order = ApprovalOrder("test", b"{}")
    number = registry.must(OPERATOR, lambda r, a: open_approval(r, a, order), "approval_id")
    asked = registry.asked(
        SECOND, lambda r, a: approve(r, a, number, book.close(r, OPERATOR, second.budget))
    )
    with registry.desk.reader() as read:
        command = asked.command(read)
    used = {"electricity": {"grid_offtake_kwh": 20_500}}
    assert code_of(first.charge(used)) is None
    [answer] = registry.desk.writer.submit([command])

    assert answer.outcome is None
    assert code_of(registry.put(asked)) is None
    assert [run["count"] for run in document(world, second)["recognised"]] == ["30"]


# What closes with it


def test_green_power_in_the_statement_is_retired_with_it(world: World) -> None:
    """For this unit and year, in the same group; not the year before's, nor what is offered anyway."""
    mill = ready(world)
    world.sell(mill, 1_000, "green_power")
    before = mill.told()
    closed = result(mill.close())

    named = record(world, "gec.retire")
    code = {
        "beneficiary_code": mill.code,
        "purpose": "fossil_budget",
        "consumption_year": str(YEAR),
    }
    assert {**named, **code, "quantity": "1000"} == named
    assert record(world, "budget.close")["retirement_ids"] == [named["retirement_id"]]
    assert closed["traded_kwh"] == before["traded_kwh"] == TRADED + 1_000 * KWH_PER_MWH
    assert [run["count"] for run in document(world, mill)["traded"]] == ["1000"]
    held = "SELECT posted FROM balance WHERE account = %s AND instrument = 1"
    assert rows(world.url, held, mill.user) == [(0,)]
    groups = "SELECT grp, count(*) FROM journal WHERE kind IN ('gec.retire', 'budget.close') GROUP BY grp"
    assert [count for _, count in rows(world.url, groups)] == [2]


def test_what_a_closing_retired_serves_no_other_budget(world: World) -> None:
    """Neither this one again, nor another unit's."""
    mill, other = ready(world), steel(world)
    world.sell(mill, 30, "green_power")
    mill.close()
    number = decode_id(IdPrefix.RETIREMENT, record(world, "gec.retire")["retirement_id"])
    assert number is not None

    assert code_of(other.offer(number)) == "retirement_unknown"
    with pytest.raises(AssertionError, match="units_short"):
        mill.retire(1)


def test_what_is_used_up_between_decision_and_posting_is_not_counted(world: World) -> None:
    """The closing rests on the certificates as it read them: it is decided anew, and counts the rest."""
    mill = ready(world)
    world.sell(mill, 50, "green_power")
    tries: list[int] = []

    def decide(read: Reader, _: Actor) -> Decision:
        decision = book.close(read, OPERATOR, mill.budget)
        if not tries:
            mill.retire(20, purpose="voluntary")
        tries.append(len(decision.acts))
        return decision

    closed = result(two_persons(world.registry, decide))
    assert len(tries) == 2
    assert closed["traded_kwh"] == TRADED + 30 * KWH_PER_MWH
    assert [run["count"] for run in document(world, mill)["traded"]] == ["30"]


@pytest.mark.parametrize("together", [False, True])
def test_what_an_agent_retires_between_decision_and_posting_is_counted(
    world: World, together: bool
) -> None:
    """The closing rests on what agents keep for the unit, too: decided anew, it counts what was retired."""
    mill = ready(world)
    kept_for = world.agent_of(mill)
    world.move(kept_for, world.lot(50), 50, "green_power")
    tries: list[int] = []

    def decide(read: Reader, _: Actor) -> Decision:
        decision = (
            close_many(read, OPERATOR, [mill.budget])
            if together
            else book.close(read, OPERATOR, mill.budget)
        )
        if not tries:
            kept_for.retire(20)
        tries.append(len(decision.acts))
        return decision

    result(two_persons(world.registry, decide))
    assert len(tries) == 2
    told = document(world, mill)
    assert told["energy"]["traded_ledger_kwh"] == str(20 * KWH_PER_MWH)
    assert [run["count"] for run in told["traded"]] == ["20"]


def test_traded_energy_that_nobody_confirmed_bars_the_closing(world: World) -> None:
    """A kWh too little is too little; what is confirmed beyond the report does no harm."""
    mill = steel(world)
    mill.confirm(traded=TRADED - 1)
    refused = mill.close()
    assert code_of(refused) == "traded_unconfirmed"
    assert refused.outcome is not None
    assert refused.outcome["facts"]["confirmed_kwh"] == TRADED - 1

    mill.confirm(traded=TRADED + 1)
    assert result(mill.close())["status"] == "NOT_MET"


@pytest.mark.parametrize(
    ("balance", "taken_off", "status"),
    [
        (-1, 10, Status.NOT_MET),
        (0, 0, Status.MET),
        (5, 5, Status.MET),
        (4, 5, Status.MET_WITH_OFFSET),
    ],
)
def test_the_status_is_read_off_the_account(balance: int, taken_off: int, status: Status) -> None:
    """Overdrawn; within; within only by what was taken off."""
    whole = dict.fromkeys(RECOGNISED, 0) | {RECOGNISED[0]: taken_off}
    assert status_of(balance, whole) is status


def test_doctor_compares_statements_with_the_log(database: Urls) -> None:
    """All three closings fit: without green power, with it, and a neighbour's."""
    with opened_world(database.app) as world:
        for green in (0, 10, 20):
            mill = ready(world, 5)
            if green:
                world.sell(mill, green, "green_power")
            assert code_of(mill.close()) is None
    assert examine(database.owner, "registry") == []
