"""The threshold: who stands at the door at the same moment goes in together; nobody waits for a timer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sized

_TOGETHER_MAX: Final = 256


async def gathered(waiting: Sized) -> None:
    """Let the event loop bring in whoever has arrived already; no time passes if nobody has."""
    count = 0
    while count < len(waiting) < _TOGETHER_MAX:
        count = len(waiting)
        await asyncio.sleep(0)


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
        mine = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if len(self._waiting) == 1:
            try:
                await gathered(self._waiting)
            finally:  # the others wait, whatever becomes of this one
                self._let_in()
        await mine

    def _let_in(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():  # whose client has gone is done already
                one.set_result(None)
