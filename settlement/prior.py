"""What stands in the book about requests before they are decided: outcomes, and keys revoked."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, cast

from ledger.posting.statement import LOAD
from ledger.store.arrays import column
from ledger.store.statements import statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from sqlalchemy import Connection

SQL: Final = statements(files("settlement") / "desk.sql")


def stored(
    conn: Connection, keys: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], tuple[bytes, Any]]:
    """Look up outcomes given before, by client and key: a retry is not decided again."""
    values = {
        "clients": column([client for client, _ in keys], "bigint"),
        "keys": column([key for _, key in keys], "text"),
    }
    rows = driver(conn).execute(SQL["find_outcomes"], values, binary=True)
    return {(client, key): (request, outcome) for client, key, request, outcome in rows}


def revoked(conn: Connection, keys: Sequence[tuple[int, str]]) -> set[int]:
    """Look up whose API key opens no longer: who let the request in may have remembered it."""
    clients = column(sorted({client for client, _ in keys}), "bigint")
    rows = driver(conn).execute(LOAD["read_revoked"].source, {"ids": clients}, binary=True)
    return {client for (client,) in rows}


def driver(conn: Connection) -> psycopg.Connection[Any]:
    """Give what a connection wraps, for what every request asks."""
    return cast("psycopg.Connection[Any]", conn.connection.driver_connection)
