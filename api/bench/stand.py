"""The test stand: one durable server in a scratch folder, and what its cases need, made when wanted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

import psycopg

from api.bench.auditing import Auditing
from api.bench.book import Book, open_book
from api.bench.budgets import Budgets
from api.bench.doors import Doors
from api.bench.loads import Mix, Trades
from api.bench.market import Market
from api.bench.month import Month
from api.bench.national import Nation
from api.bench.planning import Planning
from api.bench.scale import Scale
from api.bench.sealing import Sealing
from api.bench.tpcb import Tpcb
from ledger import embedded
from ledger.database import Urls

Say = Callable[[str], None]

_TOLD: Final = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
)
_DURABLE: Final = ("fsync", "synchronous_commit")


class Stand:
    """What cases share. Each part is made once, when the first case needs it."""

    def __init__(self, server: embedded.Server, scale: Scale, say: Say, closing: ExitStack) -> None:
        """Take a server; `closing` closes what is opened later."""
        self.server, self.scale, self._say, self._closing = server, scale, say, closing
        self.books: list[Book] = []

    @cached_property
    def tpcb(self) -> Tpcb:
        """The tables of pgbench."""
        self._say(f"tpcb: pgbench -i -s {self.scale.tpcb_scale}")
        return Tpcb(self.server, self.scale)

    @cached_property
    def market(self) -> Market:
        """The market."""
        return Market(self._book("bench_market"), self.scale, self._say)

    @cached_property
    def trades(self) -> Trades:
        """Sales in the market."""
        return Trades(self.market)

    @cached_property
    def mix(self) -> Mix:
        """Everything that goes on in the market."""
        return Mix(self.market)

    @cached_property
    def sealing(self) -> Sealing:
        """Sales in the market beside a sealer."""
        home = self._closing.enter_context(tempfile.TemporaryDirectory(prefix="greenledger-log-"))
        return Sealing(self.market, self.trades, self.scale, Path(home))

    @cached_property
    def auditing(self) -> Auditing:
        """An auditor at the market's log."""
        return Auditing(self.sealing)

    @cached_property
    def doors(self) -> Doors:
        """The market's doors."""
        return Doors(self.market, self.scale)

    @cached_property
    def month(self) -> Month:
        """The book in which a month is issued."""
        return Month(self._book("bench_month"), self.scale, self._say)

    @cached_property
    def budgets(self) -> Budgets:
        """The book in which a budget year is closed."""
        return Budgets(self._book("bench_budgets"), self.scale, self._say)

    @cached_property
    def planning(self) -> Planning:
        """The unit that holds very many parcels."""
        return Planning(self._book("bench_planning"), self.scale, self._say)

    @cached_property
    def nation(self) -> Nation:
        """The book in which a national year of allowances is lived."""
        return Nation(self._book("bench_national"), self.scale, self._say)

    def machine(self) -> dict[str, object]:
        """Tell on what the run was made, and how the server is set."""
        with psycopg.connect(self.server.url_superuser) as conn:
            rows = [conn.execute(f"SHOW {name}".encode()).fetchone() for name in _TOLD]
        told = {name: row[0] if row else None for name, row in zip(_TOLD, rows, strict=True)}
        return {
            "cores": os.cpu_count() or 1,
            "postgresql": told.pop("server_version"),
            **told,
        }

    def _book(self, registry: str) -> Book:
        urls = Urls(app=self.server.url_app, owner=self.server.url_owner)
        self.books.append(self._closing.enter_context(open_book(urls, registry)))
        return self.books[-1]


def is_durable(machine: Mapping[str, object]) -> bool:
    """Tell whether what is acknowledged would outlive the machine's fall."""
    return all(machine[name] == "on" for name in _DURABLE)


@contextmanager
def stand_of(scale: Scale, say: Say) -> Iterator[Stand]:
    """Lend a stand on a server of its own, whatever database the environment names."""
    with tempfile.TemporaryDirectory(prefix="greenledger-bench-") as scratch:
        Path(scratch).chmod(0o711)  # ours: the server's user must reach below it
        data = Path(scratch) / "data"
        with embedded.start(data) as server:
            _keep_commit_times(server)
        with embedded.start(data) as server, ExitStack() as closing:
            yield Stand(server, scale, say, closing)


def _keep_commit_times(server: embedded.Server) -> None:
    """Let the server remember when each transaction was committed: what lags are measured from.

    It does so from its next start on, for our cases and for TPC-B alike.
    """
    with psycopg.connect(server.url_superuser, autocommit=True) as conn:
        conn.execute("ALTER SYSTEM SET track_commit_timestamp = on")
