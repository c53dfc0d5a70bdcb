"""Start a server through its supervisor, and wait until it answers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ledger.embedded.binaries import Binaries
from ledger.embedded.cluster import plain_environment, server_command
from ledger.embedded.credentials import SUPERUSER, Credentials
from ledger.embedded.faults import DatabaseFault
from ledger.embedded.locks import Lock
from ledger.embedded.places import ServerUser

PORT_TRIES = 5
READY_LIMIT_SECONDS = 300.0
ORPHAN_LIMIT_SECONDS = 30.0
POLL_SECONDS = 0.02
LOG_LIMIT_BYTES = 10_000_000
STATUS_LINE = 7  # of postmaster.pid, counted from 0
PORT_TAKEN = "could not bind"


@dataclass(frozen=True)
class Launched:
    """A running server, as its starter leaves it for those who join."""

    port: int
    cluster: str
    supervisor_pid: int
    durable: bool


# Kept so that no supervisor we started is ever taken for a forgotten child.
_SUPERVISORS: list[subprocess.Popen[bytes]] = []


def launch(cluster: Path, binaries: Binaries, user: ServerUser, *, durable: bool) -> Launched:
    """Start a server for `cluster` on a free port, and return when it is ready.

    Raises:
        DatabaseFault: it does not come up; the message ends with the log's last words.
    """
    log = cluster.with_name(f"{cluster.name}.log")
    for _ in range(PORT_TRIES):
        clear_orphan(cluster)
        _begin_log(log)
        port = _free_port()
        command = server_command(binaries, cluster, port, durable=durable)
        supervisor = _supervise(command, user, log)
        if _becomes_ready(cluster, supervisor):
            return Launched(port, str(cluster), supervisor.pid, durable)
        if PORT_TAKEN not in _last_words(log):
            break
    raise DatabaseFault(f"PostgreSQL did not start; {log} ends with:\n{_last_words(log)}")


def answers(server: Launched, credentials: Credentials) -> bool:
    """Tell whether the server on that port answers, and is the one of this cluster."""
    url = credentials.url(SUPERUSER, server.port, "postgres")
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            found = connection.execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError:
        return False
    return found == (server.cluster,)


def clear_orphan(cluster: Path) -> None:
    """Stop a server whose supervisor is gone, and remove what a killed one left behind.

    PostgreSQL itself would take any process with the number in the file for its server.
    """
    pid_file = cluster / "postmaster.pid"
    deadline = time.monotonic() + ORPHAN_LIMIT_SECONDS
    while pid_file.exists():
        pid = int(pid_file.read_text("ascii").partition("\n")[0])
        if not _is_server_of(pid, cluster):
            pid_file.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            raise DatabaseFault(f"process {pid} still serves {cluster}, and does not stop")
        os.kill(pid, signal.SIGINT)
        time.sleep(0.1)


def _is_server_of(pid: int, cluster: Path) -> bool:
    command_line = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        told = command_line.read_bytes() if command_line.exists() else b""
        return str(cluster).encode() in told.split(b"\0")
    ps = ["/bin/ps", "-p", str(pid), "-o", "command="]
    done = subprocess.run(ps, capture_output=True, text=True, check=False)
    return f"-D {cluster} " in done.stdout


def _supervise(command: list[str], user: ServerUser, log: Path) -> subprocess.Popen[bytes]:
    home = log.parent
    Lock(home / "supervisor.lock").close()  # it only opens what is there
    job = {
        "command": command,
        "uid": user.uid,
        "gid": user.gid,
        "extra_groups": user.extra_groups,
        "log": str(log),
        "users_lock": str(home / "users.lock"),
        "supervisor_lock": str(home / "supervisor.lock"),
        "server_file": str(home / "server.json"),
    }
    program = str(Path(__file__).with_name("supervisor.py"))
    with log.open("ab") as words:
        supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", program, json.dumps(job)],
            cwd="/",
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,  # Ctrl-C is for the application, which stops us in order
        )
    _SUPERVISORS.append(supervisor)
    return supervisor


def reap(pid: int) -> None:
    """Wait for a supervisor of ours that is ending, so that it leaves no zombie behind."""
    for supervisor in _SUPERVISORS:
        if supervisor.pid == pid:
            supervisor.wait(READY_LIMIT_SECONDS)


def _becomes_ready(cluster: Path, supervisor: subprocess.Popen[bytes]) -> bool:
    """Wait for the word `ready` in postmaster.pid, or for the end of the supervisor."""
    deadline = time.monotonic() + READY_LIMIT_SECONDS
    while time.monotonic() < deadline:
        if _status_line(cluster) == "ready":
            return True
        if supervisor.poll() is not None:
            return False
        time.sleep(POLL_SECONDS)
    supervisor.terminate()
    supervisor.wait()
    return False


def _status_line(cluster: Path) -> str | None:
    try:
        lines = (cluster / "postmaster.pid").read_text("ascii").splitlines()
    except FileNotFoundError:
        return None
    return lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _begin_log(log: Path) -> None:
    """Keep one old log, and make sure that ours is private."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
    log.touch(mode=0o600)


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-8:])
