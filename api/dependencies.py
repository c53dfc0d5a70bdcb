"""What endpoints may ask for, by type: the parts that `create_app` put together."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from fastapi import Depends
from sqlalchemy import Engine
from starlette.requests import Request

from api.persons import person_key
from api.problems import DoorCode, Problem
from api.public_log import PublicLog, opened_log
from api.sealing import SealWatch
from api.security import Clients
from api.threshold import Threshold
from ledger.settings import Settings
from settlement.desk import Desk

Name: TypeAlias = tuple[int, str]


class Running:
    """Idempotency keys in progress in this process: the second request of a key waits its turn."""

    def __init__(self, wait_seconds: float) -> None:
        """Remember how long a second request waits."""
        self._wait = wait_seconds
        self._busy: dict[Name, deque[Future[None]]] = {}  # a key that runs, and who waits for it
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, client: int, key: str) -> Iterator[None]:
        """Hold a client's key while a request runs.

        Raises:
            Problem: `idempotency_key_running`, when the first is still at it after the wait.
        """
        name = (client, key)
        if waiting := self._join(name):
            try:
                waiting.result(self._wait)
            except TimeoutError:
                self._give_up(name, waiting)
                raise _still_running() from None
        try:
            yield
        finally:
            self._pass_on(name)

    @asynccontextmanager
    async def turn_in_loop(self, client: int, key: str) -> AsyncIterator[None]:
        """Do the same without a thread of one's own."""
        name = (client, key)
        if waiting := self._join(name):
            try:
                await asyncio.wait_for(asyncio.wrap_future(waiting), self._wait)
            except (TimeoutError, asyncio.CancelledError) as over:
                self._give_up(name, waiting)
                if isinstance(over, asyncio.CancelledError):
                    raise
                raise _still_running() from None
        try:
            yield
        finally:
            self._pass_on(name)

    def _join(self, name: Name) -> Future[None] | None:
        """Take the key, or stand in line for it."""
        with self._lock:
            line = self._busy.get(name)
            if line is None:
                self._busy[name] = deque()
                return None
            line.append(Future())
            return line[-1]

    def _pass_on(self, name: Name) -> None:
        """Let the next in line have the key."""
        with self._lock:
            line = self._busy[name]
            while line:
                following = line.popleft()
                if following.set_running_or_notify_cancel():
                    following.set_result(None)
                    return
            del self._busy[name]

    def _give_up(self, name: Name, waiting: Future[None]) -> None:
        """Leave the line; a turn that came at the last moment goes to the next."""
        if not waiting.cancel():
            self._pass_on(name)


def _still_running() -> Problem:
    return Problem(DoorCode.KEY_RUNNING, headers={"retry-after": "1"})


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one running registry, as the doors need them.

    `reads` is for single questions: the desk's pool, without a transaction around each.
    """

    desk: Desk
    reads: Engine
    clients: Clients
    settings: Settings
    running: Running
    threshold: Threshold
    log: PublicLog
    watch: SealWatch
    person_key: bytes = field(repr=False)


def parts(desk: Desk, settings: Settings) -> Parts:
    """Put the parts together; nothing is opened but two keys: for persons' documents, for statements."""
    reads = desk.reads.execution_options(isolation_level="AUTOCOMMIT")
    running = Running(settings.key_wait_seconds)
    key = person_key(settings)
    log = opened_log(settings)
    watch = SealWatch(reads, log.published, settings.sealed_wait_seconds)
    return Parts(desk, reads, Clients(reads), settings, running, Threshold(), log, watch, key)


def parts_of(request: Request) -> Parts:
    """Answer the parts of the application that serves a request."""
    found: Parts = request.app.state.parts
    return found


async def _desk(request: Request) -> Desk:
    return parts_of(request).desk


async def _reads(request: Request) -> Engine:
    return parts_of(request).reads


async def _log(request: Request) -> PublicLog:
    return parts_of(request).log


LogPart: TypeAlias = Annotated[PublicLog, Depends(_log)]
DeskPart: TypeAlias = Annotated[Desk, Depends(_desk)]
ReadsPart: TypeAlias = Annotated[Engine, Depends(_reads)]
