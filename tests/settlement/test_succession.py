"""Succession of emitters: rooms go with duties, reductions too, and what a province keeps it keeps on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.posting.answers import Answer
from settlement.allocating import AllocationOrder, allocate
from settlement.registration import AccountOrder, open_account
from settlement.succession import Part, SuccessionOrder, succeed
from settlement.surrendering import SurrenderOrder, surrender
from tests import carbon
from tests.auditor.both import found_in
from tests.auditor.life import read
from tests.databases import Clones
from tests.registry import OPERATOR, code_of, rows
from tests.settlement.duty_case import YEAR, Case, Emitter, done, opened_case
from tests.settlement.mill import two_persons

DUE, ROOM = f"DUE-CEA-{YEAR}", f"CCER-ROOM-{YEAR}"


@pytest.fixture(scope="module")
def case(clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Open one registry, sound to auditors; each test has emitters of its own."""
    with clones.fresh() as urls, opened_case(urls) as found:
        yield found
        assert found_in(read(urls, tmp_path_factory.mktemp("evidence"))) is None


def split(giver: Emitter, taker: Emitter, **units: int) -> Answer:
    """Pass parts of a duty account on, by family."""
    query = "SELECT id FROM account WHERE party = %s AND class = 'duty'"
    [(account,)] = rows(giver.case.urls.app, query, giver.party)
    codes = {"due": DUE, "room": ROOM}
    parts = tuple(Part(account, codes[name], units) for name, units in units.items())
    order = SuccessionOrder(giver.party, taker.party, "doc", parts)
    return two_persons(giver.case.registry, lambda r, a: succeed(r, a, order))


def custody(case: Case, province: int, emitter: Emitter) -> int:
    """Open an account that a province keeps for an emitter."""
    order = AccountOrder(province, "province_custody", on_behalf_of=emitter.party)
    return case.registry.must(OPERATOR, lambda r, a: open_account(r, a, order), "account_id")


def test_room_passes_with_its_share_of_the_duty_and_not_beyond(case: Case) -> None:
    """Of 1,000 t there are 50 t of room; 399 t carry 19."""
    one, other = case.emitter(), case.emitter()
    done(one.verify(1000))

    assert code_of(split(one, other, room=1)) == "room_without_duty"
    assert code_of(split(one, other, due=399, room=20)) == "room_without_duty"
    done(split(one, other, due=399, room=19))
    assert (other.held("DUE-CEA"), other.held("CCER-ROOM")) == (399, 19)


def test_all_that_is_left_of_a_duty_carries_all_that_is_left_of_its_room(case: Case) -> None:
    """However little of the duty there is, since the rest was handed in."""
    one, other = case.emitter(YEAR), case.emitter()
    done(one.verify(1000))
    done(one.surrender(990))

    done(split(one, other, due=10, room=50))
    assert (other.held("DUE-CEA"), other.held("CCER-ROOM")) == (10, 50)


def test_reductions_pass_on_and_are_handed_in_by_the_successor(case: Case) -> None:
    """Their day and evidence go with them."""
    one, other = case.emitter(), case.emitter()
    done(one.verify(1000))
    done(one.bring(30))

    done(one.pass_on(other))
    assert (one.held("CCER"), other.held("CCER")) == (0, 30)
    done(other.surrender(0, ccer=30))
    assert other.held("DUE-CEA") == 970


def test_what_a_province_keeps_for_an_emitter_it_keeps_for_its_successor(case: Case) -> None:
    """The units serve the duty that passed; the account is opened along, and used again."""
    [(province,)] = rows(case.urls.app, "SELECT party FROM account WHERE id = %s", case.pool)
    one, two, heir = case.emitter(), case.emitter(), case.emitter()
    for emitter in (one, two):
        kept = custody(case, province, emitter)
        carbon.given(case.registry, case.pool, kept, YEAR, 100)
        done(emitter.verify(60))
        done(emitter.pass_on(heir))

    query = "SELECT a.id, b.posted FROM account AS a JOIN balance AS b ON b.account = a.id"
    found = rows(case.urls.app, f"{query} WHERE a.on_behalf_of = %s", heir.party)
    assert [units for _, units in found] == [200]
    handed = SurrenderOrder(found[0][0], YEAR, ((YEAR, 120),))
    done(case.ask(lambda r, a: surrender(r, a, handed)))
    assert heir.held("DUE-CEA") == 0


def test_a_quota_that_passed_on_is_allocated_at_a_stage_that_its_giver_was_approved(
    case: Case,
) -> None:
    """Also from hand to hand; a stage that nobody was approved is none."""
    one, two, heir = case.emitter(), case.emitter(), case.emitter()
    carbon.entitled(case.registry, one.party, YEAR, 100)
    done(one.pass_on(two))
    done(two.pass_on(heir))

    def given(stage: str) -> Answer:
        order = AllocationOrder(case.pool, heir.account, YEAR, 50, stage, "doc")
        return case.ask(lambda r, a: allocate(r, a, order))

    refused = [code_of(given(stage)) for stage in ("pre", "final", "true_up")]
    assert refused == ["stage_not_approved"] * 3
    done(given("auction"))
    assert heir.held("CEA") == 50
