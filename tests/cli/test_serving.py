"""`greenledger serve`: started, asked, told to stop."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from api.persons import person_key
from ledger import embedded
from ledger.database import Urls
from ledger.log.keyfile import save_key
from ledger.log.keys import Suite, generate_key
from ledger.settings import Settings

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


def in_production(home: Path, *without: str) -> dict[str, str]:
    """Settings of a registry in earnest, with all keys but some."""
    if "person" not in without:
        person_key(Settings(_env_file=None, data_dir=home))
    for name in {"log", "statement"} - {*without}:
        save_key(home / f"{name}.key", generate_key(Suite.ED25519))
    return {
        "GREENLEDGER_DATA_DIR": str(home),
        "GREENLEDGER_LOG_ORIGIN": "log.example/registry",
        "GREENLEDGER_PORT": "0",
        "GREENLEDGER_PRODUCTION": "true",
    }


def checkpoint(said: list[str]) -> str:
    """Wait for the first checkpoint, and read it."""
    until = time.monotonic() + 20
    while True:
        try:
            with ASK.open(f"{address_in(said)}/v1/log/checkpoint", timeout=5) as told:
                return str(told.read().decode())
        except urllib.error.HTTPError:
            assert time.monotonic() < until
            time.sleep(0.05)


def children(process: int) -> list[int]:
    """List the sealers that a server started."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    found = [int(number) for task in tasks for number in task.read_text("ascii").split()]
    told = {n: Path(f"/proc/{n}/cmdline").read_bytes() for n in found}
    return [n for n, command in told.items() if b"--until-eof" in command]


def test_a_registry_with_its_own_server_has_a_living_log(tmp_path: Path) -> None:
    """It is published from the first moment on, and again when the sealer dies; both end together."""
    with serving(**in_production(tmp_path)) as (server, said):
        lines = checkpoint(said).splitlines()
        [sealer] = children(server.pid)
        os.kill(sealer, signal.SIGKILL)
        until = time.monotonic() + 20
        while children(server.pid) in ([], [sealer]):
            assert time.monotonic() < until
            time.sleep(0.05)
        [second] = children(server.pid)
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0

    assert lines[:2] == ["log.example/registry", "0"]
    assert not Path(f"/proc/{second}").exists()


def test_a_sealer_does_not_outlive_a_server_that_is_killed(tmp_path: Path) -> None:
    """Nobody is left to seal, or to hold the database up."""
    with serving(**in_production(tmp_path)) as (server, said):
        checkpoint(said)
        [sealer] = children(server.pid)
        server.kill()
        server.wait()
    until = time.monotonic() + 20
    while Path(f"/proc/{sealer}").exists() or embedded.status(tmp_path).running:
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("missing", ["log", "statement"])
def test_production_does_not_start_without_a_key(tmp_path: Path, missing: str) -> None:
    """Exit code 3, and the file's name."""
    done = started(**in_production(tmp_path, missing))

    assert (done.returncode, done.stdout) == (3, "")
    assert f"{missing}.key" in done.stderr
    assert "Traceback" not in done.stderr


def test_production_does_not_start_unsigned(database: Urls, tmp_path: Path) -> None:
    """Without a name for the log, with a key that others may read, or where no sealer has begun."""
    home = in_production(tmp_path)
    unnamed = started(**named(database, **home | {"GREENLEDGER_LOG_ORIGIN": ""}))
    unsealed = started(**named(database, **home))
    (tmp_path / "statement.key").chmod(0o644)
    unsafe = started(**named(database, **home))

    assert {done.returncode for done in (unsealed, unsafe)} == {1}
    assert "log_not_ready" in unsealed.stderr
    assert "key_file_refused" in unsafe.stderr
    assert unnamed.returncode != 0


def started(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends, `serve` unless told: one that is not to start."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings}
    return subprocess.run(
        [sys.executable, "-P", "-c", RUN, *(command or ["serve"])],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_is_no_sandbox_even_if_both_are_set(database: Urls, tmp_path: Path) -> None:
    """Production never loads the sample."""
    home = in_production(tmp_path) | {"GREENLEDGER_SANDBOX": "true"}
    sealed = started("seal", "--once", **named(database, **home))
    assert sealed.returncode == 0, sealed.stderr
    with serving(**named(database, **home)) as (_, said):
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
        assert checkpoint(first).startswith("greenledger.invalid/registry\n")
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
