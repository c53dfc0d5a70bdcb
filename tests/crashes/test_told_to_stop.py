"""`greenledger serve` is told to stop while requests are under way: whatever was answered stands."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

import pytest

from ledger.database import Urls
from schemas.calendar import instant_text
from tests.cli.test_serving import ASK, address_in, named, serving
from tests.http.doors import As
from tests.http.market import market_at
from tests.races.books import check_books
from tests.registry import rows

CALLERS = 6
ENOUGH = 3  # answers to each, before the order comes


@dataclass
class Caller:
    """One who asks over the wire until nobody answers, and remembers every answer by its key."""

    address: str
    key: str
    body: bytes
    name: str
    answered: dict[str, Any] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Ask one thing after another."""
        for number in range(100_000):
            name = f"{self.name} {number}"
            try:
                with ASK.open(self.request(name), timeout=30) as told:
                    self.answered[name] = json.loads(told.read())
            except HTTPError as told:
                told.close()
                self.refused.add(told.code)
                self.unanswered.append(name)
            except (OSError, HTTPException):
                self.unanswered.append(name)
                return

    def request(self, name: str) -> urllib.request.Request:
        """Write a sale under a key."""
        headers = {
            "authorization": f"Bearer {self.key}",
            "content-type": "application/json",
            "idempotency-key": name,
        }
        url = f"{self.address}/v1/transfers"
        return urllib.request.Request(url, self.body, headers, method="POST")  # noqa: S310 # ours


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(signal.SIGTERM, id="told"),
        pytest.param(signal.SIGKILL, id="killed", marks=pytest.mark.slow),
    ],
)
def test_a_server_that_ends_under_load_keeps_what_it_answered(
    database: Urls, order: signal.Signals
) -> None:
    """Answered ⇒ present, unanswered ⇒ absent or found by its key, and asked again the same."""
    now = datetime.now(UTC)
    with market_at(database.app, instant_text(now)) as market:
        month = (now - timedelta(days=75)).strftime("%Y-%m")
        market.lot(5_000, month=month)
        body = json.dumps(market.sale(1)).encode()
        with serving(**named(database, GREENLEDGER_PORT="0")) as (server, said):
            callers = [
                Caller(address_in(said), market.seller.key, body, f"caller {n}")
                for n in range(CALLERS)
            ]
            with ThreadPoolExecutor(CALLERS) as pool:
                asking = [pool.submit(caller.run) for caller in callers]
                wait_for_answers(callers)
                os.kill(server.pid, order)
            for one in asking:
                one.result()
            assert server.wait(30) == (0 if order is signal.SIGTERM else -order)
        for caller in callers:
            check_caller(caller, market.seller, database.owner)
    check_books(database.owner)


def wait_for_answers(callers: Sequence[Caller]) -> None:
    """Wait until everybody heard some answers, or one was left without."""
    while not all(len(one.answered) >= ENOUGH or one.unanswered for one in callers):
        time.sleep(0.01)


def check_caller(caller: Caller, seller: As, url: str) -> None:
    """Compare what a caller heard with the book, and with what it hears when it asks again."""
    assert caller.refused <= {503}
    assert caller.unanswered
    query = "SELECT key FROM command WHERE key LIKE %s"
    known = {key for (key,) in rows(url, query, f"{caller.name} %")}
    assert known <= caller.answered.keys() | set(caller.unanswered)
    assert known >= caller.answered.keys()
    last = [*caller.answered.items()][-ENOUGH:]
    assert len(last) == ENOUGH
    for name, told in [*last, *dict.fromkeys(caller.unanswered).items()]:
        again = seller.post("/v1/transfers", json.loads(caller.body), idem=name)
        assert again.status_code == 201
        assert ("idempotency-replayed" in again.headers) == (name in known)
        assert told is None or again.json() == told
