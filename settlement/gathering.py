"""Gathering: whatever arrives while a group is being served goes together in the next one."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from ledger.posting.writer import QueueFull, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_WAITING_MAX: Final = 10_000
_GROUP_MAX: Final = 256  # so that none is kept waiting for a crowd


class Gathering(Generic[T]):
    """One thread that serves all who wait, in order, a group at a time; nobody waits for a timer."""

    def __init__(self, name: str, serve: Callable[[list[T]], None]) -> None:
        """Start the thread; `serve` must not raise."""
        self._serve = serve
        self._waiting: deque[T] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def put(self, one: T) -> None:
        """Let one wait for the next group.

        Raises:
            QueueFull: too many wait.
            Unavailable: the gathering was closed.
        """
        with self._changed:
            if self._closed:
                raise Unavailable
            if len(self._waiting) >= _WAITING_MAX:
                raise QueueFull
            self._waiting.append(one)
            self._changed.notify()

    @property
    def closed(self) -> bool:
        """Tell whether nobody is let in any more."""
        return self._closed

    def close(self) -> None:
        """Serve who waits, then stop; who comes later is turned away."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _loop(self) -> None:
        while group := self._next():
            self._serve(group)

    def _next(self) -> list[T]:
        """Wait for a group; nobody comes any more once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            size = min(len(self._waiting), _GROUP_MAX)
            return [self._waiting.popleft() for _ in range(size)]
