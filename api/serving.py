"""Serve a registry: sample data on the first start of a sandbox, doors, and the clock's own acts."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.request import ProxyHandler, build_opener

import uvicorn

from api.app import create_app
from api.composition import open_desk
from api.sample.desk import Clock, Office
from api.sample.fleet import load_fleet, report_lines
from api.sample.keys import keep, kept, make_demo_keys
from api.sample.life import RECENT, START, live
from api.sealer_process import check_signed, sealer_beside
from ledger.database import Urls
from ledger.settings import Settings
from settlement.desk import Desk
from settlement.expiry import expire

Say = Callable[[str], None]
_log: Final = logging.getLogger(__name__)
_PORTS_TRIED: Final = 50
_EXPIRY_SECONDS: Final = 60
_START_SECONDS: Final = 30
_DRAIN_SECONDS: Final = 20  # for requests under way, once we are told to stop


def serve(urls: Urls, settings: Settings, say: Say) -> None:
    """Serve until told to stop; requests under way are answered first.

    Raises:
        NotReady, KeyFileRefused, OSError: in production, as `check_signed`.
    """
    _end_in_order()
    check_signed(settings)
    if settings.is_sandbox:
        load_sample(urls, settings, say)
    with (
        open_desk(urls, settings) as desk,
        listening(settings, say) as listener,
        sealer_beside(urls, settings, say),
        _clockwork(desk),
    ):
        address = address_of(listener)
        for line in greeting(address, desk, settings):
            say(line)
        known_as = settings.public_url or address
        config = uvicorn.Config(
            create_app(desk, settings.model_copy(update={"public_url": known_as})),
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        calm_collector()
        threading.Thread(target=_tell_ready, args=(address, say), daemon=True).start()
        uvicorn.Server(config).run(sockets=[listener])


def _end_in_order() -> None:
    """Take an order to stop as an ordinary end with exit code 0, which closes what was opened.

    uvicorn drains on such an order, and passes it on to us when it is done.
    """
    for order in (signal.SIGTERM, signal.SIGINT):
        signal.signal(order, lambda *_: sys.exit(0))


def calm_collector() -> None:
    """Leave what was set up out of every later collection; batches make much that dies young."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def load_sample(urls: Urls, settings: Settings, say: Say) -> None:
    """Load the sample registry once, on a clock of its own, and issue the demo keys."""
    clock = Clock(START)
    with open_desk(urls, settings, clock) as desk:
        office = Office(desk, clock)
        if not office.wants_sample():
            return
        say("first start: loading the sample registry (estimates on real plants; under a minute)")
        for line in report_lines(load_fleet()):
            say(f"  {line}")
        office.begin()
        cast, life = live(desk, clock, say, RECENT)
        keep(make_demo_keys(desk, cast), settings.data_dir)
        office.finish()
        say(", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in life.figures.items()))


@contextmanager
def listening(settings: Settings, say: Say) -> Iterator[socket.socket]:
    """Listen on the port asked for, or on the next free one, and say so."""
    listener = _bound(settings.host, settings.port)
    port = listener.getsockname()[1]
    if settings.port not in {0, port}:
        say(f"port {settings.port} is busy, so {port} is taken instead")
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


def address_of(listener: socket.socket) -> str:
    """Spell where a socket listens as the start of a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def greeting(address: str, desk: Desk, settings: Settings) -> Iterator[str]:
    """Say where the registry is, and with which keys a sandbox may be tried."""
    yield f"greenledger serves {settings.registry} at {address}"
    yield f"  documentation  {address}/docs"
    keys = kept(desk, settings.data_dir) if settings.is_sandbox else ()
    if keys:
        yield "  demo keys (sandbox only): role, key, party, account, credit code"
    for key in keys:
        yield f"    {key.role:<14} {key.key}  {key.party} {key.account or '-'} {key.credit_code or '-'}"


def _tell_ready(address: str, say: Say) -> None:
    """Ask /readyz as anybody would, until it answers."""
    here = build_opener(ProxyHandler({}))  # whatever proxy the environment names
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            with here.open(f"{address}/readyz", timeout=2):
                say("ready")
                return
        except OSError:
            time.sleep(0.05)


@contextmanager
def _clockwork(desk: Desk) -> Iterator[None]:
    """End what has run out, every minute, beside the doors."""
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            try:
                expire(desk)
            except Exception:  # noqa: BLE001 # whatever it was, the next round tries again
                _log.exception("the clock's acts failed; they are tried again in a minute")
            over.wait(_EXPIRY_SECONDS)

    thread = threading.Thread(target=run, name="clockwork", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
