"""Gathering: whatever arrives while a group is being served goes together in the next one."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from ledger.posting.writer import QueueFull, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_WAITING_MAX: Final = 10_000
_GROUP_MAX: Final = 256  # so that none is kept waiting for a crowd
_LINGER_NS_MAX: Final = 10_000_000
_NS: Final = 1_000_000_000  # of a second


class Gathering(Generic[T]):
    """One thread that serves all who wait, in order, a group at a time.

    The next group begins when all of the last one are `done`. Who was just served often asks again at
    once: after a group of several it waits until as many are there, at most as long as that group
    took. One who always comes alone never waits.
    """

    def __init__(self, name: str, serve: Callable[[list[T]], None]) -> None:
        """Start the thread; `serve` must not raise, and may leave one to be `done` later."""
        self._serve = serve
        self._waiting: deque[T] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._under_way = 0
        self._last = self._begun_ns = self._took_ns = 0
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

    def done(self) -> None:
        """Hear that one of the group has been served."""
        with self._changed:
            self._under_way -= 1
            if not self._under_way:
                self._took_ns = time.monotonic_ns() - self._begun_ns
                self._changed.notify()

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
            self._changed.wait_for(lambda: self._closed or (self._waiting and not self._under_way))
            linger = min(self._took_ns, _LINGER_NS_MAX) / _NS
            self._changed.wait_for(lambda: self._closed or self._is_complete(), linger)
            self._last = self._under_way = min(len(self._waiting), _GROUP_MAX)
            self._begun_ns = time.monotonic_ns()
            return [self._waiting.popleft() for _ in range(self._last)]

    def _is_complete(self) -> bool:
        return len(self._waiting) >= self._last
