"""Requests decided together: one view for all who wait, and what harms one harms no other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ledger import embedded
from ledger.database import Urls
from ledger.model.command import Act, Expect
from ledger.model.instrument import GEC
from ledger.posting.answers import Answer
from ledger.posting.writer import Unavailable
from ledger.refusals import PartyExists
from settlement.blind import Blind
from settlement.desk import Contended, Decision, Desk, Envelope, Reader
from settlement.registration import PartyOrder, register_party
from tests.crashes.trouble import end_sessions
from tests.registry import (
    OPERATOR,
    SECOND,
    Registry,
    amended,
    code_of,
    credit_code,
    id_of,
    opened,
    rows,
)

SECONDS = 20
_CODES = count(700_000)

Found = Answer | Exception


@pytest.fixture
def registry(database: Urls) -> Iterator[Registry]:
    """Open a registry of its own."""
    with opened(database.app) as found:
        yield found


def registering(code: str | None = None) -> Callable[[Reader], Decision]:
    """Register a party; the same code twice is refused."""
    order = PartyOrder(code or credit_code(next(_CODES)), "party", ("user",), "11")
    return lambda read: register_party(read, OPERATOR, order)


@dataclass
class Crowd:
    """Some who ask the desk, and what each of them heard."""

    desk: Desk
    heard: dict[str, queue.SimpleQueue[Found]] = field(default_factory=dict)

    def ask(
        self, key: str, decide: Callable[[Reader], Decision], body: str = "", actor: object = None
    ) -> None:
        """Ask under a key, without waiting."""
        box: queue.SimpleQueue[Found] = queue.SimpleQueue()
        self.heard[key] = box
        who = SECOND if actor is SECOND else OPERATOR
        self.desk.enqueue(who, Envelope(key, sha256(body.encode()).digest()), decide, box.put)

    def told(self, key: str) -> Found:
        """Wait for what was told."""
        return self.heard[key].get(timeout=SECONDS)

    def answer(self, key: str) -> Answer:
        """Wait for an answer."""
        found = self.told(key)
        assert isinstance(found, Answer), found
        return found

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Keep the desk busy with a first request, so that others wait together meanwhile."""
        busy, free = threading.Event(), threading.Event()
        decide = registering()

        def slowly(read: Reader) -> Decision:
            found = decide(read)  # which needs a view: the desk's own thread comes by here
            busy.set()
            assert free.wait(SECONDS)
            return found

        self.ask("first", slowly)
        assert busy.wait(SECONDS)
        try:
            yield
        finally:
            free.set()
        assert code_of(self.answer("first")) is None


@pytest.fixture
def crowd(registry: Registry) -> Crowd:
    """Gather a crowd."""
    return Crowd(registry.desk)


def test_who_waits_is_decided_on_one_view_and_answered_alone(crowd: Crowd) -> None:
    """One raises, one is refused, one used its key for something else, one repeats: five do not care."""
    registry_code = credit_code(next(_CODES))
    crowd.ask("used", registering(registry_code), "before")
    assert code_of(crowd.answer("used")) is None
    views: list[Reader] = []

    def seen(decide: Callable[[Reader], Decision]) -> Callable[[Reader], Decision]:
        def noted(read: Reader) -> Decision:
            read.conn.execute(text("SELECT 1"))
            views.append(read)
            return decide(read)

        return noted

    def broken(_: Reader) -> Decision:
        raise ZeroDivisionError

    with crowd.waiting():
        for number in range(5):
            crowd.ask(f"good {number}", seen(registering()))
        crowd.ask("broken", seen(broken))
        crowd.ask("refused", seen(registering(registry_code)))
        crowd.ask("used", registering(), "another")
        crowd.ask("theirs", seen(registering()), actor=SECOND)

    assert len({id_of(crowd.answer(f"good {number}"), "party_id") for number in range(5)}) == 5
    assert isinstance(crowd.told("broken"), ZeroDivisionError)
    assert code_of(crowd.answer("refused")) == "party_exists"
    assert code_of(crowd.answer("used")) == "idempotency_key_reused"
    assert code_of(crowd.answer("theirs")) is None
    assert (len(views), len(set(map(id, views)))) == (8, 1)


def test_a_key_met_twice_in_one_group_counts_once(crowd: Crowd, database: Urls) -> None:
    """The second hears the first one's answer; a key already answered is not decided again."""
    decide = registering()
    first: queue.SimpleQueue[Found] = queue.SimpleQueue()
    with crowd.waiting():
        crowd.desk.enqueue(OPERATOR, Envelope("twice", sha256(b"").digest()), decide, first.put)
        crowd.ask("twice", decide)
    one, two = first.get(timeout=SECONDS), crowd.answer("twice")

    def again(read: Reader) -> Decision:
        read.conn.execute(text("SELECT 1"))
        pytest.fail("decided again")

    crowd.ask("twice", again)
    three = crowd.answer("twice")

    assert isinstance(one, Answer)
    assert one.outcome == two.outcome == three.outcome
    assert (one.replayed, two.replayed, three.replayed) == (False, True, True)
    assert rows(database.owner, "SELECT count(*) FROM command WHERE key = 'twice'") == [(1,)]


def test_a_statement_that_breaks_the_view_harms_its_own_request_alone(crowd: Crowd) -> None:
    """The others are decided again, each apart."""

    def breaking(read: Reader) -> Decision:
        read.conn.execute(text("SELECT 1/0"))
        raise AssertionError

    with crowd.waiting():
        crowd.ask("before", registering())
        crowd.ask("breaking", breaking)
        crowd.ask("after", registering())

    assert isinstance(crowd.told("breaking"), DBAPIError)
    assert code_of(crowd.answer("before")) is None
    assert code_of(crowd.answer("after")) is None


def test_a_group_whose_session_is_killed_is_decided_again(
    crowd: Crowd, database: Urls, server: embedded.Server
) -> None:
    """In the midst of it; nobody hears of it, and nothing is done twice."""
    kills, decide = count(), registering()

    def killing(read: Reader) -> Decision:
        if next(kills) == 0:
            end_sessions(server.url_superuser, database.app)
        read.conn.execute(text("SELECT 1"))
        return decide(read)

    with crowd.waiting():
        names = [f"calm {number}" for number in range(4)]
        crowd.ask("killing", killing)
        for name in names:
            crowd.ask(name, registering())

    assert [code_of(crowd.answer(name)) for name in ("killing", *names)] == [None] * 5
    assert next(kills) == 2
    query = "SELECT count(*) FROM command WHERE key LIKE 'calm%%' AND grp IS NOT NULL"
    assert rows(database.owner, query) == [(4,)]


def test_whoever_waits_when_the_desk_closes_is_answered(crowd: Crowd) -> None:
    """What has begun is done; who comes later is turned away."""
    with crowd.waiting():
        for number in range(3):
            crowd.ask(f"waiting {number}", registering())
        closing = threading.Thread(target=crowd.desk.close)
        closing.start()
        while not crowd.desk._gathering._closed:
            closing.join(0.01)
        with pytest.raises(Unavailable):
            crowd.ask("late", registering())
    closing.join(SECONDS)

    assert [code_of(crowd.answer(f"waiting {number}")) for number in range(3)] == [None] * 3


def test_facts_that_keep_moving_are_given_up_for_one_and_not_for_all(crowd: Crowd) -> None:
    """Decided five times, each time with the others who wait; then its caller is to come back."""
    tries = count()

    def late(_: Reader) -> Decision:
        return Decision((Act("party.register", ()),), (Expect(1, GEC, 10 + next(tries)),))

    with crowd.waiting():
        crowd.ask("late", late)
        crowd.ask("calm", registering())

    assert isinstance(crowd.told("late"), Contended)
    assert next(tries) == 5
    assert code_of(crowd.answer("calm")) is None


def test_after_a_crowd_one_alone_is_served_all_the_same(crowd: Crowd) -> None:
    """The desk waits for nobody."""
    with crowd.waiting():
        for number in range(8):
            crowd.ask(f"crowd {number}", registering())
    assert all(code_of(crowd.answer(f"crowd {number}")) is None for number in range(8))
    crowd.ask("alone", registering())

    assert code_of(crowd.answer("alone")) is None


def test_what_asks_nothing_is_decided_at_once_by_the_rules_as_last_seen(crowd: Crowd) -> None:
    """Without a view; what asks, or says no, is decided again on one."""
    blind: list[bool] = []

    def quick(read: Reader) -> Decision:
        blind.append(isinstance(read.conn, Blind))
        return Decision((Act("party.register", ()),))

    def asking(read: Reader) -> Decision:
        read.conn.execute(text("SELECT 1"))
        return quick(read)

    def refusing(read: Reader) -> Decision:
        quick(read)
        raise PartyExists

    for key, decide in [("first", quick), ("second", quick), ("asks", asking), ("no", refusing)]:
        crowd.ask(key, decide)
        crowd.answer(key)

    assert blind == [False, True, False, True, False]


def test_rules_adopted_by_another_process_make_a_decision_stale(
    crowd: Crowd, registry: Registry, database: Urls
) -> None:
    """It is made again by the new ones; with them the next is made at once."""
    registry.adopt_shipped()
    registry.number()  # and in doing so, look
    seen: list[tuple[bool, int]] = []

    def decide(read: Reader) -> Decision:
        most = read.rules.integer("gec.max_trades", read.day)
        seen.append((isinstance(read.conn, Blind), most))
        return Decision((Act("party.register", ()),), result={"most": most})

    with opened(database.app, session="another") as other:
        other.adopt(amended({"max_trades": "9"}))
    crowd.ask("meanwhile", decide)
    told = crowd.answer("meanwhile").outcome
    crowd.ask("after", decide)
    crowd.answer("after")

    before = seen[0][1]
    assert before != 9
    assert seen == [(True, before), (False, 9), (True, 9)]
    assert told is not None
    assert told["result"] == {"most": 9}
    assert rows(database.owner, "SELECT count(*) FROM command WHERE key = 'meanwhile'") == [(1,)]
