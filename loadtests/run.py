"""Run the day's shape against a registry of its own (or one given), then let the book decide.

Exit code 0 only if no request failed, `doctor` finds nothing, and every acknowledged act is in the book
exactly once. Traffic goes to loopback only, bounded in users and time.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select

from api.composition import open_desk
from ledger.database import resolve
from ledger.settings import Settings
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, decode_id

ROOT = Path(__file__).resolve().parents[1]
GREENLEDGER = ROOT / ".venv/bin/greenledger"
START_SECONDS = 180
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main() -> int:
    """Run, report, and return the exit code."""
    chosen = arguments()
    if chosen.address is not None:
        return run(chosen.address, dict(os.environ), chosen)
    with tempfile.TemporaryDirectory(prefix="greenledger-load-") as scratch:
        home = Path(scratch)
        home.chmod(0o711)  # ours: the server's user must reach below it
        environment = own_settings(home)
        with served(environment) as address:
            return run(address, environment, chosen)


def arguments() -> argparse.Namespace:
    """Read the command line; usage errors are exit code 2."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=16, choices=range(1, 201), metavar="1..200")
    parser.add_argument("--seconds", type=int, default=20, choices=range(1, 601), metavar="1..600")
    parser.add_argument(
        "--address",
        help="a sandbox that runs on this machine already, on the settings of this environment",
    )
    chosen = parser.parse_args()
    if chosen.address and urlsplit(chosen.address).hostname not in LOOPBACK:
        parser.error("the load stays on this machine: --address must be one of " + str(LOOPBACK))
    return chosen


def own_settings(home: Path) -> dict[str, str]:
    """Name settings of a registry of our own, whatever database the environment names."""
    for name in list(os.environ):
        if name == "DATABASE_URL" or name.startswith("GREENLEDGER_"):
            del os.environ[name]
    os.environ |= {"GREENLEDGER_DATA_DIR": str(home / "data"), "GREENLEDGER_PORT": "8700"}
    return dict(os.environ)


def run(address: str, environment: dict[str, str], chosen: argparse.Namespace) -> int:
    """Send the load and report on it."""
    with tempfile.TemporaryDirectory(prefix="greenledger-load-") as scratch:
        acknowledged = Path(scratch) / "acknowledged"
        failed = locust(address, environment, acknowledged, chosen)
        return report(environment, acknowledged, failed)


@contextmanager
def served(environment: dict[str, str]) -> Iterator[str]:
    """Lend a registry that is ready; it ends with us."""
    server = subprocess.Popen(
        [GREENLEDGER, "serve"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield wait_until_ready(server)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def wait_until_ready(server: subprocess.Popen[str]) -> str:
    """Read what the server says until it is ready; return its address."""
    assert server.stdout is not None
    address, until = "", time.monotonic() + START_SECONDS
    for line in server.stdout:
        print(line, end="")
        if line.startswith("greenledger serves"):
            address = line.split()[-1]
        if line.strip() == "ready":
            return address
        if time.monotonic() > until:
            break
    raise SystemExit("the registry did not become ready")


def locust(
    address: str, environment: dict[str, str], acknowledged: Path, chosen: argparse.Namespace
) -> bool:
    """Send the load; tell whether any request failed."""
    acknowledged.touch()
    told = environment | {
        "GREENLEDGER_LOAD_KEYS": str(Settings().data_dir / "demo_keys.json"),
        "GREENLEDGER_LOAD_ACKNOWLEDGED": str(acknowledged),
    }
    command = [
        sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests/locustfile.py"), "--headless",
        "--only-summary", "--host", address, "--users", str(chosen.users), "--spawn-rate", "10",
        "--run-time", f"{chosen.seconds}s", "--stop-timeout", "5", "--exit-code-on-error", "1",
    ]  # fmt: skip
    return subprocess.run(command, env=told, check=False).returncode != 0


def report(environment: dict[str, str], acknowledged: Path, failed: bool) -> int:
    """Compare what was acknowledged with the book, and let `doctor` look at all of it."""
    ids = [line for line in acknowledged.read_text("utf-8").splitlines() if line]
    missing = _missing(ids)
    doctor = subprocess.run(
        [GREENLEDGER, "doctor", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    print("invariant report")
    print(f"  acknowledged acts: {len(ids):,}, distinct {len(set(ids)):,}, missing {missing}")
    print(f"  requests that failed: {'some' if failed else 'none'}")
    print(f"  doctor: exit {doctor.returncode} {doctor.stdout.strip()[:500]}")
    sound = not failed and not missing and doctor.returncode == 0 and len(set(ids)) == len(ids) > 0
    print("  the book holds" if sound else "  THE BOOK DOES NOT HOLD")
    return 0 if sound else 1


def _missing(ids: list[str]) -> int:
    """Count acknowledged journals that are not in the book."""
    wanted = {decode_id(IdPrefix.JOURNAL, line) for line in ids}
    settings = Settings()
    with resolve(settings) as urls, open_desk(urls, settings) as desk, desk.reads.connect() as conn:
        there = set(conn.execute(select(t.journal.c.seq)).scalars())
    return len(wanted - there)


if __name__ == "__main__":
    sys.exit(main())
