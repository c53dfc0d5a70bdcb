"""Migrations: numbered SQL files, forward only, one registry schema at a time, under a lock."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

if TYPE_CHECKING:
    from collections.abc import Iterator

APP_ROLE: Final = "greenledger_app"
_LOCK: Final = 0x67726C6D  # any fixed number: two migrators wait for each other
_RIGHTS: Final[tuple[LiteralString, ...]] = (
    "GRANT USAGE ON SCHEMA {schema} TO {app}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {app}",
    "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {schema} TO {app}",
    "REVOKE INSERT ON {schema}.migration, {schema}.log_leaf, {schema}.log_state FROM {app}",
    "GRANT UPDATE (posted, held, version) ON {schema}.balance TO {app}",
    "GRANT UPDATE (account, hold, acquired_journal, acquired_n, trades, origin) ON {schema}.parcel TO {app}",
    "GRANT DELETE ON {schema}.parcel TO {app}",
    "GRANT UPDATE (remaining) ON {schema}.hold TO {app}",
    "GRANT UPDATE (frozen, status) ON {schema}.account TO {app}",
    "GRANT UPDATE (state, checker_person, outcome_group) ON {schema}.approval TO {app}",
    "GRANT UPDATE (revoked) ON {schema}.client TO {app}",
)


class MigrationChanged(Exception):
    """A migration that was applied reads differently now; history is not rewritten."""


def migrate(owner_url: str, schema: str = "registry", app_role: str = APP_ROLE) -> list[str]:
    """Bring a registry's schema up to date and give the app its rights; return what was applied.

    Locks: one advisory lock for the whole run. Each migration is one transaction.
    """
    with psycopg.connect(owner_url, autocommit=True) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        conn.execute("SET lock_timeout = '10s'")
        return lay(conn, schema, app_role)


def lay(conn: psycopg.Connection[Any], schema: str, app_role: str = APP_ROLE) -> list[str]:
    """Apply what is not applied yet, on a connection at hand; the caller looks after locks."""
    _open_schema(conn, schema)
    applied = [name for name, text in _files() if _apply(conn, name, text)]
    _grant(conn, schema, app_role)
    return applied


def pending(owner_url: str, schema: str = "registry") -> list[str]:
    """List migrations not applied yet, without applying any."""
    with psycopg.connect(owner_url, autocommit=True) as conn:
        _set_path(conn, schema)
        if conn.execute("SELECT to_regclass('migration')").fetchone() == (None,):
            return [name for name, _ in _files()]
        done = {row[0] for row in conn.execute("SELECT name FROM migration")}
    return [name for name, _ in _files() if name not in done]


def _set_path(conn: psycopg.Connection[Any], schema: str) -> None:
    conn.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(schema)))


def _open_schema(conn: psycopg.Connection[Any], schema: str) -> None:
    conn.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    _set_path(conn, schema)
    conn.execute(
        "CREATE TABLE IF NOT EXISTS migration ("
        "name text PRIMARY KEY, sha256 bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )


def _files() -> Iterator[tuple[str, str]]:
    folder = files("ledger.store") / "migrations"
    for entry in sorted(folder.iterdir(), key=lambda found: found.name):
        if entry.name.endswith(".sql"):
            yield entry.name.removesuffix(".sql"), entry.read_text("utf-8")


def _apply(conn: psycopg.Connection[Any], name: str, text: str) -> bool:
    digest = sha256(text.encode()).digest()
    with conn.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute("SELECT sha256 FROM migration WHERE name = %s", [name]).fetchone()
    if row is not None:
        if row[0] != digest:
            raise MigrationChanged(name)
        return False
    with conn.transaction():
        conn.execute(text.encode())
        conn.execute("INSERT INTO migration (name, sha256) VALUES (%s, %s)", [name, digest])
    return True


def _grant(conn: psycopg.Connection[Any], schema: str, app_role: str) -> None:
    known = conn.execute(
        "SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> current_user", [app_role]
    ).fetchone()
    if known is None:
        return  # one role only: `doctor` warns
    with conn.transaction():
        for right in _RIGHTS:
            conn.execute(
                sql.SQL(right).format(schema=sql.Identifier(schema), app=sql.Identifier(app_role))
            )
