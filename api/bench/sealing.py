"""Sales beside a sealer at work, and without one; and proof that its log holds what was acknowledged."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from api.bench.engine import drive
from api.bench.published import Moment, Published, Watcher, read_checkpoint
from api.bench.sample import P99, Sample, quantile
from ledger.embedded import DatabaseFault
from ledger.settings import Settings

if TYPE_CHECKING:
    from api.bench.loads import Trades
    from api.bench.market import Market
    from api.bench.scale import Scale

_BEHIND_SECONDS: Final = 600  # a sealer that has not caught up by then never will
_LOOK_SECONDS: Final = 0.02
_BEGUN: Final = "sealing"  # what a sealer says when it has compared the log with the book
_END_SECONDS: Final = 30
_LAGS: Final = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(journal.xmin))::float8, log_leaf.idx
FROM journal JOIN log_leaf USING (seq) WHERE seq > %s ORDER BY idx
"""
_WAITING: Final = "SELECT count(*), (SELECT count(*) FROM journal) FROM unsealed"


class Sealing:
    """The market's sales, its journals sealed by a process of its own or waiting in the queue."""

    def __init__(self, market: Market, trades: Trades, scale: Scale, home: Path) -> None:
        """Publish below `home`; the book is examined together with what was published."""
        self.book, self._trades, self._scale = market.book, trades, scale
        self._settings = Settings(registry=market.book.settings.registry, data_dir=home)
        self._lags_s: list[float] = []
        market.book.examiners.append(self.check)

    def unsealed(self) -> Sample:
        """Sell while the sealer is stopped; the journals wait in the queue."""
        return drive(self.book, self._trades.split, self._scale)

    def sealed(self) -> Sample:
        """Sell while a sealer is at work that had caught up before."""
        with self._at_work() as watcher:
            before = self._last_journal()
            sample = drive(self.book, self._trades.split, self._scale)
            self._catch_up()
            seen = watcher.seen()
        self._lags_s = list(lags(self._committed(before), seen))
        return sample

    def lag(self) -> Sample:
        """Tell how long the sales of the last `sealed` waited from COMMIT to a signed checkpoint."""
        lags_s = self._lags_s
        return Sample(quantile(lags_s, P99), tuple(lag * 1000 for lag in lags_s))

    def caught_up(self) -> Published:
        """Let the sealer drain the queue, and return what it has published."""
        with self._at_work():
            return Published.by(self._settings)

    def check(self) -> None:
        """Let the sealer drain the queue, and hold what is published against the book."""
        log = self.caught_up()
        with self._connect() as conn:
            [(waiting, journals)] = conn.execute(_WAITING).fetchall()
            leaves = [row[0] for row in conn.execute("SELECT leaf FROM journal ORDER BY seq")]
        if waiting:
            self.book.fault(f"journals that wait though the sealer has drained: {waiting}")
        assert journals == len(leaves)
        for difference in log.differences(leaves):
            self.book.fault(difference)

    @contextmanager
    def _at_work(self) -> Iterator[Watcher]:
        """Lend a sealer that has caught up with the book, and what is seen of its checkpoints."""
        with Watcher(self._settings.log_path) as watcher, sealer(self._environment()) as is_alive:
            self._is_alive = is_alive
            self._catch_up()
            yield watcher
            self._catch_up()

    def _catch_up(self) -> None:
        """Wait until every journal is under the checkpoint."""
        until = time.monotonic() + _BEHIND_SECONDS
        with self._connect() as conn:
            [(_, journals)] = conn.execute(_WAITING).fetchall()
        while (found := read_checkpoint(self._settings.log_path)) is None or found < journals:
            if time.monotonic() > until or not self._is_alive():
                raise DatabaseFault(f"the sealer has published {found} of {journals} journals")
            time.sleep(_LOOK_SECONDS)

    def _last_journal(self) -> int:
        with self._connect() as conn:
            [(last,)] = conn.execute("SELECT max(seq) FROM journal").fetchall()
        return int(last)

    def _committed(self, after: int) -> list[tuple[float, int]]:
        """Read when each journal after one was committed, and its place in the log."""
        with self._connect() as conn:
            return conn.execute(_LAGS, [after]).fetchall()

    def _connect(self) -> psycopg.Connection:
        options = f"-c search_path={self._settings.registry}"
        return psycopg.connect(self.book.urls.owner, options=options)

    def _environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.book.urls.app,
            "GREENLEDGER_OWNER_URL": self.book.urls.owner,
            "GREENLEDGER_REGISTRY": self._settings.registry,
            "GREENLEDGER_DATA_DIR": str(self._settings.data_dir),
        }


def lags(committed: Sequence[tuple[float, int]], seen: Sequence[Moment]) -> Iterator[float]:
    """Tell for journals, by instant of COMMIT and place, the seconds to the checkpoint over each.

    Instants are seconds on one clock. A checkpoint is over all places below its size.
    """
    sizes = [moment.size for moment in seen]
    for at, place in committed:
        yield seen[bisect_right(sizes, place)].at - at


@contextmanager
def sealer(environment: dict[str, str]) -> Iterator[Callable[[], bool]]:
    """Run a sealer beside us, as an operator does; lend a question whether it is alive.

    Raises:
        DatabaseFault: it ended before it was told to, or not well.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "ledger", "seal"],
        env={**kept, **environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        begun = any(line.startswith(_BEGUN) for line in process.stdout or ())
        try:
            yield lambda: process.poll() is None
        finally:
            process.terminate()
            code = process.wait(_END_SECONDS)
    if code or not begun:
        raise DatabaseFault(f"the sealer ended with {code}")
