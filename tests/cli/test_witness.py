"""`greenledger signing-key` and `greenledger witness`, as an operator types them."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from api.signing_key import signing_key_command
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosigning import Cosigners
from ledger.log.keyfile import load_key, save_key
from ledger.log.keys import Suite, generate_key
from ledger.log.opening import open_checkpoint
from ledger.log.policy import parse_policy
from ledger.log.vkey import parse_vkey
from tests.cli.test_cli import ROOT, RUN, greenledger
from tests.log.signers import LOG, a_log, a_note

RUNNER = CliRunner()
COMMAND = typer.Typer()
COMMAND.command()(signing_key_command)


def free_port() -> int:
    """Find a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def witnessing(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """Run a witness as a program of its own, until it listens; end it as an operator does."""
    words = ["--name", "w.example", "--key", "w.key", "--logs", "logs", "--store", "seen.sqlite"]
    program = subprocess.Popen(
        [sys.executable, "-P", "-c", RUN, "witness", *words, "--port", str(port)],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while program.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield program
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=20)


@pytest.mark.parametrize(
    ("role", "suite", "start"),
    [
        ("log", "ed25519", "w.example+"),
        ("log", "mldsa44", "w.example+"),
        ("witness", "ed25519", "w.example+"),
        ("witness", "mldsa44", "w.example+"),
        ("statements", "ed25519", "did:key:z6Mk"),
    ],
)
def test_a_signing_key_is_made_and_told(tmp_path: Path, role: str, suite: str, start: str) -> None:
    """The file is its owner's; what is printed is public; nothing is written over."""
    path = tmp_path / "new.key"
    words = [str(path), "--for", role, "--suite", suite, "--name", "w.example", "--json"]
    made = RUNNER.invoke(COMMAND, words)
    again = RUNNER.invoke(COMMAND, words)
    told = json.loads(made.stdout)["public"]

    assert told.startswith(start)
    if role != "statements":
        assert parse_vkey(told).public == load_key(path).public
    assert again.exit_code == 1


@pytest.mark.parametrize("words", [["--for", "log"], ["--for", "statements", "--suite", "mldsa44"]])
def test_a_key_that_could_sign_nothing_is_not_made(tmp_path: Path, words: list[str]) -> None:
    """A log without a name; a statement in a suite that has no such proof."""
    assert RUNNER.invoke(COMMAND, [str(tmp_path / "new.key"), *words]).exit_code == 1
    assert not (tmp_path / "new.key").exists()


def test_a_witness_keeps_what_it_saw_when_it_is_started_again(tmp_path: Path) -> None:
    """Started, asked, ended, started, asked again."""
    vkey = greenledger(
        *("signing-key", str(tmp_path / "w.key"), "--for", "witness", "--name", "w.example")
    ).stdout.strip()
    (tmp_path / "logs").write_text(f"log {a_log().vkey}\nquorum none\n", "utf-8")
    port = free_port()
    policy = parse_policy(
        f"log {a_log().vkey}\nwitness w {vkey} http://127.0.0.1:{port}\nquorum w\n".encode()
    )
    note = a_note(Checkpoint(LOG, 1, bytes(32)), a_log())
    with witnessing(tmp_path, port):
        cosigned = Cosigners(policy, lambda *_: [], 10).collect(note).note
    other = a_note(Checkpoint(LOG, 1, bytes([1]) * 32), a_log())

    assert open_checkpoint(cosigned, policy).cosigned_at[0][0] == "w"
    with witnessing(tmp_path, port), pytest.raises(Exception, match="422"):
        Cosigners(policy, lambda *_: [], 10).collect(other)


def test_a_witness_without_a_sound_key_or_policy_does_not_start(tmp_path: Path) -> None:
    """Exit code 1 and a sentence."""
    (tmp_path / "logs").write_text("nonsense\n", "utf-8")
    words = (
        "--name",
        "w.example",
        "--logs",
        str(tmp_path / "logs"),
        "--store",
        str(tmp_path / "s"),
    )
    key = tmp_path / "w.key"
    save_key(key, generate_key(Suite.ED25519))
    malformed = greenledger("witness", *words, "--key", str(key))
    key.chmod(0o644)
    open_to_others = greenledger("witness", *words, "--key", str(key))
    missing = greenledger("witness", *words, "--key", str(tmp_path / "none.key"))

    assert (malformed.returncode, open_to_others.returncode, missing.returncode) == (1, 1, 3)
    assert "policy_malformed" in malformed.stderr
    assert "key_file_refused" in open_to_others.stderr
