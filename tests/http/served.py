"""A registry over real HTTP: the application behind a real server, asked byte by byte if need be."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from tests.http.doors import As

_START_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Served:
    """Where the server listens."""

    host: str
    port: int

    def ask(
        self,
        target: str,
        person: As | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Said:
        """Send a request whose target is written exactly so: nothing is normalised on the way."""
        conn = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            told = {**(person.headers() if person else {}), **(headers or {})}
            conn.putrequest(method, target, skip_accept_encoding=True)
            for name, value in told.items():
                conn.putheader(name, value)
            if body is not None:
                conn.putheader("content-length", str(len(body)))
            conn.endheaders(body)
            answer = conn.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Said(answer.status, found, answer.read())
        finally:
            conn.close()


@contextmanager
def served(app: FastAPI) -> Iterator[Served]:
    """Serve an application from a thread, on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + _START_SECONDS
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < until
            time.sleep(0.01)
        where = urlsplit(f"//{':'.join(map(str, server.servers[0].sockets[0].getsockname()))}")
        yield Served(str(where.hostname), int(where.port or 0))
    finally:
        server.should_exit = True
        thread.join()
