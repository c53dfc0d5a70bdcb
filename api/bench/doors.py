"""The cases over HTTP: a real server process, real keys, JSON both ways."""

from __future__ import annotations

import json
import os
import queue
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from api.bench.book import new_key
from api.bench.client import CREATED, Driven, Line, Target, drive_singles, together
from api.bench.empty import READY
from api.bench.market import CONNECTIONS, PRICE_FEN, REFERENCE
from api.bench.sample import Sample
from ledger.embedded import DatabaseFault
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, decode_id, encode_id

if TYPE_CHECKING:
    from api.bench.book import Book
    from api.bench.market import Market
    from api.bench.scale import Scale

REGISTRY: Final = "from api.cli import main; main()"
EMPTY: Final = "from api.bench.empty import serve_empty; serve_empty()"
_SEED: Final = 2026
_UNITS: Final = (1, 5)  # of a sale
_BODIES: Final = 2_000  # that single requests take turns with
_LINES: Final = 4  # connections of the bulk client
_END_SECONDS: Final = 30
_WARM_SECONDS: Final = 1
_PATH: Final = "/v1/transfers"


class Doors:
    """Requests against the market, through its doors or an empty one."""

    def __init__(self, market: Market, scale: Scale) -> None:
        """Begin the same row of chances in every run."""
        self._market, self._scale = market, scale
        self._chance = random.Random(_SEED)

    def bulk(self) -> Sample:
        """Send batches of transfers, each for itself, over a few connections."""
        posts = [self._post() for _ in range(1 + self._scale.posts)]
        with served(REGISTRY, settings_of(self._market.book)) as address:
            target = Target(address, f"{_PATH}/batch", (), "")
            warm, _ = _send(target, posts[:1])
            begun = time.perf_counter()
            answers, times = _send(target, posts[1:])
            seconds = time.perf_counter() - begun
        for (_, key, _), (status, content) in zip(posts, warm + answers, strict=True):
            self._check(key, status, content)
        told: dict[str, int | str] = {"client": "own", "connections": _LINES}
        return Sample(len(answers) * self._scale.batch / seconds, tuple(times), told)

    def single(self) -> Sample:
        """Send single transfers to the registry."""
        with served(REGISTRY, settings_of(self._market.book)) as address:
            warm, driven = self._drive(address)
        self._count(*warm)
        self._count(*driven)
        return _sample(driven[1])

    def empty(self) -> Sample:
        """Send the same requests to an endpoint with nothing behind it."""
        with served(EMPTY, {}) as address:
            _, (_, driven) = self._drive(address)
        if driven.failed:
            self._market.book.fault(f"the empty endpoint failed {driven.failed} times")
        return _sample(driven)

    def _drive(self, address: str) -> tuple[tuple[str, Driven], tuple[str, Driven]]:
        """Drive a fresh server warm, then in earnest; tell what the idempotency keys began with."""
        asked = [(key, json.dumps(self._sale(seller))) for seller, key in self._turns()]
        warm, earnest = (Target(address, _PATH, asked, new_key()) for _ in range(2))
        return (
            (warm.key_start, drive_singles(warm, CONNECTIONS, _WARM_SECONDS)),
            (earnest.key_start, drive_singles(earnest, CONNECTIONS, self._scale.http_seconds)),
        )

    def _turns(self) -> list[tuple[int, str]]:
        keys = self._market.keys
        return [keys[n % len(keys)] for n in range(_BODIES)]

    def _sale(self, seller: int) -> dict[str, Any]:
        return {
            "from_account": encode_id(IdPrefix.ACCOUNT, seller),
            "to_account": encode_id(IdPrefix.ACCOUNT, self._chance.choice(self._market.buyers)),
            "instrument": "GEC",
            "quantity": self._chance.randint(*_UNITS),
            "mode": "listing",
            "price_fen_per_unit": PRICE_FEN,
            "reference": REFERENCE,
        }

    def _post(self) -> tuple[str, str, str]:
        seller, api_key = self._chance.choice(self._market.keys)
        transfers = [self._sale(seller) for _ in range(self._scale.batch)]
        return api_key, new_key(), json.dumps({"mode": "independent", "transfers": transfers})

    def _check(self, key: str, status: int, content: bytes) -> None:
        """Every item of a batch was made, and is in the book once under the key it was told."""
        book = self._market.book
        results = json.loads(content).get("results", []) if status == CREATED else []
        told = {
            f"{key}#{item['index']}": decode_id(IdPrefix.JOURNAL, str(item["journal_id"]))
            for item in results
        }
        book.acknowledged += len(told)
        stored = _groups(book, key)
        if len(told) != self._scale.batch or stored != told:
            book.fault(f"a batch was answered {status}, told {len(told)}, kept {len(stored)}")

    def _count(self, start: str, driven: Driven) -> None:
        """The book has what was acknowledged, and at most one more for each connection cut at the end."""
        book = self._market.book
        kept = len(_groups(book, start))
        book.acknowledged += driven.done
        if driven.failed or not driven.done <= kept <= driven.done + CONNECTIONS:
            book.fault(f"singles: {driven.done} told, {kept} kept, {driven.failed} failed")


def _groups(book: Book, start: str) -> dict[str, int]:
    """Read the journals of accepted commands whose keys begin so; a journal counts for one key."""
    c = t.command.c
    query = (
        select(c.key, c.grp)
        .join(t.client, t.client.c.id == c.client)  # the index of keys begins with their client
        .where(c.key >= start, c.key < f"{start}~", c.grp.is_not(None))
    )
    with book.desk.reads.connect() as conn:
        found = {row.key: row.grp for row in conn.execute(query)}
        there = select(func.count()).where(t.journal.c.seq.in_(select(query.subquery().c.grp)))
        if conn.execute(there).scalar() != len(found):
            book.fault("commands share a journal, or have lost it")
    return found


def _sample(driven: Driven) -> Sample:
    told: dict[str, float | int | str] = {
        "client": driven.client,
        "connections": CONNECTIONS,
        "p50_ms": driven.p50_ms,
        "p99_ms": driven.p99_ms,
    }
    return Sample(driven.done / driven.seconds, told=told)


def _send(
    target: Target, posts: list[tuple[str, str, str]]
) -> tuple[list[tuple[int, bytes]], list[float]]:
    """Send posts over a few connections; return answers and milliseconds in the posts' order."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(posts)):
        waiting.put(index)
    answers: dict[int, tuple[int, bytes]] = {}
    times: dict[int, float] = {}

    def work() -> None:
        line = Line(target)
        while True:
            try:
                index = waiting.get_nowait()
            except queue.Empty:
                return line.close()
            begun = time.perf_counter()
            answers[index] = line.post(*posts[index])
            times[index] = (time.perf_counter() - begun) * 1000

    together([work] * min(_LINES, len(posts)))
    order = range(len(posts))
    return [answers[n] for n in order], [times[n] for n in order]


@contextmanager
def served(program: str, settings: Mapping[str, str]) -> Iterator[str]:
    """Lend the address of a server process; it ends with us."""
    arguments = [sys.executable, "-P", "-c", f"import sys; sys.argv[1:] = ['serve']; {program}"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    server = subprocess.Popen(
        arguments,
        env={**kept, **settings, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _address(server)
    finally:
        _end(server)


def _end(server: subprocess.Popen[str]) -> None:
    """Let a server answer what it has begun, and stop."""
    server.terminate()
    try:
        server.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    if server.stdout is not None:
        server.stdout.close()


def _address(server: subprocess.Popen[str]) -> str:
    """Read what a server says until it is ready."""
    address = ""
    for line in server.stdout or ():
        address = line.split()[-1] if " at http://" in line else address
        if line.strip() == READY:
            return address
    raise DatabaseFault("a server of the benchmark did not start")


def settings_of(book: Book) -> dict[str, str]:
    """Tell a server process which book it serves."""
    return {
        "DATABASE_URL": book.urls.app,
        "GREENLEDGER_OWNER_URL": book.urls.owner,
        "GREENLEDGER_REGISTRY": book.settings.registry,
        "GREENLEDGER_PORT": "0",
    }
