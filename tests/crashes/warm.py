"""A warm process whose forks are to die: it reads a task a line, and prints how the fork of each ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
Task = dict[str, Any]


@contextmanager
def warm(module: str) -> Iterator[Callable[[Task], int]]:
    """Start a module that calls `serve`; what is lent lets a fork of it live, and tells its exit code."""
    command = [sys.executable, "-m", module]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        sent, told = process.stdin, process.stdout

        def ask(task: Task) -> int:
            sent.write(json.dumps(task) + "\n")
            sent.flush()
            return int(told.readline())

        yield ask
        sent.close()


def serve(live: Callable[[Task], None], seconds_max: int) -> None:
    """Let a fork live each task, for so long at most."""
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        print(_forked(live, json.loads(line), seconds_max), flush=True)  # noqa: T201


def _forked(live: Callable[[Task], None], task: Task, seconds_max: int) -> int:
    child = os.fork()
    if child == 0:
        signal.alarm(seconds_max)  # whatever happens, nothing of ours stays behind
        try:
            live(task)
        except BaseException:  # noqa: BLE001 # a fork must not run on as its parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
