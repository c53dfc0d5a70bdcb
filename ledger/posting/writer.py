"""The writer: whatever arrived while the last batch was committing goes together in the next one."""

from __future__ import annotations

import gc
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

import psycopg
from psycopg import errors, sql

from ledger.posting.answers import Answer
from ledger.posting.batch import Engine, Round, RuleCache
from ledger.posting.faults import outcome_of_fault
from ledger.posting.uncollected import uncollected
from ledger.posting.wire import Wire
from ledger.store.engine import AWAY, by_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from ledger.model.command import Command

    Clock: TypeAlias = Callable[[], datetime]

T = TypeVar("T")

_UNCOLLECTED_SECONDS: Final = 5  # of a row of batches
_RETRIES: Final = 5  # of a batch that met a deadlock or a lost connection
_OPTIONS: Final = by_key(synchronous_commit="on")  # whatever is acknowledged outlives a crash
_IDLE: Final = psycopg.pq.TransactionStatus.IDLE
# One command waits for what another session holds: trying all of them again would help nobody.
_WAITED: Final = (errors.LockNotAvailable, errors.QueryCanceled)


class QueueFull(Exception):
    """More commands wait than the writer may hold; the caller tries again shortly."""


class Unavailable(Exception):
    """The database did not take the batch; nothing is known to be posted. The caller may retry."""


@dataclass(slots=True)
class _Job:
    commands: Sequence[Command]
    future: Future[list[Answer]]
    keep: bool


class _Stretch(NamedTuple):
    """What goes into one transaction of a group of jobs."""

    commands: Sequence[Command]
    is_last: bool


def _answer(jobs: Sequence[_Job], answers: Sequence[Answer]) -> None:
    """Tell each job what its commands came to."""
    start = 0
    for job in jobs:
        job.future.set_result(list(answers[start : start + len(job.commands)]))
        start += len(job.commands)


class Writer:
    """Posts commands in batches from one thread over one connection.

    Any number of writers in any number of processes is correct; one is only faster.
    """

    def __init__(
        self,
        url: str,
        registry: str,
        clock: Clock,
        *,
        queue_limit: int = 10_000,
        batch_limit: int = 1_000,
    ) -> None:
        """Connect and start; `clock` gives the instant of each batch in UTC."""
        self._url = url
        self.registry = registry  # by which its records name their log
        self._clock = clock
        self._batch_limit = batch_limit
        self._waiting: queue.Queue[_Job | None] = queue.Queue()
        self._put_back: list[_Job | None] = []  # what did not fit the batch before: it comes first
        self._door = threading.Lock()
        self._closed = False
        self._room = threading.BoundedSemaphore(queue_limit)
        self._engine = Engine(registry, RuleCache())
        self._at_rest: Wire | None = None
        self._collected = time.monotonic()
        self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
        self._thread.start()

    def submit(self, commands: Sequence[Command], *, keep: bool = True) -> list[Answer]:
        """Post commands, each wholly or not at all, and wait for their outcomes.

        Raises:
            QueueFull: too many commands wait.
            Unavailable: the database did not take them, or the writer was closed.
        """
        return self.enqueue(commands, keep=keep).result()

    def enqueue(self, commands: Sequence[Command], *, keep: bool = True) -> Future[list[Answer]]:
        """Post commands like `submit`, without waiting; the writer's thread completes the future."""
        future: Future[list[Answer]] = Future()
        room = self._room
        if not room.acquire(blocking=False):
            raise QueueFull
        future.add_done_callback(lambda _: room.release())
        with self._door:
            if self._closed:
                future.cancel()
                raise Unavailable
            self._waiting.put(_Job(commands, future, keep))
        return future

    def close(self) -> None:
        """Finish what waits, then stop; who comes later is turned away."""
        with self._door:
            self._closed = True
            self._waiting.put(None)
        self._thread.join()
        self._forget()

    def _loop(self) -> None:
        while (job := self._next()) is not None:
            jobs = self._gather(job)
            if job.keep:
                self._serve_in_a_row(jobs)
            else:
                self._serve(jobs)

    def _next(self) -> _Job | None:
        return self._put_back.pop() if self._put_back else self._waiting.get()

    def _gather(self, first: _Job) -> list[_Job]:
        """Take what waits, up to the limit; a dry run goes alone, since it is rolled back."""
        jobs, size = [first], len(first.commands)
        while first.keep and size < self._batch_limit and (job := self._at_hand()):
            jobs.append(job)
            size += len(job.commands)
        return jobs

    def _at_hand(self) -> _Job | None:
        """Take what waits already, if it may go with others."""
        try:
            job = self._put_back.pop() if self._put_back else self._waiting.get_nowait()
        except queue.Empty:
            return None
        if job is None or not job.keep:
            self._put_back.append(job)
            return None
        return job

    def _serve_in_a_row(self, jobs: list[_Job]) -> None:
        """Serve jobs, and those that come meanwhile, each batch begun with the COMMIT of the last one.

        Whatever goes wrong, those that were not answered are served again, one batch after the other: a
        batch that was committed all the same is found by its keys.
        """
        open_ = [jobs]
        try:
            self._chain(open_)
        except Exception:  # noqa: BLE001  # whatever it is, it is met again, and told, below
            self._engine.forget()
            for group in open_:
                self._serve(group)

    def _chain(self, open_: list[list[_Job]]) -> None:
        wire, ahead = self._wire(), self._ahead(open_)
        under_way: list[Round] = []  # the batch that was begun, unless it is being posted
        with uncollected() as collected, wire.row():
            stretch = self._begin(wire, ahead, under_way)
            answers: list[Answer] = []
            while stretch is not None:
                following = self._step(wire, ahead, under_way, answers)
                if collected:
                    self._collect_rarely()
                if stretch.is_last and following is not None:
                    _answer(open_.pop(0), answers)
                    answers = []
                stretch = following
        _answer(open_.pop(), answers)  # now that the connection is at rest

    def _step(
        self,
        wire: Wire,
        ahead: Iterator[_Stretch],
        under_way: list[Round],
        answers: list[Answer],
    ) -> _Stretch | None:
        """Commit the batch under way; the next one begins while the server writes.

        What the batch teaches is learnt and let go meanwhile, too; if it was not committed after all,
        whoever comes by has everything forgotten.
        """
        batch = under_way.pop()
        batch.go()
        ended = batch.end()
        following = self._begin(wire, ahead, under_way)
        told = batch.answers()
        del batch
        ended.wait()
        answers += told
        return following

    def _collect_rarely(self) -> None:
        """Look for cycles in a long row of batches: whoever else is at work here makes some."""
        if time.monotonic() > self._collected + _UNCOLLECTED_SECONDS:
            gc.collect(1)
            self._collected = time.monotonic()

    def _begin(
        self, wire: Wire, ahead: Iterator[_Stretch], under_way: list[Round]
    ) -> _Stretch | None:
        stretch = next(ahead, None)
        if stretch is not None:
            under_way.append(self._engine.begin(wire, stretch.commands, self._clock(), keep=True))
        return stretch

    def _ahead(self, open_: list[list[_Job]]) -> Iterator[_Stretch]:
        """Yield batches as long as more are at hand; what is taken is noted in `open_`."""
        group: list[_Job] | None = open_[0]
        while group is not None:
            commands = [command for job in group for command in job.commands]
            ends = range(0, max(len(commands), 1), self._batch_limit)
            for start in ends:
                yield _Stretch(commands[start : start + self._batch_limit], start == ends[-1])
            job = self._at_hand()
            group = self._gather(job) if job else None
            if group is not None:
                open_.append(group)

    def _serve(self, jobs: Sequence[_Job]) -> None:
        commands = [command for job in jobs for command in job.commands]
        try:
            answers = self.post(commands, keep=jobs[0].keep)
        except Exception as fault:  # noqa: BLE001  # whatever it is, the callers must hear of it
            self._serve_apart(jobs, fault)
            return
        _answer(jobs, answers)

    def _serve_apart(self, jobs: Sequence[_Job], fault: Exception) -> None:
        """Find the job that makes a batch fail; the others are served without it."""
        if len(jobs) == 1 or isinstance(fault, Unavailable):
            told = Unavailable() if isinstance(fault, AWAY) else fault
            for job in jobs:
                job.future.set_exception(told)
            return
        half = len(jobs) // 2
        self._serve(jobs[:half])
        self._serve(jobs[half:])

    def post(self, commands: Sequence[Command], *, keep: bool = True) -> list[Answer]:
        """Post commands in order, in transactions of at most the batch limit."""
        answers: list[Answer] = []
        for start in range(0, len(commands), self._batch_limit):
            answers += self._post(commands[start : start + self._batch_limit], keep=keep)
        return answers

    def _post(self, commands: Sequence[Command], *, keep: bool) -> list[Answer]:
        """Post one batch; if a constraint breaks, halve it, so that one command harms no other."""
        try:
            return self._attempt(commands, keep=keep)
        except psycopg.IntegrityError as fault:
            if len(commands) == 1:
                return [self._settle_fault(commands[0], fault, keep=keep)]
        half = len(commands) // 2
        return self._post(commands[:half], keep=keep) + self._post(commands[half:], keep=keep)

    def _attempt(self, commands: Sequence[Command], *, keep: bool) -> list[Answer]:
        """Process one batch; a retry finds the outcomes that were committed by their keys."""
        return self._insist(
            lambda wire: self._engine.process(wire, commands, self._clock(), keep=keep)
        )

    def _insist(self, act: Callable[[Wire], T]) -> T:
        """Try until the database takes it."""
        for attempt in range(_RETRIES):
            try:
                with uncollected():
                    return act(self._wire())
            except _WAITED:
                raise
            except AWAY:
                self._forget()
                time.sleep(0.02 * 2**attempt)
        raise Unavailable

    def _settle_fault(
        self, command: Command, fault: psycopg.IntegrityError, *, keep: bool
    ) -> Answer:
        """Turn a broken constraint into the outcome it stands for; any other is our fault and is raised."""
        if fault.diag.constraint_name == "command_key":
            return self._attempt([command], keep=keep)[0]  # another process took the key meanwhile
        outcome = outcome_of_fault(fault.diag.constraint_name, command)
        if outcome is None:
            raise fault
        if outcome.outcome is not None and keep:
            try:
                self._insist(
                    lambda wire: self._engine.refuse(wire, command, outcome, self._clock())
                )
            except psycopg.IntegrityError:  # stored before the wire broke, or by another process
                return self._attempt([command], keep=keep)[0]
        return outcome

    def _wire(self) -> Wire:
        """Give a connection on which nothing is begun: in an open transaction no COMMIT would count."""
        wire = self._at_rest
        if wire is None or wire.conn.closed or wire.conn.info.transaction_status is not _IDLE:
            self._forget()
            self._engine.forget()  # nobody knows what was done to the database meanwhile
            conn = psycopg.connect(self._url, autocommit=True, options=_OPTIONS)
            conn.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(self.registry)))
            wire = self._at_rest = Wire(conn)
        return wire

    def _forget(self) -> None:
        """Connect anew: this connection is lost, or was opened while the database was read-only."""
        if self._at_rest is not None:
            self._at_rest.conn.close()
            self._at_rest = None
