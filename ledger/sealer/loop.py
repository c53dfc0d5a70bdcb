"""The sealer's loop: seal what waits, say it, rest; begin again from the start when anything is lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from ledger.log.tree import Frontier
from ledger.sealer.folder import Folder
from ledger.sealer.leaves import Leaves
from ledger.sealer.outside import Outside
from ledger.sealer.publisher import Publisher, Sign, Withheld
from ledger.store.engine import AWAY

Say = Callable[[str], None]
_log: Final = logging.getLogger(__name__)
_LOST_SECONDS: Final = 1  # between two tries to reach a database that is away
_WITHHELD_SECONDS: Final = 1  # between two tries to find enough witnesses


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
    limit: int = 4096
    """Journals sealed or published together: with their records, what is held in memory."""


class Sealer:
    """One sealer of one log. A second one waits, and takes over when the first is gone."""

    def __init__(self, log: Log, pause_seconds: float, say: Say) -> None:
        """Seal `log`, resting so long when little waits; `say` is told what an operator should know."""
        self._log = log
        self._pause_seconds = pause_seconds
        self._say = say
        self._over = threading.Event()
        self._quiet_until = time.monotonic()  # while witnesses are missing

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
            Withheld: the checkpoint may not be published yet.
        """
        with self._folder_alone(), self._leaves() as leaves:
            publisher, tree = self._opened(leaves, rewrite=rewrite)
            while leaves.something_waits():
                tree = leaves.seal(tree, self._log.limit)
                publisher.publish(leaves, tree, self._log.limit)
            while publisher.size < tree.size or not publisher.is_announced:
                publisher.publish(leaves, tree, self._log.limit)
            return tree.size

    def _connect_and_work(self) -> None:
        try:
            with self._leaves() as leaves:
                self._work(leaves)
        except AWAY as fault:
            self._say(f"the database is away: {str(fault).strip()}")
            self._over.wait(_LOST_SECONDS)

    def _work(self, leaves: Leaves) -> None:
        publisher, tree = self._opened(leaves)
        self._say(f"sealing {self._log.registry}: {tree.size:,} leaves")
        while not self._over.is_set():
            before = tree.size
            if leaves.something_waits():
                tree = leaves.seal(tree, self._log.limit)
            self._publish(publisher, leaves, tree)
            if tree.size - min(before, publisher.size) < self._log.limit:
                self._over.wait(self._pause_seconds)

    def _publish(self, publisher: Publisher, leaves: Leaves, tree: Frontier) -> None:
        """Publish what there is; where witnesses are missing, sealing goes on all the same."""
        is_out = publisher.size == tree.size and publisher.is_announced
        if is_out or time.monotonic() < self._quiet_until:
            return
        try:
            publisher.publish(leaves, tree, self._log.limit)
        except Withheld as fault:
            self._quiet_until = time.monotonic() + _WITHHELD_SECONDS
            _log.warning("the checkpoint of %s leaves is withheld: %s", publisher.size, fault)

    def _opened(self, leaves: Leaves, *, rewrite: bool = False) -> tuple[Publisher, Frontier]:
        log = self._log
        publisher = Publisher(log.origin, log.folder, log.outside, log.sign)
        return publisher, publisher.open(leaves, log.limit, rewrite=rewrite)

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
