"""Where the posting path may be struck: a name for every moment between two of its steps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import psycopg
import pytest

from ledger.posting.batch import Round
from ledger.posting.judge import judge
from ledger.posting.load import Locks, lock
from ledger.posting.statement import LOAD, STORE, Statement
from ledger.posting.wire import Reply, Wire
from ledger.posting.writer import Writer

Reach: TypeAlias = Callable[[str], None]

_SERVER_SECONDS: Final = 0.03  # more than the server needs for a commit
# What the stream of these tests does not send: an adoption, a revoked key, rulebooks met before.
UNREACHED: Final = frozenset({"bar_rulebooks", "read_rulebook_bytes", "revoke_clients"})
_SENT: Final = tuple(
    f"before {name}" for name in (*LOAD, "insert_register", *STORE) if name not in UNREACHED
)
POINTS: Final = (
    "deciding",  # on the reader's connection
    "accepted",  # by the door, not yet queued
    "queued",
    "begun",  # BEGIN was sent
    *_SENT,
    "locked",  # loaded, under the locks
    "judged",
    "stored",  # COMMIT not yet sent
    "commit sent",
    "commit unread",  # done by the server, not yet known to us
    "committed",  # known to us, nobody told
    "answered",  # the caller's thread has it
    "told",  # the caller knows
)


class Trap:
    """Strike when a point is reached for the n-th time, whichever thread does; once."""

    def __init__(self, point: str, nth: int, strike: Callable[[], None]) -> None:
        """Set the trap; `strike` runs where the point was reached."""
        assert point in POINTS
        self._point = point
        self._left = nth
        self._strike = strike
        self._lock = threading.Lock()
        self.sprung = threading.Event()

    def __call__(self, point: str) -> None:
        """Be told of a point."""
        with self._lock:
            if point != self._point or self._left == 0:
                return
            self._left -= 1
            if self._left:
                return
        self._strike()
        self.sprung.set()


@contextmanager
def watched(reach: Reach) -> Iterator[None]:
    """Tell of every point that is reached in this process, as long as this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writer, "submit", _around(Writer.submit, reach, "accepted", "answered"))
        patch.setattr(Writer, "_gather", _around(Writer._gather, reach, "queued", None))
        patch.setattr("ledger.posting.batch.lock", _around(lock, reach, "begun", None))
        patch.setattr(Locks, "facts", _around(Locks.facts, reach, None, "locked"))
        patch.setattr("ledger.posting.batch.judge", _around(judge, reach, None, "judged"))
        patch.setattr(psycopg.Cursor, "execute", _executing(reach))
        patch.setattr(Wire, "send", _sending(reach))
        patch.setattr(Round, "end", _ending(reach))
        yield


def _around(
    wrapped: Callable[..., Any], reach: Reach, before: str | None, after: str | None
) -> Callable[..., Any]:
    def call(*values: Any, **named: Any) -> Any:
        if before:
            reach(before)
        result = wrapped(*values, **named)
        if after:
            reach(after)
        return result

    return call


def _executing(reach: Reach) -> Callable[..., Any]:
    execute = psycopg.Cursor.execute

    def call(cursor: psycopg.Cursor[Any], query: Any, *values: Any, **named: Any) -> Any:
        if query == LOAD["read_rulebooks"].source:
            reach("deciding")
        return execute(cursor, query, *values, **named)

    return call


def _sending(reach: Reach) -> Callable[..., Reply]:
    send = Wire.send

    def call(wire: Wire, statement: Statement, values: Sequence[bytes | None]) -> Reply:
        reach(f"before {statement.name}")
        return send(wire, statement, values)

    return call


def _ending(reach: Reach) -> Callable[[Round], Reply]:
    """Send a COMMIT: flushed to the socket, nothing read."""
    end = Round.end

    def call(batch: Round) -> Reply:
        reach("stored")
        ended = end(batch)
        reach("commit sent")
        time.sleep(_SERVER_SECONDS)
        reach("commit unread")
        return _Watched(ended, reach)

    return call


class _Watched(Reply):
    """The answer to a COMMIT; whoever waits for it tells when it is there."""

    __slots__ = ("_reach", "_reply")

    def __init__(self, reply: Reply, reach: Reach) -> None:
        self._reply = reply
        self._reach = reach

    def wait(self) -> None:
        """Wait, and tell."""
        self._reply.wait()
        self._reach("committed")
