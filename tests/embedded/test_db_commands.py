"""`greenledger db`: facts as JSON, and the exit codes the manual promises."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.testing

from ledger.db_commands import MACHINE, REFUSED, db_app

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data_dir(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the settings at a throwaway data directory."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("GREENLEDGER_DATA_DIR", str(open_folder / "data"))
    return open_folder / "data"


@pytest.fixture
def running(data_dir: Path) -> Iterator[dict[str, object]]:
    """Run `db start` in another process until the test ends; lend what it printed."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from ledger.db_commands import db_app; db_app()",
            "start",
            "--json",
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env=os.environ | {"GREENLEDGER_DATA_DIR": str(data_dir)},
    )
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()


def ask(*words: str) -> tuple[int, str]:
    """Run one `db` command in this process; return its exit code and what it printed."""
    done = typer.testing.CliRunner().invoke(db_app, list(words))
    return done.exit_code, done.stdout + done.stderr


def test_a_running_server_is_told_backed_up_and_stopped(
    running: dict[str, object], data_dir: Path
) -> None:
    """The commands of one checkout find the server that another process holds."""
    file = data_dir / "registry.dump"

    code, told = ask("status", "--json")
    assert (code, json.loads(told)["port"]) == (0, running["port"])
    code, told = ask("psql", "--json")
    assert (code, json.loads(told)["database"]) == (0, "greenledger")
    code, told = ask("backup", str(file), "--json")
    assert (code, json.loads(told)["bytes"]) == (0, file.stat().st_size)
    code, told = ask("restore", str(file), "--replace", "--json")
    assert (code, json.loads(told)["kept"]) == (0, "greenledger_before_1")
    code, told = ask("stop", "--json")
    assert (code, json.loads(told)) == (0, {"stopped": True})


def test_a_server_that_does_not_run_is_exit_one(data_dir: Path) -> None:
    """Scripts may ask without parsing anything."""
    assert ask("status")[0] == REFUSED
    assert ask("stop")[0] == REFUSED
    assert not data_dir.exists()


def test_an_upgrade_of_nothing_is_refused(data_dir: Path) -> None:
    """Exit 1 is a no, and the prose says why."""
    code, told = ask("upgrade")

    assert code == REFUSED
    assert "nothing to upgrade" in told
    assert not list(data_dir.glob("pg-*"))


def test_a_backup_that_is_not_there_is_a_fault_of_usage(data_dir: Path) -> None:
    """Exit 2 before anything is started."""
    assert ask("restore", str(data_dir / "missing.dump"))[0] == 2
    assert not data_dir.exists()


def test_a_machine_without_room_for_data_is_exit_three(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script can tell that no rule was broken, and a person which setting to change."""
    data_dir.touch()
    monkeypatch.setenv("GREENLEDGER_DATA_DIR", str(data_dir / "below a file"))

    code, told = ask("backup", "any.dump")

    assert code == MACHINE
    assert "GREENLEDGER_DATA_DIR" in told


@pytest.mark.usefixtures("data_dir")
def test_commands_of_the_embedded_server_decline_where_a_url_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody's own server is ever started, swapped or stopped by us."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@127.0.0.1:1/theirs")

    code, told = ask("restore", __file__, "--replace")

    assert code == REFUSED
    assert "DATABASE_URL" in told
