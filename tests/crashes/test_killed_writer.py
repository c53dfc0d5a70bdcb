"""The writer's process is killed between any two steps: what was answered stands, the rest is asked again."""

from __future__ import annotations

import random
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crashes.nursery import Doom, Fair, Nursery
from tests.crashes.points import POINTS
from tests.crashes.promise import Heard, Known, check_promise
from tests.crashes.stream import in_lanes, lanes_of
from tests.registry import opened

DEEP_SEEDS = 6
SHUFFLED = random.Random("points").sample(POINTS, len(POINTS))


def run_again(fair: Fair, doom: Doom) -> list[Heard]:
    """Ask everything under the same keys from a process that knows nothing; give every answer."""
    heard: list[Heard] = []
    with opened(fair.urls.app) as registry:
        in_lanes(lanes_of(registry, fair.stalls, doom.seed, heard.extend), doom.rounds)
    return heard


@pytest.mark.parametrize("points", [SHUFFLED[n::4] for n in range(4)], ids="1234")
def test_a_writer_killed_at_any_point_breaks_no_promise(
    nursery: Nursery, fair: Fair, tmp_path: Path, points: Sequence[str]
) -> None:
    """Each process takes up the work that the one before it left, and is killed at another point."""
    known, day = Known(), 0
    for number, point in enumerate(points):
        file = tmp_path / str(number)
        code, heard = nursery.live(fair, Doom(point, 1, f"day {day}", 1), file)
        if code == 0:  # what was left of the day's work does not pass there: begin another
            day += 1
            known.hear(heard)
            code, heard = nursery.live(fair, Doom(point, 1, f"day {day}", 1), tmp_path / point)
        assert code == -signal.SIGKILL, f"{point} was never reached"
        known.hear(heard)
        check_promise(fair.urls.owner, known)

    for seen in (
        day,
        *range(day + 1),
    ):  # the last day's work is finished first, then all is repeated
        known.hear(run_again(fair, Doom("told", 1, f"day {seen}", 1)))
    check_promise(fair.urls.owner, known, complete=True)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("point", POINTS)
def test_writers_killed_again_and_again_break_no_promise(
    nursery: Nursery, fair: Fair, tmp_path: Path, point: str
) -> None:
    """Several deaths in one book, each at another turn of the same point; each is made good twice."""
    known = Known()
    for seed in range(DEEP_SEEDS):
        nth = random.Random(f"{point} {seed}").randint(1, 4)
        doom = Doom(point, nth, f"deep {seed}", nth)
        code, heard = nursery.live(fair, doom, tmp_path / doom.seed)
        assert code == -signal.SIGKILL, f"{doom} was never reached"
        known.hear(heard)
        check_promise(fair.urls.owner, known)
        known.hear(run_again(fair, doom))
        known.hear(run_again(fair, doom))
        check_promise(fair.urls.owner, known, complete=True)
