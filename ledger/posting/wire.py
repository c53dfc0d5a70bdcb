"""Statements in a row over one connection: sent at once, each answer waited for when it is needed.

psycopg's own pipeline waits for everything that was sent whenever one answer is wanted. Here whoever
wants an answer waits for that one, while the server works on what was sent behind it.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from select import POLLIN, POLLOUT, poll
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import errors, pq
from psycopg.adapt import Transformer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.posting.statement import Statement

_GOOD: Final = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


class Reply:
    """What the server will have said about one statement."""

    __slots__ = ("_wire", "is_there", "name", "result")

    def __init__(self, wire: Wire, name: bytes = b"") -> None:
        """Expect an answer; `name` is what a statement is called once it is prepared."""
        self._wire = wire
        self.name = name
        self.result: Any = None
        self.is_there = False

    def wait(self) -> None:
        """Wait until the server has done this statement, and whatever was sent before it.

        Raises:
            psycopg.Error: it failed, or one before it did, or the connection is lost.
        """
        self._wire.wait(self)

    def rows(self) -> list[tuple[Any, ...]]:
        """Wait, and return the rows."""
        self._wire.wait(self)
        return self._wire.rows(self.result)


class Wire:
    """One connection, used by one thread; every row of statements ends with `sync`."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        """Take a connection on which nothing is begun; it commits by itself outside of a row."""
        self.conn = conn
        self._pg = conn.pgconn
        self._sent: deque[Reply] = deque()
        self._names: dict[bytes, bytes] = {}  # of prepared statements, by text
        self._confirmed: dict[bytes, bytes] = {}
        self._transformer = Transformer(conn)
        self._poll = poll()

    @contextmanager
    def row(self) -> Iterator[None]:
        """Open a row; after a fault nothing is left open: rolled back, or the connection is closed."""
        self._poll.register(self._pg.socket, POLLIN)
        self._pg.enter_pipeline_mode()
        try:
            yield
            self._pg.exit_pipeline_mode()
        except BaseException as fault:
            self._abandon(fault)
            raise

    def send(self, statement: Statement, values: Sequence[bytes | None]) -> Reply:
        """Send a statement; nothing is waited for. What is sent goes out at the latest with `push`."""
        name = self._names.get(statement.text) or self._prepare(statement.text)
        self._pg.send_query_prepared(name, values, _formats(len(values)), pq.Format.BINARY)
        return self._expect(Reply(self))

    def command(self, text: bytes) -> Reply:
        """Send BEGIN, COMMIT or ROLLBACK."""
        self._pg.send_query_params(text, None)
        return self._expect(Reply(self))

    def sync(self) -> Reply:
        """End a row: what was sent before it stands or falls apart from what comes behind."""
        self._pg.pipeline_sync()
        return self._expect(Reply(self))

    def push(self) -> None:
        """Hand everything to the server, and have it tell its answers as soon as it has them."""
        self._pg.send_flush_request()
        while self._pg.flush():
            for _, event in self._wait_for(POLLIN | POLLOUT):
                if event & ~POLLOUT:
                    self._pg.consume_input()

    def wait(self, reply: Reply) -> None:
        """Read answers up to this one."""
        if not reply.is_there:
            self.push()
        while not reply.is_there:
            self._read()

    def rows(self, result: Any) -> list[tuple[Any, ...]]:
        """Read the rows of a result."""
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _prepare(self, text: bytes) -> bytes:
        name = b"posting_%d" % len(self._names)
        self._pg.send_prepare(name, text)
        self._names[text] = name
        self._expect(Reply(self, text))
        return name

    def _expect(self, reply: Reply) -> Reply:
        self._sent.append(reply)
        return reply

    def _read(self) -> None:
        """Read one result; the answer to a statement ends with none, the answer to `sync` is one."""
        while self._pg.is_busy():
            self._wait_for(POLLIN)
            self._pg.consume_input()
        reply, result = self._sent[0], self._pg.get_result()
        if result is None or result.status == pq.ExecStatus.PIPELINE_SYNC:
            self._sent.popleft().is_there = True
            return
        if result.status not in _GOOD:
            raise errors.error_from_result(result)
        reply.result = result
        if reply.name:
            self._confirmed[reply.name] = self._names[reply.name]

    def _wait_for(self, events: int) -> list[tuple[int, int]]:
        self._poll.modify(self._pg.socket, events)
        return self._poll.poll()

    def _abandon(self, fault: BaseException) -> None:
        """Bring the connection to rest; what never got an answer is not waited for on a lost one."""
        try:
            if isinstance(fault, psycopg.OperationalError):
                raise fault
            self._drain(self.sync())
            self._pg.exit_pipeline_mode()
            self.conn.rollback()
        except psycopg.Error:
            self.conn.close()
        self._sent.clear()
        self._names = dict(self._confirmed)

    def _drain(self, last: Reply) -> None:
        self.push()
        while not last.is_there:
            try:
                self._read()
            except psycopg.OperationalError:
                raise
            except psycopg.Error:
                continue  # of what was sent behind the fault


def _formats(count: int) -> list[pq.Format]:
    return [pq.Format.BINARY] * count
