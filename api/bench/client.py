"""The clients of the benchmark: wrk for single requests where it is installed, else our own."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import as_file, files
from itertools import count
from typing import Final
from urllib.parse import urlsplit

from api.bench.sample import P50, P99, quantile
from ledger.embedded import DatabaseFault

CREATED: Final = 201
_TIMEOUT_SECONDS: Final = 60
_US: Final = 1_000  # microseconds of a millisecond


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, with which API keys and bodies, and what their idempotency keys begin with."""

    address: str
    path: str
    asked: Sequence[tuple[str, str]]  # API key, body
    key_start: str


@dataclass(frozen=True, slots=True)
class Driven:
    """What a client saw: requests answered 201, others, seconds, and two quantiles of latency."""

    done: int
    failed: int
    seconds: float
    p50_ms: float
    p99_ms: float
    client: str


class Line:
    """One connection that is kept alive."""

    def __init__(self, target: Target) -> None:
        """Connect when first asked."""
        url = urlsplit(target.address)
        assert url.hostname is not None
        self._path = target.path
        self._conn = http.client.HTTPConnection(url.hostname, url.port, timeout=_TIMEOUT_SECONDS)

    def post(self, api_key: str, idempotency_key: str, body: str) -> tuple[int, bytes]:
        """Post a body, and return the answer's status and content."""
        headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency_key,
        }
        self._conn.request("POST", self._path, body, headers)
        told = self._conn.getresponse()
        return told.status, told.read()

    def close(self) -> None:
        """Hang up."""
        self._conn.close()


def together(tasks: Sequence[Callable[[], None]]) -> None:
    """Run tasks at the same time, and wait for all of them; a fault of one is raised."""
    with ThreadPoolExecutor(len(tasks)) as hands:
        for running in [hands.submit(task) for task in tasks]:
            running.result()


def drive_singles(target: Target, connections: int, seconds: int) -> Driven:
    """Send single requests over connections kept alive, as fast as they are answered."""
    program = shutil.which("wrk")
    if program is None:
        return drive_own(target, connections, seconds)
    return _drive_wrk(program, target, connections, seconds)


def _drive_wrk(program: str, target: Target, connections: int, seconds: int) -> Driven:
    with (
        tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as lines,
        as_file(files("api.bench") / "single.lua") as script,
    ):
        lines.writelines(f"{key}\t{body}\n" for key, body in target.asked)
        lines.flush()
        done = subprocess.run(
            [
                *(program, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"),
                *("--timeout", f"{_TIMEOUT_SECONDS}s"),
                *("-s", str(script), target.address + target.path, "--"),
                *(lines.name, target.key_start),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    told = [line for line in done.stdout.splitlines() if line.startswith("told ")]
    if done.returncode != 0 or not told:
        raise DatabaseFault(f"wrk failed: {(done.stderr or done.stdout).strip()[-200:]}")
    requests, refused, broken, took_us, p50_us, p99_us = map(int, told[0].split()[1:])
    return Driven(
        done=requests - refused,
        failed=refused + broken,
        seconds=took_us / _US / 1000,
        p50_ms=p50_us / _US,
        p99_ms=p99_us / _US,
        client="wrk",
    )


def drive_own(target: Target, connections: int, seconds: int) -> Driven:
    """Do the same with a thread for each connection; slower than wrk, on both sides of a ratio."""
    numbers, until = count(1), time.perf_counter() + seconds
    times: list[float] = []
    statuses: list[int] = []

    def ask() -> None:
        line = Line(target)
        while (begun := time.perf_counter()) < until:
            number = next(numbers)
            api_key, body = target.asked[number % len(target.asked)]
            statuses.append(line.post(api_key, f"{target.key_start}{number:012d}", body)[0])
            times.append((time.perf_counter() - begun) * 1000)
        line.close()

    begun = time.perf_counter()
    together([ask] * connections)
    done = statuses.count(CREATED)
    return Driven(
        done=done,
        failed=len(statuses) - done,
        seconds=time.perf_counter() - begun,
        p50_ms=quantile(times, P50),
        p99_ms=quantile(times, P99),
        client="own",
    )
