"""Answers that threads bring into an event loop: all that are ready go in at one wake-up."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Letter(Generic[T]):
    """An answer to come: one coroutine awaits `future`, and any thread brings it."""

    def __init__(self) -> None:
        """Wait in the running loop."""
        loop = asyncio.get_running_loop()
        self.future: asyncio.Future[T] = loop.create_future()
        self._loop, self._box = loop, _BOXES.get(loop) or _BOXES.setdefault(loop, _Box())

    def bring(self, answer: T | Exception) -> None:
        """Answer, from any thread; an exception is raised where the answer is awaited."""
        self._box.put(lambda: self._open(answer), self._loop)

    def _open(self, answer: T | Exception) -> None:
        if self.future.done():  # whoever waited has gone
            return
        if isinstance(answer, Exception):
            self.future.set_exception(answer)
        else:
            self.future.set_result(answer)


class _Box:
    """What waits to be taken into one loop."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._waiting: list[Callable[[], None]] = []

    def put(self, letter: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        """Add a letter; the first one wakes the loop."""
        with self._lock:
            self._waiting.append(letter)
            wakes = len(self._waiting) == 1
        if wakes:
            try:
                loop.call_soon_threadsafe(self._empty)
            except RuntimeError:  # the loop is closed: nobody waits any more
                self._take()

    def _empty(self) -> None:
        for letter in self._take():
            letter()

    def _take(self) -> list[Callable[[], None]]:
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken


_BOXES: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Box]] = WeakKeyDictionary()
