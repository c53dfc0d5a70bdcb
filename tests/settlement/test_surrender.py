"""Duties at the book: signed, made in versions, met within the room for reductions, passed on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.doctor import examine
from ledger.posting.answers import Answer
from settlement.keys import KeyRevocation, revoke_key
from settlement.surrendering import SurrenderOrder, surrender
from settlement.verifying import EmissionOrder, verification, verify_emissions, verify_many
from tests import carbon
from tests.databases import Clones
from tests.registry import NAME, OPERATOR, code_of, rows
from tests.settlement.duty_case import YEAR, Case, Emitter, done, opened_case, told

SHARE = 'value = "0.05", document = "measures_2021", article = "29", evidence = "found"'


@pytest.fixture(scope="module")
def case(clones: Clones) -> Iterator[Case]:
    """Open one registry; each test has an emitter of its own."""
    with clones.fresh() as urls, opened_case(urls) as found:
        yield found


@pytest.fixture
def own_case(clones: Clones) -> Iterator[Case]:
    """Open a registry for one test, which changes the law in it."""
    with clones.fresh() as urls, opened_case(urls) as found:
        yield found


def test_the_worked_case_to_the_tonne(own_case: Case) -> None:
    """V-12: 1,000,007 t due, 50,000 t of it CCER at most, and one tonne short."""
    one = own_case.emitter(2024, 2025, 2026, each=1_000_000)
    done(one.verify(1_000_007))
    done(one.bring(60_000))
    assert one.stands().ccer_room == 50_000

    assert code_of(one.surrender(10, vintage=2024)) == "vintage_not_usable"
    assert code_of(one.surrender(950_006, ccer=50_001)) == "ccer_room_short"
    assert code_of(one.surrender(950_008, ccer=50_000)) == "surrender_above_duty"
    handed = told(one.surrender(950_006, ccer=50_000))
    assert (handed["surrendered"], handed["due_left"]) == (1_000_006, 1)
    assert (one.stands().status, one.stands().due, one.stands().ccer) == ("DUE", 1, 50_000)
    assert code_of(one.surrender(ccer=1)) == "ccer_room_short"
    done(one.surrender(1, vintage=2026))
    assert one.stands().status == "COMPLIED"
    assert examine(own_case.urls.owner, NAME) == []


# Signed by the verifier


def test_nothing_is_due_on_an_unsigned_word(case: Case) -> None:
    """From 2025 on; 2024 was verified before there was anybody to sign."""
    one = case.emitter()
    order = one.order(5)

    answer = case.ask(lambda r, a: verify_emissions(r, a, order))
    assert code_of(answer) == "verification_unsigned"
    assert answer.outcome is not None
    assert answer.outcome["facts"]["version"] == 1
    done(case.ask(lambda r, a: verify_emissions(r, a, replace(order, compliance_year=2024))))
    assert (one.stands().due, one.stands(year=2024).due) == (0, 5)


@pytest.mark.parametrize(
    "changes",
    [
        {"tco2e": 6},
        {"compliance_year": 2026},
        {"document_no": "another"},
        {"verifier": 2},
        {"party": 2},
        {"key": 2**40},
        {"signature": bytes(64)},
    ],
    ids=str,
)
def test_a_signature_is_over_every_figure(case: Case, changes: dict[str, Any]) -> None:
    """One of them changed, and it is none."""
    one = case.emitter()
    order = signed(case, one.order(5), 1)
    if "verifier" in changes or "party" in changes:
        changes = dict.fromkeys(changes, case.emitter().party)

    answer = case.ask(lambda r, a: verify_emissions(r, a, replace(order, **changes)))
    assert code_of(answer) == "verification_signature_wrong"
    done(case.ask(lambda r, a: verify_emissions(r, a, order)))


def test_no_other_s_key_signs_for_a_verifier(case: Case) -> None:
    """Exactly these figures, by a key in force of somebody else."""
    one, other = case.emitter(), case.emitter()
    key, private = carbon.key_of(case.registry, other.party)
    text = verification(case.registry.desk.log, one.order(5), 1).statement
    order = replace(one.order(5), key=key, signature=private.sign(text.encode()))

    answer = case.ask(lambda r, a: verify_emissions(r, a, order))
    assert code_of(answer) == "verification_signature_wrong"


def test_a_version_s_signature_is_not_the_next_one_s(case: Case) -> None:
    """What was signed once makes nothing due again."""
    one = case.emitter()
    order = signed(case, one.order(5), 1)
    done(case.ask(lambda r, a: verify_emissions(r, a, order)))

    again = case.ask(lambda r, a: verify_emissions(r, a, order))
    assert code_of(again) == "verification_signature_wrong"
    row = "SELECT version, key, signature FROM verified_emission WHERE party = %s"
    assert rows(case.urls.app, row, one.party) == [(1, order.key, order.signature)]


def test_a_key_that_ended_meanwhile_signs_nothing(own_case: Case) -> None:
    """Neither where that is known, nor where it ends between the decision and its posting."""
    case, one = own_case, own_case.emitter()
    order = signed(case, one.order(5), 1)
    asked = case.registry.asked(OPERATOR, lambda r, a: verify_emissions(r, a, order))
    assert order.key is not None
    ending = KeyRevocation(order.key)
    with case.registry.desk.reader() as read:
        late = asked.command(read)
    done(case.ask(lambda r, a: revoke_key(r, a, ending)))
    [answer] = case.registry.desk.writer.submit([late])

    assert code_of(answer) == "signing_key_ended"
    again = case.ask(lambda r, a: verify_emissions(r, a, order))
    assert code_of(again) == "verification_signature_wrong"


def test_many_are_verified_together_or_none_is(case: Case) -> None:
    """One act each; what one of them lacks lets all be refused."""
    some = [case.emitter() for _ in range(4)]
    done(some[0].verify(3))
    orders = [signed(case, one.order(7), 2 if one is some[0] else 1) for one in some]
    wrong = [*orders[:3], replace(orders[3], tco2e=8)]

    answer = case.ask(lambda r, a: verify_many(r, a, wrong))
    assert code_of(answer) == "verification_signature_wrong"
    assert [one.stands().due for one in some] == [3, 0, 0, 0]
    done(case.ask(lambda r, a: verify_many(r, a, orders)))
    assert [(one.stands().version, one.stands().due) for one in some] == [(2, 7)] + [(1, 7)] * 3


def signed(case: Case, order: EmissionOrder, version: int) -> EmissionOrder:
    """Sign an order as a version."""
    key, private = carbon.key_of(case.registry, order.verifier)
    text = verification(case.registry.desk.log, order, version).statement
    return replace(order, key=key, signature=private.sign(text.encode()))


# Versions


def test_room_follows_the_share_in_force(own_case: Case) -> None:
    """F6: a later version takes back what the old share granted too much."""
    case, one = own_case, own_case.emitter()
    done(one.verify(1_000_000))
    assert one.stands().ccer_room == 50_000
    case.amend("ccer", SHARE, SHARE.replace("0.05", "0.04"))

    done(one.verify(1_000_000))
    assert (one.stands().due, one.stands().ccer_room) == (1_000_000, 40_000)
    done(one.verify(500_000))
    assert one.stands().ccer_room == 20_000


def test_no_version_is_below_what_was_handed_in(case: Case) -> None:
    """F9: neither the duty nor its room; taken back, it may be."""
    one = case.emitter(2025)
    done(one.verify(1_000))
    done(one.bring(50))
    handed = one.surrender(ccer=50)
    done(one.surrender(400))

    below = one.verify(449)
    assert code_of(below) == "verified_below_surrendered"
    assert below.outcome is not None
    facts = below.outcome["facts"]
    assert (facts["asked"], facts["surrendered"], facts["ccer"]) == (449, 450, 50)
    assert code_of(one.verify(999)) == "verified_below_surrendered"
    done(one.take_back(handed))
    done(one.verify(400))
    assert (one.stands().due, one.stands().ccer_room) == (0, 20)


def test_a_duty_that_passed_on_changes_with_its_successor(case: Case) -> None:
    """F9: nothing new is due of who is gone; taken back, it is as before."""
    one, successor = case.emitter(), case.emitter(2025)
    done(one.verify(1_000))
    passed = one.pass_on(successor)
    done(passed)

    refused = one.verify(1_200)
    assert code_of(refused) == "duty_passed_on"
    done(successor.verify(200))
    stands = successor.stands()
    assert (stands.verified, stands.taken_over, stands.due, stands.ccer_room) == (
        200,
        1_000,
        1_200,
        60,
    )
    assert one.stands().due == 0


# Handed in for another


def test_another_may_help_and_a_custody_may_not(case: Case) -> None:
    """Units of who helps, the duty of who is helped; what is kept for one emitter serves it alone."""
    rich, poor = case.emitter(2025), case.emitter()
    done(poor.verify(1_000))
    done(rich.bring(50))
    done(rich.surrender(950, ccer=50, on_behalf_of=poor.party))
    assert (poor.stands().status, rich.held("CCER"), rich.held("CEA")) == ("COMPLIED", 0, 9_050)

    keeper = case.registry.party("province")
    custody = case.registry.account(keeper, "province_custody", owner=rich.party)
    done(poor.verify(1_001))
    order = SurrenderOrder(custody, YEAR, ((YEAR, 1),), on_behalf_of=poor.party)
    answer = case.ask(lambda r, a: surrender(r, a, order))
    assert code_of(answer) == "not_in_custody_for"


# Laws

STEP = st.one_of(
    st.tuples(st.just("verify"), st.integers(0, 2_000), st.just(0)),
    st.tuples(st.just("cea"), st.integers(1, 900), st.sampled_from([2024, 2025, 2026])),
    st.tuples(st.just("ccer"), st.integers(1, 60), st.just(0)),
    st.tuples(st.just("back"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("pass"), st.just(0), st.just(0)),
    st.tuples(st.just("days"), st.integers(1, 3), st.just(0)),
)
Story = list[tuple[str, int, int]]


class Life:
    """What an emitter and its successor live, by any order of acts; refused ones change nothing."""

    def __init__(self, case: Case) -> None:
        """Begin with allowances, reductions and a duty."""
        self.case = case
        self.first, self.next = case.emitter(2024, 2025, 2026), case.emitter()
        done(self.first.verify(1_000))
        done(self.first.bring(200))
        self.done: list[Answer] = []

    @property
    def holders(self) -> tuple[Emitter, Emitter]:
        """Whoever may have a duty."""
        return self.first, self.next

    def do(self, step: tuple[str, int, int]) -> None:
        """Do one of the things that may happen."""
        verb, amount, vintage = step
        match verb:
            case "days":
                self.case.pass_days(amount)
            case "back" if self.done:
                self.first.take_back(self.done[amount % len(self.done)])
            case "verify":
                self.first.verify(amount)
            case "pass":
                self._note(self.first.pass_on(self.next))
            case "cea":
                self._hand_in(cea=amount, vintage=vintage)
            case "ccer":
                self._hand_in(ccer=amount)
            case _:
                assert verb == "back", verb  # of nothing yet

    def _hand_in(self, cea: int = 0, ccer: int = 0, vintage: int = YEAR) -> None:
        for one in self.holders:
            self._note(one.surrender(cea, ccer, vintage))

    def _note(self, answer: Answer) -> None:
        if code_of(answer) is None:
            self.done.append(answer)

    def check(self) -> None:
        """INV-12: reductions within the share of what is verified, and no vintage the year does not take."""
        stands = [one.stands() for one in self.holders]
        verified = sum(each.verified for each in stands)
        assert sum(each.ccer for each in stands) <= verified * 5 // 100
        assert sum(each.ccer + each.ccer_room for each in stands) == verified * 5 // 100
        assert sum(each.surrendered + each.due for each in stands) == verified
        assert all(min(each.due, each.ccer_room, each.ccer) >= 0 for each in stands)
        query = (
            "SELECT DISTINCT i.code FROM posting p JOIN instrument i ON i.id = p.instrument"
            " WHERE p.credit = 7 AND p.debit = ANY(%s) AND i.code LIKE 'CEA-%%'"
        )
        accounts = [one.account for one in self.holders]
        codes = {code for (code,) in rows(self.case.urls.app, query, accounts)}
        assert codes <= {"CEA-2025", "CEA-2026"}


@settings(max_examples=20)
@given(st.lists(STEP, max_size=10))
def test_no_order_of_acts_passes_the_room_or_takes_a_wrong_vintage(
    case: Case, story: Story
) -> None:
    """Verified up and down, handed in, taken back, passed on."""
    life = Life(case)
    for step in story:
        life.do(step)
        life.check()


@settings(max_examples=20)
@given(st.lists(STEP, max_size=6), st.lists(STEP, max_size=6))
def test_a_past_day_stands_as_it_stood(case: Case, before: Story, after: Story) -> None:
    """Whatever is done later, and whatever of the day is taken back later."""
    life = Life(case)
    for step in before:
        life.do(step)
    day = today(case)
    stood = [one.stands() for one in life.holders]
    case.pass_days(1)
    for step in after:
        life.do(step)

    assert [one.stands(day) for one in life.holders] == stood


def today(case: Case) -> date:
    """Tell the registry's day."""
    with case.registry.desk.reader() as read:
        return read.day
