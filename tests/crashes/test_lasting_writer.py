"""The writer's thread outlives whatever happens in it: its callers hear of it, the next are served."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any

import pytest

from ledger.database import Urls
from ledger.posting.batch import Engine
from ledger.posting.writer import Unavailable
from tests.crashes.nursery import Fair
from tests.crashes.points import Trap, watched
from tests.crashes.stream import Stall
from tests.races.books import check_books
from tests.races.market import sale
from tests.registry import OPERATOR, Asked, Registry, code_of, opened, rows


class Planted(Exception):
    """A fault of ours that nobody foresaw."""


@pytest.fixture
def registry(fair: Fair) -> Iterator[Registry]:
    """Open one process."""
    with opened(fair.urls.app) as found:
        yield found


def one_sale(registry: Registry, stall: Stall, key: str) -> Any:
    """Sell one."""
    return registry.put(Asked(OPERATOR, sale(stall.generator, stall.users[0], 1), key))


@pytest.mark.parametrize(
    "point",
    ["begun", "locked", "before insert_postings", "stored", "commit sent", "committed"],
)
def test_a_fault_that_comes_once_at_any_point_is_not_noticed(
    registry: Registry, fair: Fair, point: str
) -> None:
    """The batch is tried again, and finds what became of it by its keys, committed or not."""
    stall, strikes = fair.stalls[0], list[str]()

    def fail() -> None:
        strikes.append(point)
        raise Planted

    with watched(Trap(point, 1, fail)):
        struck = one_sale(registry, stall, "struck")

    assert strikes
    assert code_of(struck) is None
    if point != "commit sent":  # that one depends on who is quicker
        assert struck.replayed == (point == "committed")
    assert code_of(one_sale(registry, stall, "next")) is None
    again = one_sale(registry, stall, "struck")
    assert again.replayed
    assert again.outcome == struck.outcome
    check_books(fair.urls.owner)


def test_a_command_that_cannot_be_processed_harms_no_other_in_its_batch(
    registry: Registry, fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty callers wait for one batch; one of them asks for what makes the engine fail."""
    begin, gate = Engine.begin, Event()

    def fragile(engine: Engine, conn: Any, commands: Any, *rest: Any, **more: Any) -> Any:
        gate.wait()
        if any(command.key == "poison" for command in commands):
            raise Planted
        return begin(engine, conn, commands, *rest, **more)

    monkeypatch.setattr(Engine, "begin", fragile)
    keys = [f"good {n}" for n in range(39)] + ["poison"]
    with ThreadPoolExecutor(40) as pool:
        told = {key: pool.submit(partial(one_sale, registry, fair.stalls[0], key)) for key in keys}
        gate.set()

    assert isinstance(told.pop("poison").exception(), Planted)
    assert {code_of(one.result()) for one in told.values()} == {None}
    assert rows(fair.urls.owner, "SELECT count(*)::int FROM command WHERE key LIKE 'good %%'") == [
        (39,)
    ]
    check_books(fair.urls.owner)


@pytest.mark.timeout(20)
def test_a_writer_that_was_closed_turns_away(database: Urls) -> None:
    """Who asks too late is told so, instead of waiting for ever."""
    with opened(database.app) as registry:
        writer = registry.desk.writer
        writer.close()
        with pytest.raises(Unavailable):
            writer.submit([])


@pytest.mark.timeout(20)
def test_a_dry_run_has_its_turn(
    registry: Registry, fair: Fair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes alone, and those who asked after it do not go before it: it could wait for ever."""
    begin, gate, order = Engine.begin, Event(), list[tuple[list[str], bool]]()

    def slow(engine: Engine, conn: Any, commands: Any, *rest: Any, keep: bool) -> Any:
        gate.wait()
        order.append(([command.key for command in commands], keep))
        return begin(engine, conn, commands, *rest, keep=keep)

    monkeypatch.setattr(Engine, "begin", slow)
    stall, waiting = fair.stalls[0], registry.desk.writer._waiting
    with ThreadPoolExecutor(4) as pool:
        for number, key in enumerate(["first", "second", "trial", "late"]):
            asked = Asked(OPERATOR, sale(stall.generator, stall.users[0], 1), key)
            pool.submit(registry.put, asked, keep=key != "trial")
            while waiting.unfinished_tasks <= number:  # counts what was ever put
                time.sleep(0.01)
        gate.set()
    assert order == [(["first"], True), (["second"], True), (["trial"], False), (["late"], True)]
