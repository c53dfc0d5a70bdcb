"""What endpoints may ask for, by type: the parts that `create_app` put together."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from fastapi import Depends
from sqlalchemy import Engine
from starlette.requests import Request

from api.persons import person_key
from api.problems import DoorCode, Problem
from ledger.settings import Settings
from settlement.desk import Desk


class Running:
    """Idempotency keys in progress in this process: the second request of a key waits its turn."""

    def __init__(self, wait_seconds: float) -> None:
        """Remember how long a second request waits."""
        self._wait = wait_seconds
        self._busy: set[tuple[int, str]] = set()
        self._freed = threading.Condition()

    @contextmanager
    def turn(self, client: int, key: str) -> Iterator[None]:
        """Hold a client's key while a request runs.

        Raises:
            Problem: `idempotency_key_running`, when the first is still at it after the wait.
        """
        name = (client, key)
        with self._freed:
            if not self._freed.wait_for(lambda: name not in self._busy, self._wait):
                raise Problem(DoorCode.KEY_RUNNING, headers={"retry-after": "1"})
            self._busy.add(name)
        try:
            yield
        finally:
            with self._freed:
                self._busy.discard(name)
                self._freed.notify_all()


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one running registry, as the doors need them.

    `reads` is for single questions: the desk's pool, without a transaction around each.
    """

    desk: Desk
    reads: Engine
    settings: Settings
    running: Running
    person_key: bytes = field(repr=False)


def parts(desk: Desk, settings: Settings) -> Parts:
    """Put the parts together; nothing is opened but the key for persons' documents."""
    reads = desk.reads.execution_options(isolation_level="AUTOCOMMIT")
    running = Running(settings.key_wait_seconds)
    return Parts(desk, reads, settings, running, person_key(settings))


def parts_of(request: Request) -> Parts:
    """Answer the parts of the application that serves a request."""
    found: Parts = request.app.state.parts
    return found


async def _desk(request: Request) -> Desk:
    return parts_of(request).desk


async def _reads(request: Request) -> Engine:
    return parts_of(request).reads


DeskPart: TypeAlias = Annotated[Desk, Depends(_desk)]
ReadsPart: TypeAlias = Annotated[Engine, Depends(_reads)]
