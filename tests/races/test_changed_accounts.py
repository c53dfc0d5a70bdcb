"""Accounts that change before they have any balance: whoever comes meanwhile waits, and sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import partial

import psycopg
import pytest

from ledger.database import Urls
from ledger.posting.answers import Answer
from settlement.accounts import close_account
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.mandates import MandateOrder, grant_mandate
from settlement.registration import FreezeOrder, freeze_account
from tests.races.books import check_books
from tests.races.market import Market, open_market, sale
from tests.races.test_account_races import agent_of
from tests.races.test_races import wait_for_a_waiter
from tests.registry import NAME, OPERATOR, SECOND, Registry, code_of, opened, rows


@pytest.fixture
def registry(database: Urls) -> Iterator[Registry]:
    """Open one process."""
    with opened(database.app) as registry:
        yield registry


@pytest.fixture
def other(database: Urls) -> Iterator[Registry]:
    """Open another one."""
    with opened(database.app, session="other") as other:
        yield other


@contextmanager
def held_up(urls: Urls, row: str) -> Iterator[ThreadPoolExecutor]:
    """Keep a row locked, and lend threads to those who are to wait for it; in the end they may go on."""
    with (
        ThreadPoolExecutor(4) as pool,
        psycopg.connect(urls.owner, options=f"-c search_path={NAME}") as conn,
    ):
        conn.execute(f"SELECT FROM {row} FOR NO KEY UPDATE".encode())
        yield pool
        conn.rollback()


def freezing(registry: Registry, account: int) -> Callable[[], Answer]:
    """Prepare to freeze an account, which two persons do."""
    number = registry.must(
        OPERATOR,
        lambda r, a: open_approval(r, a, ApprovalOrder("account.freeze", b"{}")),
        "approval_id",
    )
    order = FreezeOrder(account, frozen=True, document_no="decision 1")
    asked = registry.asked(
        SECOND, lambda r, a: approve(r, a, number, freeze_account(r, OPERATOR, order))
    )
    return partial(registry.put, asked)


def user_of(registry: Registry) -> int:
    """Open an account; it has no balance yet."""
    return registry.account(registry.party("enterprise"), "user")


def wait_or_end(database: Urls, task: Future[list[Answer]]) -> None:
    """Wait until a task is over or waits for a lock behind the one that waits already."""
    while not task.done():
        if rows(database.owner, "SELECT count(*) > 1 FROM pg_locks WHERE NOT granted") == [(True,)]:
            return


def test_what_comes_to_an_account_while_it_is_frozen_does_not_leave_it(
    database: Urls, registry: Registry, other: Registry
) -> None:
    """Its first balance is opened behind the freeze, and whoever takes from it sees that it is frozen."""
    market = open_market(registry)
    gives, takes = market.pair
    account = user_of(registry)

    def through() -> list[Answer]:
        steps = (sale(gives, account, 2), sale(account, takes, 1))
        return [registry.ask(market.clerk, step) for step in steps]

    with held_up(database, f"account WHERE id = {account}") as pool:
        frozen = pool.submit(freezing(other, account))
        wait_for_a_waiter(database)
        gone = pool.submit(through)
        wait_or_end(database, gone)

    assert code_of(frozen.result()) is None
    assert [code_of(answer) for answer in gone.result()] == [None, "account_frozen"]
    check_books(database.owner)


def test_a_freeze_and_a_closing_of_an_empty_account_undo_nothing_of_each_other(
    database: Urls, registry: Registry, other: Registry
) -> None:
    """Both stand in the end, in the order of their journals."""
    open_market(registry)
    account = user_of(registry)
    closing = partial(registry.ask, OPERATOR, lambda r, a: close_account(r, a, account))
    with held_up(database, f"account WHERE id = {account}") as pool:
        frozen = pool.submit(freezing(other, account))
        wait_for_a_waiter(database)
        closed = pool.submit(lambda: [closing()])
        wait_or_end(database, closed)

    assert [code_of(frozen.result()), *map(code_of, closed.result())] == [None, None]
    found = rows(database.owner, "SELECT frozen, status FROM account WHERE id = %s", account)
    assert found == [(True, "closed")]
    check_books(database.owner)


def test_a_mandate_waits_for_who_has_the_account_in_hand(
    database: Urls, registry: Registry
) -> None:
    """So no sale that was numbered before it rests on it."""
    market = open_market(registry)
    agent = agent_with_units(registry, market)
    order = MandateOrder(agent, ("sell",), date(2025, 1, 1), date(2026, 12, 31), "doc")
    with held_up(database, f"balance WHERE account = {agent}") as pool:
        granted = pool.submit(registry.ask, OPERATOR, lambda r, a: grant_mandate(r, a, order))
        wait_for_a_waiter(database)
        assert not granted.done()

    assert code_of(granted.result()) is None
    assert code_of(registry.ask(market.clerk, sale(agent, market.pair[1], 1))) is None
    check_books(database.owner)


def agent_with_units(registry: Registry, market: Market) -> int:
    """Open an agent's account, and sell it some units."""
    agent = agent_of(registry, market.party)
    registry.must_do(market.clerk, sale(market.pair[0], agent, 5))
    return agent
