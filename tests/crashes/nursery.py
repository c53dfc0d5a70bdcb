"""Start processes that are to die, and learn how they died and what they had heard until then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ledger.database import Urls
from tests.crashes.promise import Heard
from tests.crashes.stream import Stall
from tests.crashes.warm import Task


@dataclass(frozen=True)
class Doom:
    """Where a process is to die, and what it asks until then."""

    point: str
    nth: int
    seed: str
    rounds: int


@dataclass(frozen=True)
class Fair:
    """A migrated registry where trade may begin, and its lanes' stalls."""

    urls: Urls
    stalls: list[Stall]


@dataclass(frozen=True)
class Nursery:
    """The warm process."""

    ask: Callable[[Task], int]

    def live(self, fair: Fair, doom: Doom, heard: Path) -> tuple[int, list[Heard]]:
        """Let a process live until it is struck; give its exit code and what it had heard."""
        stalls = [asdict(stall) for stall in fair.stalls]
        task = {"url": fair.urls.app, "stalls": stalls, "heard": str(heard)}
        code = self.ask(task | asdict(doom))
        lines = heard.read_text("utf-8").splitlines() if heard.exists() else []
        return code, [Heard.read(line) for line in lines]
