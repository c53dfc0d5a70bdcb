"""Backup, restore and upgrade: what was committed comes back, and nothing is overwritten."""

from pathlib import Path

import psycopg
import pytest

from ledger import embedded
from ledger.database import Urls
from tests.databases import at


def write(server: embedded.Server, answer: int) -> None:
    """Leave one row that a backup must carry."""
    with psycopg.connect(server.url_owner) as connection:
        connection.execute("CREATE TABLE kept (answer int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [answer])
        connection.execute(f"GRANT SELECT ON kept TO {embedded.APP_ROLE}".encode())


def read(server: embedded.Server) -> list[int]:
    """Read the rows as the app's role, so that its rights are tested too."""
    with psycopg.connect(server.url_app) as connection:
        return [answer for (answer,) in connection.execute("SELECT answer FROM kept")]


def test_a_backup_replaces_a_registry_and_keeps_the_old_one_aside(open_folder: Path) -> None:
    """`db restore --replace` swaps names in one step; nobody's data is dropped."""
    file = open_folder / "registry.dump"
    with embedded.start(open_folder / "data", durable=False) as server:
        write(server, 42)
        embedded.backup(server.url_owner, file)
        with psycopg.connect(server.url_owner) as connection:
            connection.execute("UPDATE kept SET answer = 7")

        kept = embedded.restore_beside(server, file)

        assert read(server) == [42]
        with psycopg.connect(at(server.url_owner, kept)) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchall() == [(7,)]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_registry_is_restored_into_an_empty_database_only(
    database: Urls, empty_database: Urls, tmp_path: Path
) -> None:
    """Overwriting is never what a tired operator should get by default."""
    file = tmp_path / "registry.dump"
    embedded.backup(database.owner, file)

    embedded.restore(empty_database.owner, file)

    with psycopg.connect(empty_database.app) as connection:
        connection.execute("SELECT FROM registry.journal")
    with pytest.raises(embedded.Declined, match="not empty"):
        embedded.restore(empty_database.owner, file)


def test_a_registry_in_use_is_not_swapped_away(server: embedded.Server, tmp_path: Path) -> None:
    """The swap needs the old database to itself; nothing is begun without it."""
    with (
        psycopg.connect(server.url_app),
        pytest.raises(embedded.Declined, match="in use"),
    ):
        embedded.restore_beside(server, tmp_path / "any.dump")


def test_a_file_that_is_no_backup_leaves_nothing_behind(
    server: embedded.Server, tmp_path: Path
) -> None:
    """A fault names the file's fault, and no database of half a restore stays."""
    file = tmp_path / "registry.dump"
    file.write_text("not a backup")

    with pytest.raises(embedded.DatabaseFault, match="pg_restore"):
        embedded.restore_beside(server, file)

    with psycopg.connect(server.url_superuser) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert not [name for (name,) in names if "restored" in name]


def test_data_of_an_older_version_is_carried_over(open_folder: Path) -> None:
    """A start refuses and names the upgrade; the upgrade keeps the old cluster."""
    older = embedded.find_binaries(16) or embedded.find_binaries(15)
    if older is None:
        pytest.skip("no PostgreSQL older than the newest is on this machine")
    with embedded.start(open_folder / "data", durable=False, binaries=older) as server:
        write(server, 42)
    with pytest.raises(embedded.VersionDiffers, match="greenledger db upgrade"):
        embedded.start(open_folder / "data", durable=False)

    kept = embedded.upgrade(open_folder / "data")

    with embedded.start(open_folder / "data", durable=False) as server:
        assert read(server) == [42]
        assert server.version > older.major
    assert (kept / "PG_VERSION").read_text().strip() == str(older.major)
    with pytest.raises(embedded.Declined, match="nothing to upgrade"):
        embedded.upgrade(open_folder / "data")
