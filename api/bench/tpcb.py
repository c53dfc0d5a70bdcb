"""TPC-B as pgbench plays it, on the server that serves our own cases: what a ratio is measured by."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import psycopg

from api.bench.sample import Sample
from ledger.embedded import Binaries, DatabaseFault, find_binaries

if TYPE_CHECKING:
    from api.bench.scale import Scale
    from ledger.embedded import Server

_DATABASE: Final = "tpcb"
_TPS: Final = re.compile(r"^tps = ([0-9.]+) \(without", re.MULTILINE)
_LOAD: Final = ("-c", "16", "-j", "2", "-M", "prepared")


def find_pgbench(binaries: Binaries | None) -> Path:
    """Find the pgbench that came with the server's own programs.

    Raises:
        DatabaseFault: it did not.
    """
    found = binaries.bin / "pgbench" if binaries else None
    if found is None or not found.exists():
        raise DatabaseFault(
            "no pgbench beside the server's programs: it comes with the wheel, or with your "
            "system's PostgreSQL packages (Debian: apt-get install postgresql-contrib)"
        )
    return found


class Tpcb:
    """The tables of pgbench, in a database of their own."""

    def __init__(self, server: Server, scale: Scale) -> None:
        """Make the tables."""
        self._program = find_pgbench(find_binaries(None))
        self._url = urlsplit(server.url_superuser)
        self._seconds = scale.tpcb_seconds
        with psycopg.connect(server.url_superuser, autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {_DATABASE}")
        self._run("-i", "-q", "-s", str(scale.tpcb_scale))

    def play(self) -> Sample:
        """Play for the seconds of the scale, and tell the transactions per second."""
        told = self._run(*_LOAD, "-T", str(self._seconds))
        found = _TPS.search(told)
        if found is None:
            raise DatabaseFault(f"pgbench told no rate: {told.strip()[-200:]}")
        return Sample(float(found[1]))

    def _run(self, *args: str) -> str:
        url = self._url
        where = ["-h", str(url.hostname), "-p", str(url.port), "-U", str(url.username)]
        done = subprocess.run(
            [str(self._program), *where, *args, _DATABASE],
            env={"PATH": os.environ.get("PATH", os.defpath), "PGPASSWORD": str(url.password)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DatabaseFault(f"pgbench failed: {done.stderr.strip()[-200:]}")
        return done.stdout
