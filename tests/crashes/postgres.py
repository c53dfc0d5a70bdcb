"""A durable PostgreSQL of the test's own, to be killed as a machine kills it: at once, all of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psycopg

from ledger.embedded import APP_ROLE, OWNER_ROLE, find_binaries
from ledger.embedded.cluster import ensure_cluster, server_command
from ledger.embedded.credentials import SUPERUSER, prepare_roles
from ledger.embedded.launch import _free_port, clear_orphan
from ledger.embedded.places import reachable, server_user
from ledger.embedded.supervisor import die_with_us

_READY_SECONDS: Final = 60


class Postgres:
    """One server that dies and comes back on the same port, with fsync on throughout."""

    def __init__(self, home: Path) -> None:
        """Make a cluster in `home` and start it."""
        self._user = server_user()
        found = find_binaries()
        assert found is not None
        self._programs = reachable(found, self._user)
        self._cluster, known = ensure_cluster(home, self._programs, self._user, durable=False)
        self._port = _free_port()
        self.url_superuser = known.url(SUPERUSER, self._port, "postgres")
        self.url_owner = known.url(OWNER_ROLE, self._port)
        self.url_app = known.url(APP_ROLE, self._port)
        self._log = home / "postgres.log"
        self.start()
        prepare_roles(known, self._port)

    def start(self) -> None:
        """Start, recover what a crash left, and wait until it answers."""
        clear_orphan(self._cluster)
        command = server_command(self._programs, self._cluster, self._port, durable=True)
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                command,
                cwd="/",
                stdout=log,
                stderr=log,
                preexec_fn=die_with_us,  # noqa: PLW1509 # nothing stays behind a test that is killed
                user=self._user.uid,
                group=self._user.gid,
                extra_groups=self._user.extra_groups,
            )
        until = time.monotonic() + _READY_SECONDS
        while not self._answers():
            assert self._server.poll() is None, self._log.read_text("utf-8")[-2000:]
            assert time.monotonic() < until
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url_superuser).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """Kill the postmaster and every one of its processes, without a word."""
        own = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children")
        children = [int(number) for number in own.read_text("ascii").split()]
        for pid in (self._server.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._server.wait()

    def stop(self) -> None:
        """End for good."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()


@contextmanager
def running() -> Iterator[Postgres]:
    """Lend a server, and end it for sure."""
    home = Path(tempfile.mkdtemp(prefix="greenledger-"))
    home.chmod(0o711)  # our own: the server's user must reach below it
    server = Postgres(home)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(home)
