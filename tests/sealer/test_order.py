"""Whoever writes while the log is sealed: nothing is missed, doubled, or told before what it rests on.

The races of signing.md §2.2, over the real engine: a sealer that takes numbers above the last one
it saw loses a quarter of them here, and one that goes by transaction horizons puts them in another
order.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.database import Urls
from ledger.doctor import examine
from ledger.sealer.leaves import Leaves, TreeMoved
from tests.crashes.points import watched
from tests.races.market import Market, Trader, open_market, sale
from tests.races.test_races import at_once
from tests.registry import NAME, Registry, opened, rows
from tests.sealer.logs import check_published, damage, seal_all, sealing

WRITERS: Final = 8
SHORT: Final = 3
LONG: Final = pytest.param(30, marks=pytest.mark.slow)
FEW, MANY = 4, 4096  # journals taken together: also fewer than there are must be the right ones
ROUNDS_MAX: Final = 5  # of a race, until it was one: a busy machine may serve writers one by one
ASLEEP_SECONDS: Final = 0.4
_PAUSED_AT: Final = frozenset({"locked", "judged", "stored", "committed"})


def dawdle(point: str) -> None:
    """Pause at random in an open transaction; now and then fall asleep in one that has its numbers."""
    if point not in _PAUSED_AT:
        return
    dice = random.random()
    if dice < 0.02 and point == "stored":
        time.sleep(ASLEEP_SECONDS)
    else:
        time.sleep(dice * 0.01)


def wide_market(registry: Registry) -> Market:
    """Open a market of twelve accounts that all have something to sell."""
    market = open_market(registry, lots=10)
    more = [registry.account(registry.party("enterprise"), "user") for _ in range(8)]
    generator, *users = market.accounts
    for user in (*users, *more):
        registry.must_do(market.clerk, sale(generator, user, 55))
    return Market((*market.accounts, *more), market.party, market.lots)


def touched(url: str) -> list[list[dict[str, Any]]]:
    """Read which balances each entry of the log moved, in the order of the log."""
    found = rows(url, "SELECT body FROM log_leaf JOIN journal USING (seq) ORDER BY idx")
    return [json.loads(body)["touched"] for (body,) in found]


def check_order(url: str) -> int:
    """Hold every balance's versions to 1, 2, 3 … along the log; return how many there were."""
    versions: dict[tuple[str, str], list[int]] = defaultdict(list)
    for entry in touched(url):
        for each in entry:
            versions[each["account"], each["instrument"]].append(each["version"])
    for told in versions.values():
        assert told == [*range(1, len(told) + 1)]
    return sum(map(len, versions.values()))


def came_late(url: str) -> bool:
    """Tell whether numbers drawn early were sealed late: only then the race was one."""
    found = "SELECT seq < lag(seq) OVER (ORDER BY idx) AS late FROM log_leaf"
    [(late,)] = rows(url, f"SELECT count(*) FROM ({found}) AS l WHERE late")
    return bool(late)


def race(traders: Sequence[Trader], seconds: int, url: str) -> None:
    """Trade at once, and again, until numbers came late."""
    for _ in range(ROUNDS_MAX):
        until = time.monotonic() + seconds
        at_once([partial(trader.trade, until) for trader in traders])
        if came_late(url):
            return


@pytest.mark.parametrize("sealers", [1, 2])
@pytest.mark.parametrize("seconds", [SHORT, LONG])
def test_nothing_is_missed_doubled_or_told_too_early(
    database: Urls, tmp_path: Path, seconds: int, sealers: int
) -> None:
    """Eight writers on twelve hot accounts, some asleep with the numbers they drew; one sealer or two."""
    with ExitStack() as stack:
        registries = [
            stack.enter_context(opened(database.app, session=f"writer {n}", pool=2))
            for n in range(WRITERS)
        ]
        market = wide_market(registries[0])
        traders = [Trader(registry, market, f"trader {n}") for n, registry in enumerate(registries)]
        with watched(dawdle), ExitStack() as sealed:
            for _ in range(sealers):
                sealed.enter_context(
                    sealing(database, tmp_path, limit=FEW if sealers > 1 else MANY)
                )
            race(traders, seconds, database.owner)
    seal_all(database, tmp_path)

    assert check_order(database.owner) > 40 * seconds
    assert check_published(database, tmp_path).size > 20 * seconds
    assert came_late(database.owner)
    assert examine(database.owner, NAME, ("journal_waits_for_the_log", "log_is_of_journals")) == []


def test_two_sealers_without_the_lock_do_not_share_a_place(database: Urls) -> None:
    """Should the lock fail, the tree itself lets only one of two go on from it."""
    with opened(database.app) as registry:
        for _ in range(30):
            registry.party("enterprise")
    first, second = Leaves(database.owner, NAME), Leaves(database.owner, NAME)
    tree = first.frontier()
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def seal(leaves: Leaves) -> None:
        start.wait()
        try:
            outcomes.append(str(leaves.seal(tree, 20).tree.size))
        except TreeMoved as fault:
            outcomes.append(fault.code)

    at_once([partial(seal, first), partial(seal, second)])
    with pytest.raises(TreeMoved):
        second.seal(tree, 20)

    assert "20" in outcomes
    assert set(outcomes) <= {"20", "tree_moved", "0"}
    assert second.seal(second.frontier(), 20).tree.size == 30
    for leaves in (first, second):
        leaves.close()


def test_a_tree_that_moved_under_a_sealer_is_not_built_on(database: Urls) -> None:
    """Whoever changed it meanwhile: a sealer goes on only from the tree it left there."""
    with opened(database.app) as registry:
        registry.party("enterprise")
    leaves = Leaves(database.owner, NAME)
    tree = leaves.frontier()
    damage(
        database.owner, "UPDATE log_state SET tree_size = 1, frontier = int8send(1) || sha256('')"
    )
    with pytest.raises(TreeMoved):
        leaves.seal(tree, 20)

    assert rows(database.owner, "SELECT count(*) FROM log_leaf") == [(0,)]
    leaves.close()
