"""Serve a registry: sample data on the first start of a sandbox, doors, and the clock's own acts."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from api.app import create_app
from api.composition import open_desk
from api.sample.desk import Clock, Office
from api.sample.fleet import load_fleet, report_lines
from api.sample.keys import keep, kept, make_demo_keys
from api.sample.life import START, live
from ledger.database import Urls
from ledger.settings import Settings
from settlement.desk import Desk
from settlement.expiry import expire

Say = Callable[[str], None]
_PORTS_TRIED: Final = 50
_EXPIRY_SECONDS: Final = 60
_START_SECONDS: Final = 30


def serve(urls: Urls, settings: Settings, say: Say) -> None:
    """Serve until told to stop; requests under way are answered first."""
    if settings.is_sandbox:
        load_sample(urls, settings, say)
    with open_desk(urls, settings) as desk, listening(settings) as listener, _clockwork(desk):
        host, port = listener.getsockname()[:2]
        address = f"http://{host}:{port}"
        for line in greeting(address, settings):
            say(line)
        server = uvicorn.Server(
            uvicorn.Config(create_app(desk, settings), log_level="warning", access_log=False)
        )
        _calm_collector()
        teller = threading.Thread(target=_tell_ready, args=(server, say), daemon=True)
        teller.start()
        server.run(sockets=[listener])


def _calm_collector() -> None:
    """Leave what was set up out of every later collection; batches make much that dies young."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def load_sample(urls: Urls, settings: Settings, say: Say) -> None:
    """Load the sample registry once, on a clock of its own, and issue the demo keys."""
    clock = Clock(START)
    with open_desk(urls, settings, clock) as desk:
        if Office(desk, clock).done():
            return
        say("first start: loading the sample registry (estimates on real plants; about 30 s)")
        for line in report_lines(load_fleet()):
            say(f"  {line}")
        cast, life = live(desk, clock, say)
        keep(make_demo_keys(desk, cast), settings.data_dir)
        say(
            f"loaded {life.plants:,} plants, {life.lots_issued:,} lots, {life.transfers:,} transfers"
        )


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """Listen on the port asked for, or on the next free one."""
    listener = _bound(settings.host, settings.port)
    try:
        yield listener
    finally:
        listener.close()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for tried in range(port, port + _PORTS_TRIED):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, tried))
        except OSError:
            listener.close()
            continue
        return listener
    raise OSError(f"no free port from {port} to {port + _PORTS_TRIED - 1} on {host}")


def greeting(address: str, settings: Settings) -> Iterator[str]:
    """Say where the registry is, and with which keys a sandbox may be tried."""
    yield f"greenledger serves {settings.registry} at {address}"
    yield f"  documentation  {address}/docs"
    keys = kept(settings.data_dir) if settings.is_sandbox else ()
    if keys:
        yield "  demo keys (sandbox only):"
    for key in keys:
        yield f"    {key.role:<14} {key.key}  {key.party} {key.account or ''}".rstrip()


def _tell_ready(server: uvicorn.Server, say: Say) -> None:
    until = time.monotonic() + _START_SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    if server.started:
        say("ready")


@contextmanager
def _clockwork(desk: Desk) -> Iterator[None]:
    """End what has run out, every minute, beside the doors."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            expire(desk)
            over.wait(_EXPIRY_SECONDS)

    thread = threading.Thread(target=run, name="clockwork", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
