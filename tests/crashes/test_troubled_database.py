"""The database is in trouble: callers are told to come back, others are served, nothing is half done."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, LiteralString
from urllib.parse import urlsplit

import pytest

from ledger import embedded
from ledger.database import Urls
from ledger.posting import writer
from schemas.identifiers import IdPrefix, decode_id
from tests.crashes.points import Trap, watched
from tests.crashes.trouble import (
    database_set,
    end_sessions,
    failing_store,
    held_rows,
    wait_for_a_waiter,
)
from tests.databases import Clones, at
from tests.http.market import Market, market_at
from tests.races.books import check_books
from tests.registry import rows

SOON = "300ms"


@pytest.fixture(scope="module")
def urls(clones: Clones) -> Iterator[Urls]:
    """Give this module one registry."""
    with clones.fresh() as found:
        yield found


@pytest.fixture(scope="module")
def market(urls: Urls) -> Iterator[Market]:
    """Open its doors, with a writer that waits shortly for locks."""
    with market_at(urls.app, "2026-01-05T04:00:00Z") as found:
        found.lot(500)
        found.seller.must("/v1/transfers", found.sale(100))
        with options(found, lock_timeout=SOON):
            yield found


@contextmanager
def options(market: Market, **changes: str) -> Iterator[None]:
    """Let the writer's sessions run under other limits for a while."""
    post = market.door.registry.desk.writer
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changes.items():
            changed = re.sub(rf"(?<= {name}=)\w+", value, writer._OPTIONS)
            assert changed != writer._OPTIONS
            patch.setattr(writer, "_OPTIONS", changed)
        post._forget()
        yield
    post._forget()


def name_of(urls: Urls) -> str:
    """Name the database."""
    return urlsplit(urls.app).path[1:]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Lend threads to ask from."""
    with ThreadPoolExecutor(8) as threads:
        yield threads


class Caller:
    """Sells or retires under keys of its own, and asks again."""

    def __init__(self, market: Market, urls: Urls, name: str) -> None:
        """Begin a test's keys with its name."""
        self.market = market
        self.urls = urls
        self.name = name

    def sell(self, key: str = "sale") -> Any:
        """Sell one, from the account that is in trouble."""
        return self.market.seller.post(
            "/v1/transfers", self.market.sale(1), idem=f"{self.name} {key}"
        )

    def retire(self, key: str = "retirement") -> Any:
        """Retire one, from an account that is not."""
        return self.market.buyer.post(
            "/v1/retirements", self.market.retirement(1), idem=f"{self.name} {key}"
        )

    def is_absent(self, key: str = "sale") -> bool:
        """Tell whether nothing is kept under a key."""
        query = "SELECT count(*) FROM command WHERE key = %s"
        return rows(self.urls.owner, query, f"{self.name} {key}") == [(0,)]

    def comes_back(self, first: Any, key: str = "sale") -> None:
        """Check that a request was turned away for a while, and is answered once, then the same."""
        assert first.status_code == 503, first.text
        assert first.json()["code"] in {"unavailable", "queue_full"}
        assert int(first.headers["retry-after"]) >= 1
        again, once_more = self.sell(key), self.sell(key)
        assert again.status_code == 201, again.text
        assert once_more.headers["idempotency-replayed"] == "true"
        assert once_more.json() == again.json()
        check_books(self.urls.owner)


@pytest.fixture
def caller(market: Market, urls: Urls, request: pytest.FixtureRequest) -> Caller:
    """Name a caller after the test."""
    return Caller(market, urls, request.node.name[:100])


def number(account: str) -> int:
    """Read an account's number."""
    found = decode_id(IdPrefix.ACCOUNT, account)
    assert found is not None
    return found


def test_a_row_held_by_another_harms_only_those_who_need_it(
    caller: Caller, market: Market, urls: Urls, pool: ThreadPoolExecutor
) -> None:
    """In one batch with a sale that waits too long, a retirement elsewhere is done all the same."""
    with held_rows(urls.owner, number(market.generator)):
        first = pool.submit(caller.sell, "first")
        wait_for_a_waiter(urls.owner)
        waiting = [pool.submit(caller.sell, "sale"), pool.submit(caller.retire)]
        assert waiting[1].result().status_code == 201
        turned_away = waiting[0].result()
        caller_first = first.result()
        assert caller.is_absent("first")
        assert caller.is_absent("sale")
    caller.comes_back(caller_first, "first")
    caller.comes_back(turned_away, "sale")


def test_a_statement_that_takes_too_long_is_given_up(
    caller: Caller, market: Market, urls: Urls
) -> None:
    """The time-out of statements is told like that of locks."""
    with (
        options(market, lock_timeout="9s", statement_timeout=SOON),
        held_rows(urls.owner, number(market.generator)),
    ):
        turned_away = caller.sell()
        assert caller.is_absent()
    caller.comes_back(turned_away)


def test_a_deadlock_with_another_is_not_noticed(
    caller: Caller, market: Market, urls: Urls, server: embedded.Server, pool: ThreadPoolExecutor
) -> None:
    """PostgreSQL breaks the circle at our end; the batch is tried again and done."""
    lower, higher = sorted(map(number, (market.generator, market.user)))
    with options(market, lock_timeout="9s"):
        with held_rows(at(server.url_superuser, name_of(urls)), higher) as other:
            other.execute("SET deadlock_timeout = '9s'")
            sale = pool.submit(caller.sell)
            wait_for_a_waiter(urls.owner)
            other.execute("SELECT FROM balance WHERE account = %s FOR UPDATE", [lower])
        assert sale.result().status_code == 201
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert rows(urls.owner, query) == [(1,)]
    check_books(urls.owner)


def test_sessions_ended_by_an_administrator_are_opened_again(
    caller: Caller, market: Market, urls: Urls, server: embedded.Server, pool: ThreadPoolExecutor
) -> None:
    """The writer's is ended while it waits, and those of the readers with it; nobody notices."""
    with held_rows(urls.owner, number(market.generator)):
        sale = pool.submit(caller.sell)
        wait_for_a_waiter(urls.owner)
        end_sessions(server.url_superuser, urls.app)
    assert sale.result().status_code == 201
    end_sessions(server.url_superuser, urls.app)
    assert caller.retire().status_code == 201
    check_books(urls.owner)


def test_a_session_ended_for_idling_is_opened_again(
    caller: Caller, market: Market, urls: Urls
) -> None:
    """Judging took longer than an open transaction may be idle; the next attempt is quicker."""
    trap = Trap("judged", 1, lambda: time.sleep(0.4))
    with options(market, idle_in_transaction_session_timeout="100ms"), watched(trap):
        assert caller.sell().status_code == 201
    assert trap.sprung.is_set()
    check_books(urls.owner)


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("SET default_transaction_read_only = on", "RESET default_transaction_read_only"),
        ("CONNECTION LIMIT 0", "CONNECTION LIMIT -1"),
    ],
    ids=["read-only", "no more connections"],
)
def test_a_database_that_takes_nothing_for_a_while_is_told_so(
    caller: Caller, urls: Urls, server: embedded.Server, change: LiteralString, back: LiteralString
) -> None:
    """Read-only, or full of others: 503, and all is well when that is over, sessions of then or not."""
    with database_set(server.url_superuser, urls.app, change, back):
        end_sessions(server.url_superuser, urls.app)
        turned_away = [caller.sell() for _ in range(3)]
        caller.market.door.registry.desk.writer._forget()
        turned_away += [caller.sell()]
    assert caller.is_absent()
    assert {one.status_code for one in turned_away} == {503}
    assert caller.retire().status_code == 201  # it draws an id, over a session of then
    caller.comes_back(turned_away[-1])


@pytest.mark.parametrize("errcode", ["disk_full", "read_only_sql_transaction"])
def test_a_server_that_cannot_store_is_told_so(caller: Caller, urls: Urls, errcode: str) -> None:
    """The condition is raised as PostgreSQL raises it, at every attempt, in the midst of storing."""
    with failing_store(urls.owner, errcode, 100):
        turned_away = caller.sell()
        assert caller.is_absent()
    caller.comes_back(turned_away)


@pytest.mark.parametrize("errcode", ["serialization_failure", "io_error"])
def test_what_passes_at_the_third_attempt_is_not_noticed(
    caller: Caller, urls: Urls, errcode: str
) -> None:
    """The batch is tried again as a whole."""
    with failing_store(urls.owner, errcode, 2):
        assert caller.sell().status_code == 201
    check_books(urls.owner)


def test_a_full_queue_turns_away_and_loses_nothing(
    caller: Caller, market: Market, urls: Urls, pool: ThreadPoolExecutor
) -> None:
    """With room for two, the third is told at once to come back; nothing of it is kept."""
    desk = market.door.registry.desk
    with options(market, lock_timeout="9s"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.writer, "_room", BoundedSemaphore(2))
        with held_rows(urls.owner, number(market.user)):
            waiting = [pool.submit(caller.retire, "first")]
            wait_for_a_waiter(urls.owner)
            waiting += [pool.submit(caller.retire, "second")]
            while desk.writer._waiting.empty():
                time.sleep(0.01)
            turned_away = caller.sell()
            assert turned_away.json()["code"] == "queue_full"
        assert [one.result().status_code for one in waiting] == [201, 201]
        assert caller.is_absent()
    caller.comes_back(turned_away)


def test_sessions_that_end_under_load_never_make_a_500(
    caller: Caller, urls: Urls, server: embedded.Server, pool: ThreadPoolExecutor
) -> None:
    """Sessions are ended again and again under load: 201 or 503, and the retry is answered."""
    keys = [f"sale {n}" for n in range(30)]
    told = [pool.submit(caller.sell, key) for key in keys]
    while not all(one.done() for one in told):
        end_sessions(server.url_superuser, urls.app)
        time.sleep(0.05)
    assert {one.result().status_code for one in told} <= {201, 503}
    assert {caller.sell(key).status_code for key in keys} == {201}
    check_books(urls.owner)
