"""Waiting until an act is in the log: no thread, no connection and no other request waits with it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from ledger.log.published import NothingPublished
from ledger.store import tables as t
from ledger.store.queries.among import among

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from ledger.log.published import Published

_log: Final = logging.getLogger("greenledger.api")
_POLL_SECONDS: Final = 0.05


@dataclass(eq=False, slots=True)
class _Awaited:
    """Journals that somebody waits for, and how far they have come."""

    journals: frozenset[int]
    published: asyncio.Future[None]
    is_sealed: bool = False


class SealWatch:
    """Looks for everybody who waits, in one question a round, as long as anybody does."""

    def __init__(self, reads: Engine, published: Published, wait_seconds: float) -> None:
        """Ask over this pool; let nobody wait longer than so many seconds."""
        self._reads = reads
        self._published = published
        self._wait_seconds = wait_seconds
        self._waiting: list[_Awaited] = []
        self._rounds: asyncio.Task[None] | None = None

    async def sealed(self, journals: Iterable[int]) -> bool:
        """Wait until journals are under the published checkpoint, within bounds; say if they are sealed."""
        awaited = _Awaited(frozenset(journals), asyncio.get_running_loop().create_future())
        self._waiting.append(awaited)
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._look_around())
        try:
            async with asyncio.timeout(self._wait_seconds):
                await awaited.published
        except TimeoutError:
            pass
        finally:
            self._waiting.remove(awaited)
        return awaited.is_sealed

    async def _look_around(self) -> None:
        while self._waiting:
            wanted = frozenset().union(*(awaited.journals for awaited in self._waiting))
            try:
                places, size = await run_in_threadpool(self._look, wanted)
            except Exception:  # noqa: BLE001 # those who wait are told what is known, when their time is over
                _log.exception("whether acts are sealed could not be seen; it is tried again")
            else:
                for awaited in self._waiting:
                    _tell(awaited, places, size)
            await asyncio.sleep(_POLL_SECONDS)

    def _look(self, journals: frozenset[int]) -> tuple[dict[int, int], int]:
        """Find the places of journals that have one, and the size of what is published."""
        leaf = t.log_leaf.c
        with self._reads.connect() as conn:
            found = conn.execute(select(leaf.seq, leaf.idx).where(among(leaf.seq, journals))).all()
        try:
            size = self._published.head().size
        except NothingPublished:
            size = 0
        return {row.seq: row.idx for row in found}, size


def _tell(awaited: _Awaited, places: dict[int, int], size: int) -> None:
    if not awaited.journals <= places.keys():
        return
    awaited.is_sealed = True
    is_published = all(places[journal] < size for journal in awaited.journals)
    if is_published and not awaited.published.done():
        awaited.published.set_result(None)
