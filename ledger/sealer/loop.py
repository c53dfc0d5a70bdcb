"""The sealer's loop: seal what waits, say it, rest; begin again from the start when anything is lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Self

from ledger.log.checkpoint import Checkpoint
from ledger.log.opening import QuorumMissing
from ledger.log.published import VKEYS, vkeys_text
from ledger.log.vkey import VerifierKey
from ledger.sealer.folder import Folder
from ledger.sealer.leaves import Leaves
from ledger.sealer.outside import Outside
from ledger.sealer.publisher import Publisher, Sign
from ledger.store.engine import AWAY

Say = Callable[[str], None]
_log: Final = logging.getLogger(__name__)
_SWEPT: Final = 16_384  # journals between two times the queue is swept: looks pass over them
_LOST_SECONDS: Final = 1  # between two tries to reach a database that is away
_QUORUM_SECONDS: Final = 1  # between two tries to find enough witnesses


class _ToldToStop(Exception):
    """We stood by, and are not wanted any more."""


@dataclass(frozen=True, slots=True)
class Log:
    """What a log is sealed and published with."""

    url: str
    registry: str
    origin: str
    folder: Folder
    outside: Outside
    sign: Sign
    seen: Callable[[], Iterable[Checkpoint]] = tuple
    """What witnesses have cosigned last; asked at every start."""
    vkeys: tuple[VerifierKey, ...] = ()
    """Whose signatures `sign` makes, for readers of the folder."""
    limit: int = 4096
    """Journals sealed or published together: with their records, what is held in memory."""


class _Announcer:
    """Announces the newest head from a thread of its own: witnesses may take their time.

    Where they are missing, sealing goes on, and the next checkpoint covers everything.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._thread = ThreadPoolExecutor(1, "announcer")
        self._under_way: Future[None] | None = None
        self._not_before = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown()

    def look_after(self) -> None:
        """Begin to announce what is not, unless somebody is at it; raise what went wrong before."""
        if self._under_way is not None:
            if not self._under_way.done():
                return
            self._end(self._under_way)
            self._under_way = None
        if not self._publisher.is_announced and time.monotonic() >= self._not_before:
            self._under_way = self._thread.submit(self._publisher.announce)

    def _end(self, announced: Future[None]) -> None:
        try:
            announced.result()
        except QuorumMissing as fault:
            self._not_before = time.monotonic() + _QUORUM_SECONDS
            _log.warning("a checkpoint is not published: %s", fault)


class Sealer:
    """One sealer of one log. A second one waits, and takes over when the first is gone."""

    def __init__(self, log: Log, pause_seconds: float, say: Say) -> None:
        """Seal `log`, resting so long when little waits; `say` is told what an operator should know."""
        self._log = log
        self._pause_seconds = pause_seconds
        self._say = say
        self._over = threading.Event()

    def stop(self) -> None:
        """End the loop after the step it is in; any thread or signal handler may call this."""
        self._over.set()

    def run(self) -> None:
        """Seal until told to stop, over as many connections as it takes.

        Raises:
            LogFault: the database, the folder and the store outside do not agree; nothing is said
                until somebody has looked.
        """
        with suppress(_ToldToStop), self._folder_alone():
            while not self._over.is_set():
                self._connect_and_work()

    def run_once(self, *, rewrite: bool = False) -> int:
        """Seal and publish all that waits now, and return the size of the tree.

        Raises:
            LogFault: as `run`.
            QuorumMissing: witnesses do not cosign what was sealed.
        """
        with self._folder_alone(), self._leaves() as leaves:
            publisher = self._opened(leaves, rewrite=rewrite)
            while leaves.something_waits():
                publisher.publish(leaves.seal(publisher.tree, self._log.limit))
                publisher.announce()
            if not publisher.is_announced:
                publisher.announce()
            return publisher.size

    def _connect_and_work(self) -> None:
        try:
            with self._leaves() as leaves:
                self._work(leaves)
        except AWAY as fault:
            self._say(f"the database is away: {str(fault).strip()}")
            self._over.wait(_LOST_SECONDS)

    def _work(self, leaves: Leaves) -> None:
        publisher = self._opened(leaves)
        self._say(f"sealing {self._log.registry}: {publisher.size:,} leaves")
        with _Announcer(publisher) as announcer:
            while not self._over.is_set():
                begun, before = time.monotonic(), publisher.size
                if leaves.something_waits():
                    publisher.publish(leaves.seal(publisher.tree, self._log.limit))
                announcer.look_after()
                if before // _SWEPT < publisher.size // _SWEPT:
                    leaves.sweep()
                if publisher.size < before + self._log.limit:
                    self._rest(time.monotonic() - begun)

    def _rest(self, worked_seconds: float) -> None:
        """Let more come together where much is to do: a batch costs a dozen flushes, however small."""
        self._over.wait(max(self._pause_seconds, worked_seconds))

    def _opened(self, leaves: Leaves, *, rewrite: bool = False) -> Publisher:
        log = self._log
        publisher = Publisher(log.origin, log.folder, log.outside, log.sign)
        tree = publisher.open(leaves, log.limit, rewrite=rewrite)
        publisher.check_seen(log.seen(), tree)
        if log.vkeys:
            log.folder.write([(VKEYS, vkeys_text(log.vkeys))])
        publisher.catch_up(leaves, tree, log.limit)
        return publisher

    @contextmanager
    def _folder_alone(self) -> Iterator[None]:
        self._await(self._log.folder.is_alone)
        try:
            yield
        finally:
            self._log.folder.close()

    @contextmanager
    def _leaves(self) -> Iterator[Leaves]:
        leaves = Leaves(self._log.url, self._log.registry)
        try:
            self._await(leaves.is_alone)
            yield leaves
        finally:
            leaves.close()

    def _await(self, is_alone: Callable[[], bool]) -> None:
        """Stand by until we are the only sealer."""
        if is_alone():
            return
        self._say("another sealer is at work; standing by")
        while not is_alone():
            if self._over.wait(self._pause_seconds):
                raise _ToldToStop
