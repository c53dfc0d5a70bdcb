"""A process that is meant to die: forked from a warm one, it asks until it is struck."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import Any

from tests.crashes.points import Trap, watched
from tests.crashes.promise import Heard
from tests.crashes.stream import Stall, in_lanes, lanes_of
from tests.crashes.warm import serve
from tests.registry import opened

_SECONDS_MAX = 60


def die() -> None:
    """End as a process ends that is killed: nothing of ours runs any more."""
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def live(task: dict[str, Any]) -> None:
    """Do what the task says: {url, stalls, seed, rounds, point, nth, heard}."""
    trap = Trap(task["point"], task["nth"], die)
    told = os.open(task["heard"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def hear(heard: Sequence[Heard]) -> None:
        os.write(told, "".join(f"{one.line()}\n" for one in heard).encode())
        trap("told")

    stalls = [Stall.read(stall) for stall in task["stalls"]]
    with opened(task["url"], session=task["seed"]) as registry, watched(trap):
        in_lanes(lanes_of(registry, stalls, task["seed"], hear), task["rounds"])


if __name__ == "__main__":
    serve(live, _SECONDS_MAX)
