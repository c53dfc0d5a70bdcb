"""What can be wrong with a log, a proof or a signature: each kind has a code that is a promise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(eq=False)
class LogFault(Exception):
    """Something of the log is not what it claims to be; nothing of it may be relied on.

    Every room names its own kinds beside what can fail; a reader that catches this one catches all.
    """

    code: ClassVar[str] = "log_fault"
    """Stable for ever, in small letters: reports, exit codes and documents name it."""

    sentence: str
    """What is wrong, plainly and whole, for a person who reads a report."""
    index: int | None = field(default=None, kw_only=True)
    """The first leaf that is wrong, from 0; None where no single leaf is."""

    def place(self, index: int) -> None:
        """Tell where it was found, unless a closer look has told."""
        if self.index is None:
            self.index = index

    def __str__(self) -> str:
        """Render code, place and sentence for a log line."""
        place = "" if self.index is None else f" at {self.index}"
        return f"{self.code}{place}: {self.sentence}"
