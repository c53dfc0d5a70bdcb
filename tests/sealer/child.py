"""A sealer that is meant to die: forked from a warm process, it seals until it is struck.

A task is {url, home, limit, point, nth, signed, loops}.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.sealer import folder, leaves
from ledger.sealer.folder import Folder
from ledger.sealer.leaves import Leaves
from ledger.sealer.loop import Sealer
from ledger.sealer.outside import Outside
from ledger.sealer.publisher import Publisher
from tests.crashes.warm import serve
from tests.sealer.logs import PAUSE_SECONDS, a_log, sign

POINTS: Final = (
    "taken",  # and entered, not committed
    "advanced",  # the tree, too
    "committed",
    "held",  # the records against their hashes
    "written",  # a file, out of sight, or the listing of a folder
    "renamed",  # a file, into sight
    "lasting",  # all files of a step
    "swapped",  # the head outside
    "tidied",
    "signed",
    "announced",
)
_SECONDS_MAX: Final = 60
_LOOP_SECONDS: Final = 0.5


class Trap:
    """Kill this process when a point is reached for the n-th time."""

    def __init__(self, point: str, nth: int) -> None:
        """Set the trap."""
        assert point in POINTS
        self._point, self._left = point, nth

    def __call__(self, point: str) -> None:
        """Be told of a point."""
        self._left -= point == self._point
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def _told(reach: Trap, wrapped: Callable[..., Any], point: str) -> Callable[..., Any]:
    def call(*values: Any, **named: Any) -> Any:
        result = wrapped(*values, **named)
        reach(point)
        return result

    return call


def _asked(reach: Trap, rows: Callable[..., Any]) -> Callable[..., Any]:
    def call(leaves: Leaves, name: str, **values: Any) -> Any:
        result = rows(leaves, name, **values)
        if name == "seal":
            reach("taken")
        return result

    return call


def watch(patch: pytest.MonkeyPatch, reach: Trap) -> None:
    """Tell of every point that is reached in this process."""
    patch.setattr(Leaves, "_rows", _asked(reach, Leaves._rows))
    patch.setattr(Leaves, "_advance", _told(reach, Leaves._advance, "advanced"))
    patch.setattr(Leaves, "seal", _told(reach, Leaves.seal, "committed"))
    patch.setattr(leaves, "_held", _told(reach, leaves._held, "held"))
    patch.setattr(folder, "_sync", _told(reach, folder._sync, "written"))
    patch.setattr(Path, "rename", _told(reach, Path.rename, "renamed"))
    patch.setattr(Folder, "write", _told(reach, Folder.write, "lasting"))
    patch.setattr(Outside, "advance", _told(reach, Outside.advance, "swapped"))
    patch.setattr(Publisher, "_tidy", _told(reach, Publisher._tidy, "tidied"))
    patch.setattr(Publisher, "announce", _told(reach, Publisher.announce, "announced"))


def live(task: dict[str, Any]) -> None:
    """Seal all that waits, and take down every text that is signed before it leaves the hand."""
    reach = Trap(task["point"], task["nth"])
    told = os.open(task["signed"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def signing(text: str) -> bytes:
        note = sign(text)
        os.write(told, f"{json.dumps(text)}\n".encode())
        reach("signed")
        return note

    log = replace(a_log(task["url"], Path(task["home"]), limit=task["limit"]), sign=signing)
    with pytest.MonkeyPatch.context() as patch:
        watch(patch, reach)
        sealer = Sealer(log, PAUSE_SECONDS, lambda _: None)
        if task["loops"]:
            threading.Timer(_LOOP_SECONDS, sealer.stop).start()
            sealer.run()
        else:
            sealer.run_once()


if __name__ == "__main__":
    serve(live, _SECONDS_MAX)
