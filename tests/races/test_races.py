"""Many who want the same at once: whatever the order, the books come out right."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from ledger.database import Urls
from ledger.posting.answers import Answer
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.expiry import expire
from settlement.registration import FreezeOrder, freeze_account
from settlement.transfers import HoldOrder, place_hold
from tests.races.books import Acknowledged, check_acknowledged, check_books
from tests.races.market import Market, Trader, delivery, hold_of, open_market, release, sale
from tests.registry import OPERATOR, SECOND, Asked, Clock, Registry, code_of, opened, rows

ROOT = Path(__file__).parents[2]
THREADS = 64
SHORT = pytest.param(2, id="short")
LONG = pytest.param(60, id="long", marks=[pytest.mark.slow, pytest.mark.timeout(300)])


@pytest.fixture
def registry(database: Urls) -> Iterator[Registry]:
    """Open one process."""
    with opened(database.app) as registry:
        yield registry


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every task in a thread of its own, and give what each came to."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(task) for task in tasks]]


def deadlocks(url: str) -> int:
    """Count the deadlocks that PostgreSQL broke in this database."""
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    return int(rows(url, query)[0][0])


@pytest.mark.parametrize("seconds", [SHORT, LONG])
def test_many_threads_share_one_writer(database: Urls, registry: Registry, seconds: int) -> None:
    """Sixty-four traders on the same few lots lose nothing and invent nothing."""
    market = open_market(registry)
    until = time.monotonic() + seconds
    traders = [Trader(registry, market, f"trader {n}") for n in range(THREADS)]
    at_once([partial(trader.trade, until) for trader in traders])

    check_books(database.owner)
    check_acknowledged(database.owner, [line for t in traders for line in t.acknowledged])
    assert sum(units(database).values()) == 210


@pytest.mark.parametrize("seconds", [SHORT, LONG])
def test_two_processes_write_the_same_accounts(
    database: Urls, registry: Registry, seconds: int
) -> None:
    """Each with its own writer: they wait in line for each other, and never in a circle."""
    market = open_market(registry)
    tasks = [task_of(database, market, seed=f"process {n}", seconds=seconds) for n in range(2)]
    acknowledged = in_processes(tasks)

    check_books(database.owner)
    check_acknowledged(database.owner, acknowledged)
    assert {key.rpartition(" ")[0] for _, key, _ in acknowledged} == {"process 0", "process 1"}
    assert deadlocks(database.owner) == 0


def test_a_hundred_resolvers_of_one_hold_share_what_it_holds(
    database: Urls, registry: Registry
) -> None:
    """Fifty units, and a hundred who deliver or give back one, over two writers: fifty succeed."""
    market = open_market(registry)
    hold = registry.must(market.clerk, hold_of(market.accounts[0], 50), "hold_id")
    with opened(database.app, session="other") as other:
        processes, buyer = (registry, other), market.accounts[1]
        asked = [
            processes[n % 2].asked(
                market.clerk, release(hold, 1) if n % 4 == 0 else delivery(hold, buyer, 1)
            )
            for n in range(100)
        ]
        answers = at_once([partial(processes[n % 2].put, one) for n, one in enumerate(asked)])

    assert Counter(map(code_of, answers)) == {None: 50, "hold_closed": 50}
    assert rows(database.owner, "SELECT remaining FROM hold") == [(0,)]
    check_books(database.owner)


def test_fifty_of_one_key_have_one_effect_and_one_answer(
    database: Urls, registry: Registry
) -> None:
    """Over two writers, as of two processes; all are told the same."""
    market = open_market(registry)
    asked = Asked(market.clerk, sale(*market.pair, 3), "the one key")
    with opened(database.app) as other:
        answers: list[Answer] = at_once(
            [partial((registry, other)[n % 2].put, asked) for n in range(50)]
        )

    assert all(answer.outcome == answers[0].outcome for answer in answers)
    assert units(database)[market.accounts[1]] == 3
    assert [answer.replayed for answer in answers].count(False) >= 1
    check_books(database.owner)


def test_one_key_from_two_processes_has_one_effect(database: Urls, registry: Registry) -> None:
    """Twenty-five times each, from processes that know nothing of each other."""
    market = open_market(registry)
    tasks = [
        task_of(database, market, seed=f"process {n}", key="the one key", times=25)
        for n in range(2)
    ]
    acknowledged = in_processes(tasks)

    assert len(acknowledged) == 50
    assert all(outcome == acknowledged[0][2] for _, _, outcome in acknowledged)
    assert units(database)[market.accounts[1]] == 3
    check_books(database.owner)
    check_acknowledged(database.owner, acknowledged)


def test_expiry_and_deliveries_share_a_hold_without_loss(
    database: Urls, registry: Registry
) -> None:
    """One clock is past the end and the other just before it: whoever comes first has the units."""
    market = open_market(registry)
    ends = registry.clock.now + timedelta(hours=1)
    holds = [
        registry.must(
            market.clerk,
            lambda r, a: place_hold(
                r, a, HoldOrder(market.accounts[0], "GEC", 6, "order", expires_at=ends)
            ),
            "hold_id",
        )
        for _ in range(20)
    ]
    with opened(database.app, Clock(ends), "late") as late:
        requests = [
            registry.asked(market.clerk, delivery(hold, market.accounts[1], 2))
            for hold in holds
            for _ in range(3)
        ]
        tasks = [partial(registry.put, asked) for asked in requests]
        told = at_once([*tasks[:30], partial(expire, late.desk), *tasks[30:]])
        expire(late.desk)

    delivered = sum(code_of(one) is None for one in told if isinstance(one, Answer))
    assert units(database)[market.accounts[1]] == 2 * delivered
    assert rows(database.owner, "SELECT sum(remaining)::int FROM hold") == [(0,)]
    check_books(database.owner)


def test_a_freeze_stops_every_sale_that_comes_after_it(database: Urls, registry: Registry) -> None:
    """INV-14: in the order of the journals, nothing leaves the account after its freeze."""
    market = open_market(registry)
    giver, taker = market.pair
    order = FreezeOrder(giver, frozen=True, document_no="decision 1")
    number = registry.must(
        OPERATOR,
        lambda r, a: open_approval(r, a, ApprovalOrder("account.freeze", b"{}")),
        "approval_id",
    )
    with opened(database.app, session="other") as other:
        freeze = other.asked(
            SECOND, lambda r, a: approve(r, a, number, freeze_account(r, OPERATOR, order))
        )
        sales = [registry.asked(market.clerk, sale(giver, taker, 1)) for _ in range(60)]
        tasks = [partial(registry.put, asked) for asked in sales]
        told = at_once([*tasks[:30], partial(other.put, freeze), *tasks[30:]])

    frozen = rows(database.owner, "SELECT seq FROM journal WHERE kind = 'account.freeze'")[0][0]
    last = rows(database.owner, f"SELECT max(journal) FROM posting WHERE debit = {giver}")[0][0]
    assert last is None or last < frozen
    assert {code_of(answer) for answer in told} <= {None, "account_frozen"}
    assert code_of(registry.ask(market.clerk, sale(giver, taker, 1))) == "account_frozen"
    check_books(database.owner)


def test_balances_are_locked_in_one_order(database: Urls, registry: Registry) -> None:
    """A batch that waits for the lower account does not hold the higher one meanwhile."""
    market = open_market(registry)
    lower, higher = sorted(market.pair)
    lock = sql.SQL("SELECT FROM balance WHERE account = {} AND instrument = 1 FOR UPDATE {}")
    assert code_of(registry.ask(market.clerk, sale(lower, higher, 1))) is None
    options = "-c search_path=registry"
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))  # left last, once the locks are gone
        first, second = (
            stack.enter_context(psycopg.connect(database.owner, options=options)) for _ in range(2)
        )
        first.execute(lock.format(sql.Literal(lower), sql.SQL("")))
        waiting = pool.submit(registry.ask, market.clerk, sale(lower, higher, 1))
        wait_for_a_waiter(database)
        second.execute(lock.format(sql.Literal(higher), sql.SQL("NOWAIT")))
        first.rollback()
        second.rollback()
        assert code_of(waiting.result(10)) is None


def wait_for_a_waiter(database: Urls) -> None:
    """Wait until somebody waits for a lock."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    until = time.monotonic() + 10
    while rows(database.owner, query) == [(0,)]:
        assert time.monotonic() < until
        time.sleep(0.01)


def units(database: Urls) -> Counter[int]:
    """Count certificates by account, contra accounts included."""
    found = rows(
        database.owner,
        "SELECT account, sum(past - lo)::int FROM (SELECT account, lo, "
        "coalesce(lead(lo) OVER (PARTITION BY lot ORDER BY lo), size) AS past FROM parcel) AS p "
        "GROUP BY account",
    )
    return Counter(dict(found))


def task_of(database: Urls, market: Market, **more: object) -> str:
    """Write down what a process is to do."""
    return json.dumps(
        {
            "url": database.app,
            "accounts": market.accounts,
            "party": market.party,
            "lots": market.lots,
            **more,
        }
    )


def in_processes(tasks: Sequence[str]) -> list[Acknowledged]:
    """Start a process for each task, let them go together, and collect their answers."""
    command = [sys.executable, "-m", "tests.races.process"]
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, task],
                    cwd=ROOT,
                    text=True,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
            for task in tasks
        ]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(tasks)
    return [tuple(json.loads(line)) for out in told for line in out.splitlines()]
