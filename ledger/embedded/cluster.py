"""Make a cluster, know its version, and say how its server is to run."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from ledger.embedded.binaries import Binaries
from ledger.embedded.credentials import (
    FILE,
    SUPERUSER,
    Credentials,
    make_credentials,
    read_credentials,
    write_private,
)
from ledger.embedded.faults import DatabaseFault, VersionDiffers
from ledger.embedded.places import ServerUser

BUILTIN_LOCALES_SINCE = 17

_BUFFERS_MIN, _BUFFERS_MAX = 128 << 20, 8 << 30
_BUFFERS_PART = 4  # of the memory there is: the system's own cache wants the rest

# For a machine of two cores; a bigger one deserves a server of its own.
TUNING = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "wal_buffers": "64MB",
    "wal_writer_delay": "10ms",
    # After a checkpoint every page is logged whole once more, so there is one rarely. Pages are not
    # compressed then: pglz, all that the wheel's server has, takes 0.1 ms a page, more than a whole
    # sale, and saves a quarter.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# Tests only: a crash of the machine may then lose everything.
FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def plain_environment() -> dict[str, str]:
    """Return an environment in which no PG* variable of the caller changes what we mean."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def shared_buffers(memory: int) -> str:
    """Return how much of so many bytes of memory the server keeps pages in: indexes ought to fit."""
    wanted = max(_BUFFERS_MIN, min(memory // _BUFFERS_PART, _BUFFERS_MAX))
    return f"{wanted >> 20}MB"


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def server_command(binaries: Binaries, cluster: Path, port: int, *, durable: bool) -> list[str]:
    """Return the command line of the server."""
    sized = {"shared_buffers": shared_buffers(_memory()), "port": str(port)}
    settings = TUNING | (DURABLE if durable else FLEETING) | sized
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [binaries.program("postgres"), "-D", str(cluster), *options]


def written_by(cluster: Path) -> int:
    """Return the major version of PostgreSQL that wrote `cluster`."""
    return int((cluster / "PG_VERSION").read_text("ascii"))


def older_clusters(home: Path, major: int) -> list[Path]:
    """Return the clusters in `home` of other versions than `major`, the newest last."""
    found = [file.parent for file in home.glob("pg-*/PG_VERSION")]
    return sorted((c for c in found if written_by(c) != major), key=written_by)


def ensure_cluster(
    home: Path, binaries: Binaries, user: ServerUser, *, durable: bool
) -> tuple[Path, Credentials]:
    """Return the cluster of `home` and its passwords, made by initdb if there is none.

    Raises:
        VersionDiffers: what is there was written by another major version.
    """
    cluster = home / f"pg-{binaries.major}"
    if not (cluster / "PG_VERSION").exists():
        _refuse_others(home, binaries.major)
        return cluster, make_cluster(cluster, binaries, user, durable=durable)
    if written_by(cluster) != binaries.major:
        raise _differs(cluster, binaries.major)
    if not user.owns(cluster):
        message = f"{cluster} belongs to another user: run as that one, or set GREENLEDGER_DATA_DIR"
        raise DatabaseFault(message)
    return cluster, read_credentials(home)


def make_cluster(
    cluster: Path, binaries: Binaries, user: ServerUser, *, durable: bool
) -> Credentials:
    """Run initdb beside the final place and rename, so that half a cluster is never found."""
    home, beside = cluster.parent, cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    user.give(beside)
    credentials = read_credentials(home) if (home / FILE).exists() else make_credentials(home)
    password_file = home / f"password-{secrets.token_hex(4)}"
    write_private(password_file, credentials.superuser)
    user.give(password_file)
    try:
        _initdb(beside, binaries, user, [f"--pwfile={password_file}", *_haste(durable)])
    finally:
        password_file.unlink()
    beside.rename(cluster)
    return credentials


def _initdb(cluster: Path, binaries: Binaries, user: ServerUser, more: list[str]) -> None:
    command = [
        binaries.program("initdb"),
        f"--pgdata={cluster}",
        f"--username={SUPERUSER}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--data-checksums",
        "--no-instructions",
        *_locale(binaries.major),
        *more,
    ]
    run_as(user, command)


def run_as(user: ServerUser, command: list[str]) -> str:
    """Run one of PostgreSQL's programs as the server's user, and return what it printed."""
    done = subprocess.run(
        command,
        check=False,
        cwd="/",
        env=plain_environment(),
        capture_output=True,
        text=True,
        user=user.uid,
        group=user.gid,
        extra_groups=user.extra_groups,
    )
    if done.returncode != 0:
        raise DatabaseFault(f"{Path(command[0]).name} failed: {done.stderr.strip()}")
    return done.stdout


def _locale(major: int) -> list[str]:
    """Ask for code point order, which no update of a C library can change under an index."""
    if major < BUILTIN_LOCALES_SINCE:
        return ["--locale=C"]
    return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


def _haste(durable: bool) -> list[str]:
    return [] if durable else ["--no-sync"]


def _refuse_others(home: Path, major: int) -> None:
    if others := older_clusters(home, major):
        raise _differs(others[-1], major)


def _differs(cluster: Path, major: int) -> VersionDiffers:
    return VersionDiffers(
        f"{cluster} was written by PostgreSQL {written_by(cluster)}, and this is {major}: "
        "run `greenledger db upgrade`, or restore a backup into an empty GREENLEDGER_DATA_DIR"
    )
