"""`greenledger serve`: started, asked, told to stop."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from ledger import embedded
from ledger.database import Urls

ROOT = Path(__file__).parents[2]
RUN = "import sys; sys.argv[0] = 'greenledger'; from api.cli import main; sys.exit(main())"
ASK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def serving(**settings: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Start a server, lend it with what it said until `ready`, and end it for sure."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings}
    server = subprocess.Popen(
        [sys.executable, "-P", "-c", RUN, "serve"],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        said: list[str] = []
        for line in server.stdout:
            said.append(line.rstrip("\n"))
            if said[-1] == "ready":
                break
        yield server, said
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def named(urls: Urls, **more: str) -> dict[str, str]:
    """Settings that name a database."""
    return {"DATABASE_URL": urls.app, "GREENLEDGER_OWNER_URL": urls.owner, **more}


def address_in(said: list[str]) -> str:
    """Find the address it told."""
    return next(line.split()[-1] for line in said if line.startswith("greenledger serves"))


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
def test_it_says_ready_when_it_answers_and_ends_with_0_when_told(
    database: Urls, order: signal.Signals
) -> None:
    """A registry on a server of ours loads no sample, answers, and stops in order."""
    with serving(**named(database, GREENLEDGER_PORT="0")) as (server, said):
        assert said[-1] == "ready"
        with ASK.open(f"{address_in(said)}/readyz", timeout=5) as told:
            assert told.status == 200
        server.send_signal(order)
        assert server.wait(15) == 0
    with psycopg.connect(database.owner) as conn:
        assert conn.execute("SELECT count(*) FROM registry.journal").fetchone() == (0,)


def test_a_busy_port_is_told_and_the_next_one_taken(database: Urls) -> None:
    """Two checkouts side by side both start."""
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with serving(**named(database, GREENLEDGER_PORT=str(port))) as (_, said):
            taken = int(address_in(said).rsplit(":", 1)[1])

    assert taken > port
    assert any(f"port {port} is busy" in line for line in said)


def test_production_is_no_sandbox_even_if_both_are_set(database: Urls) -> None:
    """Production never loads the sample."""
    both = {"GREENLEDGER_PRODUCTION": "true", "GREENLEDGER_SANDBOX": "true"}
    with serving(**named(database, GREENLEDGER_PORT="0", **both)) as (_, said):
        assert said[-1] == "ready"
    with psycopg.connect(database.owner) as conn:
        assert conn.execute("SELECT count(*) FROM registry.party").fetchone() == (1,)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_first_start_loads_the_sample_and_later_ones_are_quick(tmp_path: Path) -> None:
    """With nothing but a folder: sample, demo keys for their owner alone, and the same keys again."""
    home = tmp_path / "data"
    settings = {"GREENLEDGER_DATA_DIR": str(home), "GREENLEDGER_PORT": "0"}
    with serving(**settings) as (server, first):
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    assert not embedded.status(home).running
    assert stat.S_IMODE((home / "demo_keys.json").stat().st_mode) == 0o600

    started = time.monotonic()
    with serving(**settings) as (server, later):
        seconds = time.monotonic() - started
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0

    assert [line for line in first if " gl_" in line] == [line for line in later if " gl_" in line]
    assert any(" gl_" in line for line in later)
    assert not any("loading" in line for line in later)
    assert seconds < 20  # a loaded machine is given time; the aim is 5
