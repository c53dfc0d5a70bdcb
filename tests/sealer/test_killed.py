"""A sealer killed between any two steps: the next one finishes, and no size has two roots."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.database import Urls
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.tree import Frontier
from tests.crashes.warm import warm
from tests.registry import opened, rows
from tests.sealer.child import POINTS
from tests.sealer.logs import check_published, seal_all
from tests.sealer.test_publishing import register

KILLS: Final = 200
LIMIT: Final = 60
KILLED: Final = -signal.SIGKILL

Live = Callable[[dict[str, Any]], int]


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """Start the warm process once; what it lends lets a fork of it live and tells how it ended."""
    with warm("tests.sealer.child") as ask:
        yield ask


def task_of(urls: Urls, home: Path, point: str, nth: int, *, loops: bool = False) -> dict[str, Any]:
    """Tell a sealer what to do and when to die; in the loop, it announces from a second thread."""
    return {
        "loops": loops,
        "url": urls.owner,
        "home": str(home),
        "limit": LIMIT,
        "point": point,
        "nth": nth,
        "signed": str(home / "signed"),
    }


def check_signed(urls: Urls, home: Path) -> list[Checkpoint]:
    """Hold every text that was ever signed against the log as it is in the end."""
    lines = (home / "signed").read_text("utf-8").splitlines()
    signed = [parse_checkpoint(json.loads(line)) for line in lines]
    assert len({(each.size, each.root) for each in signed}) == len({each.size for each in signed})
    leaves = [leaf for (leaf,) in rows(urls.owner, "SELECT leaf_hash FROM log_leaf ORDER BY idx")]
    roots = {each.size: Frontier().grow(leaves[: each.size]).root() for each in signed}
    assert all(roots[each.size] == each.root for each in signed)
    return signed


@pytest.mark.parametrize("point", POINTS)
def test_the_next_sealer_finishes_what_was_begun(
    live: Live, database: Urls, tmp_path: Path, point: str
) -> None:
    """Killed in the first step of a kind and in a later one, with more to seal after each."""
    with opened(database.app) as registry:
        for nth in (1, 2):
            register(registry, 2 * LIMIT + 20)
            assert live(task_of(database, tmp_path, point, nth)) == KILLED
    assert live(task_of(database, tmp_path, point, 10**6)) == 0

    assert check_signed(database, tmp_path)[-1].size == 4 * LIMIT + 40
    check_published(database, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_kills_leave_one_log(live: Live, database: Urls, tmp_path: Path) -> None:
    """At random points, some of them one after the other while the same journals wait."""
    dice = random.Random("two hundred kills")
    killed = 0
    with opened(database.app) as registry:
        while killed < KILLS:
            register(registry, dice.choice((0, 1, 30, LIMIT, 2 * LIMIT)))
            point, nth, loops = dice.choice(POINTS), dice.randint(1, 4), dice.random() < 0.5
            code = live(task_of(database, tmp_path, point, nth, loops=loops))
            assert code in {KILLED, 0}
            killed += code == KILLED
            if killed % 20 == 0:
                check_signed(database, tmp_path)
    seal_all(database, tmp_path)

    check_signed(database, tmp_path)
    check_published(database, tmp_path)
