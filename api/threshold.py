"""The threshold: who stands at the door at the same moment goes in together; nobody waits for a timer."""

from __future__ import annotations

import asyncio
from typing import Final

_TOGETHER_MAX: Final = 256


class Threshold:
    """Lets requests go on once the event loop has brought in all that have arrived already.

    Without it the first of sixteen would go into a batch of its own, while the others are still being
    read. One who comes alone goes on after an empty turn of the loop.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: list[asyncio.Future[None]] = []

    async def crossed(self) -> None:
        """Wait until nobody else comes in."""
        loop = asyncio.get_running_loop()
        mine = loop.create_future()
        self._waiting.append(mine)
        if len(self._waiting) == 1:
            loop.call_soon(self._look, 0, loop)
        await mine

    def _look(self, before: int, loop: asyncio.AbstractEventLoop) -> None:
        count = len(self._waiting)
        if before < count < _TOGETHER_MAX:
            loop.call_soon(self._look, count, loop)
            return
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():  # whose client has gone is done already
                one.set_result(None)
