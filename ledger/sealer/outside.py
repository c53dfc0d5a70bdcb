"""What was said last, remembered outside the database: a restored one cannot make us say less.

Source: signing.md §2.3 and §7; the idea is that of Sunlight's checkpoint store.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from ledger.log.faults import LogFault

_WAIT_SECONDS: Final = 5  # for another process that writes
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS head (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, "
    "root BLOB NOT NULL CHECK (length(root) = 32)) STRICT"
)


@dataclass(eq=False)
class HeadMoved(LogFault):
    """Somebody else has moved the head meanwhile, or it stands elsewhere than we thought."""

    code: ClassVar[str] = "head_moved"


@dataclass(frozen=True, slots=True)
class Head:
    """A tree as one says it: how many leaves, and the root over them."""

    size: int
    root: bytes


class Outside:
    """A small file, on other storage than the database if it may be, with one head for each log.

    What it takes is on the disk when a call returns. Any number of processes may use it.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it, readable to our user only.

        Raises:
            OSError: the file cannot be made.
        """
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._path = path
        with closing(self._connect()) as conn, conn:
            conn.execute(_SCHEMA)

    def head(self, origin: str) -> Head | None:
        """Return what the log last said; None if it never said anything."""
        with closing(self._connect()) as conn:
            row = conn.execute("SELECT size, root FROM head WHERE origin = ?", [origin]).fetchone()
        return None if row is None else Head(*row)

    def begin(self, origin: str, head: Head) -> None:
        """Take down the first head of a log.

        Raises:
            HeadMoved: it has one already.
        """
        change = "INSERT INTO head (origin, size, root) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        self._write(change, (origin, head.size, head.root))

    def advance(self, origin: str, old: Head, new: Head) -> None:
        """Put a larger head in the place of the one we know, or leave everything as it is.

        Raises:
            HeadMoved: the head is not the one we know, or would not become larger.
        """
        if new.size <= old.size:
            raise HeadMoved(f"The head is at {old.size} leaves already.")
        change = "UPDATE head SET size = ?, root = ? WHERE origin = ? AND size = ? AND root = ?"
        self._write(change, (new.size, new.root, origin, old.size, old.root))

    def _write(self, change: str, values: tuple[object, ...]) -> None:
        with closing(self._connect()) as conn, conn:
            if conn.execute(change, values).rowcount != 1:
                raise HeadMoved("The head kept outside the database is not the one expected.")

    def _connect(self) -> sqlite3.Connection:
        conn = sqlite3.connect(self._path, timeout=_WAIT_SECONDS)
        conn.execute("PRAGMA journal_mode = PERSIST")  # a log beside it would not do on a share
        conn.execute("PRAGMA synchronous = FULL")
        return conn
