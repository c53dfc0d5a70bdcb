"""A witness's memory: the last checkpoint it cosigned of each log, in a file of SQLite."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_WAIT_SECONDS: Final = 10
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS seen (
    origin text PRIMARY KEY,
    size   integer NOT NULL CHECK (size >= 0),
    root   blob NOT NULL CHECK (length(root) = 32),
    note   blob NOT NULL
) STRICT
"""
# Once on disk, a tree never becomes smaller, whoever writes.
_GROWS_ONLY: Final = """
CREATE TRIGGER IF NOT EXISTS seen_grows_only BEFORE UPDATE ON seen WHEN new.size < old.size
BEGIN SELECT raise(ABORT, 'a tree does not become smaller'); END
"""
_KEEP: Final = """
INSERT INTO seen (origin, size, root, note) VALUES (?, ?, ?, ?)
    ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """The last checkpoint cosigned of one log, with the log's lines and the witness's own."""

    size: int
    root: bytes
    note: bytes


@dataclass(frozen=True, slots=True)
class Turn:
    """The time in which one request alone may look at a log's last checkpoint and replace it."""

    last: Kept | None
    _db: sqlite3.Connection
    _origin: str

    def keep(self, kept: Kept) -> None:
        """Replace the last checkpoint; on disk once the turn has ended."""
        self._db.execute(_KEEP, (self._origin, kept.size, kept.root, kept.note))


class WitnessStore:
    """The memory in one file, which must never be restored from a copy: that would be to forget."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make an empty one that only its owner may read or write."""
        self._path = path
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._connected() as db:
            db.execute(_TABLE)
            db.execute(_GROWS_ONLY)

    @contextmanager
    def turn(self, origin: str) -> Iterator[Turn]:
        """Give one request the store for itself; what it kept is durable when this returns.

        Locks: the whole file against other writers, threads and processes alike.

        Raises:
            sqlite3.OperationalError: others held it for ten seconds.
        """
        with self._connected() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield Turn(_last(db, origin), db, origin)
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def last(self, origin: str) -> Kept | None:
        """Tell the last checkpoint cosigned of a log, if there is one."""
        with self._connected() as db:
            return _last(db, origin)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)
        with closing(db):
            # Less would leave a journal behind that, after a power cut, undoes the last turn.
            db.execute("PRAGMA synchronous = EXTRA")
            yield db


def _last(db: sqlite3.Connection, origin: str) -> Kept | None:
    row = db.execute("SELECT size, root, note FROM seen WHERE origin = ?", (origin,)).fetchone()
    return Kept(*row) if row else None
