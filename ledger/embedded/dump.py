"""Carry a registry's database to a file and back, and over to a newer PostgreSQL."""

import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ledger.embedded.binaries import Binaries, find_binaries
from ledger.embedded.cluster import older_clusters, plain_environment, written_by
from ledger.embedded.credentials import DATABASE, OWNER_ROLE, create_database, read_credentials
from ledger.embedded.faults import DatabaseFault, Declined
from ledger.embedded.places import home_for, server_user
from ledger.embedded.server import NO_BINARIES, Server, start

IN_USE = "the registry is in use: stop it, then restore"


def backup(url: str, file: Path) -> None:
    """Write the whole database of `url` to `file`, consistent as of one moment.

    The file is private to our user, complete or not there at all, and read by `restore`.

    Raises:
        DatabaseFault: the server cannot be reached, or the file cannot be written.
    """
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _run("pg_dump", url, "--format=custom", f"--file={unfinished}")
        _flush(unfinished)
        unfinished.replace(file)
    except OSError as fault:
        raise DatabaseFault(f"{file} cannot be written: {fault.strerror}") from fault
    finally:
        unfinished.unlink(missing_ok=True)


def restore(url: str, file: Path) -> None:
    """Fill the empty database of `url` from `file`, wholly or not at all.

    The roles that the backup grants rights to must exist.

    Raises:
        Declined: the database is not empty.
        DatabaseFault: the server cannot be reached, or the file is no backup.
    """
    if not file.is_file():
        raise DatabaseFault(f"{file} is not there")
    if not _is_empty(url):
        raise Declined("the database is not empty, and a restore never overwrites")
    options = ("--no-owner", "--exit-on-error", "--single-transaction")
    _run("pg_restore", url, *options, str(file))


def restore_beside(server: Server, file: Path) -> str:
    """Restore into a new database, then swap names; return the name the old one has now.

    Raises:
        Declined: somebody is connected to the database that would be replaced.
        DatabaseFault: the file is no backup; the old database is untouched.
    """
    fresh = f"{DATABASE}_restored_{secrets.token_hex(4)}"
    with psycopg.connect(server.url_superuser, autocommit=True) as connection:
        _refuse_if_used(connection)
        create_database(connection, fresh)
        try:
            url = read_credentials(server.home).url(OWNER_ROLE, server.port, fresh)
            restore(url, file)
            return _swap(connection, fresh)
        except BaseException:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(fresh)))
            raise


def upgrade(data_dir: Path, old_binaries: Binaries | None = None) -> Path:
    """Move the data to the newest PostgreSQL found; return where the old cluster is kept.

    Raises:
        Declined: there is nothing older to move.
        DatabaseFault: the programs of the old version are not on this machine.
    """
    home = home_for(data_dir, server_user())
    new = find_binaries()
    if new is None:
        raise DatabaseFault(NO_BINARIES)
    cluster = _cluster_to_upgrade(home, new.major)
    old = old_binaries or find_binaries(written_by(cluster))
    if old is None:
        raise DatabaseFault(
            f"PostgreSQL {written_by(cluster)} is needed once more, to read its data: install it "
            "(Debian: postgresql-NN), or run `greenledger db backup` with the release that wrote it"
        )
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        file = Path(scratch) / "registry.dump"
        with start(data_dir, binaries=old) as server:
            backup(server.url_owner, file)
        kept = cluster.rename(home / f"old-{cluster.name}")
        try:
            with start(data_dir, binaries=new) as server:
                restore(server.url_owner, file)
        except BaseException:
            shutil.rmtree(home / f"pg-{new.major}", ignore_errors=True)
            kept.rename(cluster)
            raise
    return kept


def _cluster_to_upgrade(home: Path, major: int) -> Path:
    older = older_clusters(home, major)
    if not older:
        raise Declined(f"nothing to upgrade: the data in {home} is of PostgreSQL {major}, or none")
    if (home / f"pg-{major}" / "PG_VERSION").exists():
        raise Declined(f"{home} has data of PostgreSQL {major} already; remove one of the two")
    return older[-1]


def run_psql(url: str, arguments: list[str]) -> int:
    """Run psql on `url` with the terminal of the caller; return its exit code."""
    command, environment = _client("psql", url)
    terminal = {name: os.environ[name] for name in ("TERM", "HOME") if name in os.environ}
    return subprocess.call([*command, *arguments], env=environment | terminal)


def _run(program: str, url: str, *options: str) -> None:
    command, environment = _client(program, url)
    done = subprocess.run(
        [*command, *options], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise DatabaseFault(f"{program} failed: {done.stderr.strip()}")


def _client(program: str, url: str) -> tuple[list[str], dict[str, str]]:
    """Prepare a client program; the password goes by the environment, where `ps` is blind."""
    # Of the server's own version where we have it: a newer pg_restore says things that an older
    # server does not understand.
    binaries = find_binaries(_server_major(url)) or find_binaries()
    if binaries is None:
        raise DatabaseFault(NO_BINARIES)
    parts = conninfo_to_dict(url)
    password = str(parts.pop("password", ""))
    target = make_conninfo("", **parts)
    command = [binaries.program(program), f"--dbname={target}"]
    return command, plain_environment() | {"PGPASSWORD": password}


def _server_major(url: str) -> int:
    with _reached(url) as connection:
        return connection.info.server_version // 10_000


def _reached(url: str) -> psycopg.Connection:
    try:
        return psycopg.connect(url)
    except psycopg.OperationalError as fault:
        raise DatabaseFault(f"the database cannot be reached: {fault}") from fault


def _is_empty(url: str) -> bool:
    statement = """
        SELECT NOT EXISTS (
            SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
             WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%')
    """
    with _reached(url) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return bool(row[0])


def _refuse_if_used(connection: psycopg.Connection) -> None:
    """Say no before the long work; the swap itself would only find out at its end."""
    sessions = connection.execute(
        "SELECT FROM pg_stat_activity WHERE datname = %s", [DATABASE]
    ).fetchall()
    if sessions:
        raise Declined(IN_USE)


def _swap(connection: psycopg.Connection, fresh: str) -> str:
    """Let `fresh` take the registry's name, and the old database a numbered one."""
    taken = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    numbered = (f"{DATABASE}_before_{number}" for number in range(1, len(taken) + 2))
    kept = next(name for name in numbered if name not in taken)
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    try:
        with connection.transaction():
            for old, new in ((DATABASE, kept), (fresh, DATABASE)):
                connection.execute(rename.format(sql.Identifier(old), sql.Identifier(new)))
    except psycopg.errors.ObjectInUse as fault:
        raise Declined(IN_USE) from fault
    return kept


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
