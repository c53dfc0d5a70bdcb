"""PostgreSQL is killed under load, between any two steps: the same writer finds back by itself."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.faults import is_passing
from ledger.posting.answers import Answer
from settlement.approvals import ApprovalOrder, open_approval
from tests.crashes.nursery import Fair
from tests.crashes.points import POINTS, Trap, watched
from tests.crashes.postgres import Postgres, running
from tests.crashes.promise import Heard, Known, check_promise
from tests.crashes.stream import in_lanes, lanes_of, open_stalls
from tests.crashes.trouble import end_sessions
from tests.databases import Clones
from tests.races.books import check_books
from tests.registry import OPERATOR, Registry, opened, rows

PATIENCE_SECONDS = 30
DEEP_SEEDS = 3
QUICK = ("deciding", "judged", "before insert_journals", "stored", "commit sent", "committed")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """Start a server that is to be killed, for this module alone."""
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def town(postgres: Postgres) -> Iterator[Fair]:
    """Open a market on it."""
    with Clones(postgres, registry="registry").fresh() as urls:
        with opened(urls.app) as registry:
            stalls = open_stalls(registry)
        yield Fair(urls, stalls)


def patiently(ask: Callable[[], list[Answer]]) -> list[Answer]:
    """Ask as a caller does who is told to come back: with the same key, until answered."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except Exception as fault:
            if not is_passing(fault) or time.monotonic() > until:
                raise
            time.sleep(0.1)


def kill_under_load(
    postgres: Postgres, registry: Registry, fair: Fair, known: Known, doom: tuple[str, int, str]
) -> None:
    """Kill the server at a point, start it again, and wait until every caller was answered."""
    point, nth, seed = doom
    trap = Trap(point, nth, postgres.kill)

    def hear(heard: Sequence[Heard]) -> None:
        known.hear(heard)
        trap("told")

    with watched(trap):
        lanes = lanes_of(registry, fair.stalls, seed, hear, patiently)
        with ThreadPoolExecutor(1) as pool:
            load = pool.submit(in_lanes, lanes, nth)
            assert trap.sprung.wait(PATIENCE_SECONDS), f"{doom} was never reached"
            postgres.start()
        load.result()
    check_promise(fair.urls.owner, known, complete=True)


def finished(registry: Registry, fair: Fair, seed: str, rounds: int) -> list[Heard]:
    """Ask everything again, and give every answer."""
    heard: list[Heard] = []
    in_lanes(lanes_of(registry, fair.stalls, seed, heard.extend), rounds)
    return heard


@pytest.mark.parametrize("point", QUICK)
def test_a_server_killed_at_any_step_breaks_no_promise(
    postgres: Postgres, town: Fair, point: str
) -> None:
    """The writer lives through it: whoever is patient is answered, once, and again the same."""
    known = Known()
    with opened(town.urls.app) as registry:
        kill_under_load(postgres, registry, town, known, (point, 1, f"quick {point}"))
        known.hear(finished(registry, town, f"quick {point}", 1))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("point", POINTS)
def test_servers_killed_again_and_again_break_no_promise(
    postgres: Postgres, town: Fair, point: str
) -> None:
    """Several deaths in one book, at another turn each."""
    known = Known()
    with opened(town.urls.app) as registry:
        for seed in range(DEEP_SEEDS):
            nth = random.Random(f"{point} {seed}").randint(1, 3)
            kill_under_load(postgres, registry, town, known, (point, nth, f"{point} {seed}"))
            known.hear(finished(registry, town, f"{point} {seed}", nth))


def test_an_id_that_a_crashed_server_gives_again_is_drawn_anew(
    postgres: Postgres, town: Fair
) -> None:
    """What it had not yet written down it forgets; whoever drew before the crash may be using it."""
    order = ApprovalOrder("account.freeze", b"{}")

    def ask(registry: Registry) -> int:
        return registry.must(OPERATOR, lambda r, a: open_approval(r, a, order), "approval_id")

    with opened(town.urls.app, session="before") as first:
        used = [ask(first) for _ in range(3)]
        rows(
            town.urls.owner, f"SELECT setval('entity_id', {used[0]}, false)"
        )  # as a crash leaves it
        with opened(town.urls.app, session="after") as other:
            assert ask(other) not in used
        end_sessions(postgres.url_superuser, town.urls.app)
        assert first.number() > used[-1] + 3  # begins a block of its own
    check_books(town.urls.owner)
