"""`greenledger seal` and `python -m ledger seal`: the sealer as operators start it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from ledger.database import Urls
from tests.cli.test_cli import ROOT, greenledger
from tests.registry import opened, rows


def write(urls: Urls, session: str, journals: int) -> None:
    """Write so many journals."""
    with opened(urls.app, session=session) as registry:
        for _ in range(journals):
            registry.party("enterprise")


def test_once_seals_what_waits_under_a_key_made_for_a_sandbox(
    database: Urls, tmp_path: Path
) -> None:
    """Files, key and head are below the data folder; a second run has nothing to add."""
    write(database, "one", 3)
    first, second = (
        greenledger("seal", "--once", "--json", urls=database, GREENLEDGER_DATA_DIR=str(tmp_path))
        for _ in range(2)
    )

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    key, told = (json.loads(line)["line"] for line in first.stdout.splitlines())
    assert key.startswith("signing as greenledger.invalid/registry+")
    assert told == "published: 3 leaves"
    assert second.stdout == first.stdout
    assert (tmp_path / "log" / "checkpoint").read_text("utf-8").splitlines()[1] == "3"
    assert oct((tmp_path / "log.key").stat().st_mode)[-3:] == "600"
    assert oct((tmp_path / "log-heads.sqlite").stat().st_mode)[-3:] == "600"


def test_in_production_nothing_is_made_up(database: Urls, tmp_path: Path) -> None:
    """Neither a name nor a key: without them nothing is sealed."""
    home = str(tmp_path)
    seal = partial(
        greenledger,
        "seal",
        "--once",
        urls=database,
        GREENLEDGER_DATA_DIR=home,
        GREENLEDGER_PRODUCTION="1",
    )
    unnamed, unsigned = seal(), seal(GREENLEDGER_LOG_ORIGIN="log.example/registry")

    assert (unnamed.returncode, unsigned.returncode) == (1, 3)
    assert "GREENLEDGER_LOG_ORIGIN" in unnamed.stderr
    assert "log.key" in unsigned.stderr
    assert "Traceback" not in unnamed.stderr + unsigned.stderr
    assert not (tmp_path / "log.key").exists()


def test_a_registry_that_is_not_migrated_is_not_sealed(
    empty_database: Urls, tmp_path: Path
) -> None:
    """The operator is told what to do first."""
    told = greenledger("seal", urls=empty_database, GREENLEDGER_DATA_DIR=str(tmp_path))

    assert told.returncode == 1
    assert "greenledger migrate" in told.stderr


def test_the_process_seals_until_it_is_told_to_stop(database: Urls, tmp_path: Path) -> None:
    """Without any door: `python -m ledger seal`; SIGTERM ends it with exit code 0."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database.app,
        "GREENLEDGER_OWNER_URL": database.owner,
        "GREENLEDGER_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "ledger", "seal"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        write(database, "one", 5)
        while rows(database.owner, "SELECT count(*) FROM log_leaf") != [(5,)]:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    assert not rows(database.owner, "SELECT FROM unsealed")
