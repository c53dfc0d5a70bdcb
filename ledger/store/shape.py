"""Compare what holds a registry's rows true with what its migrations make."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from ledger.store.migrate import lay
from ledger.store.statements import statements

SQL: Final = statements(files("ledger.store") / "shape.sql")
_BESIDE: Final = "greenledger_as_migrated"  # gone again before anybody else can see it

Shape = dict[tuple[str, str], str]


def changed_guards(conn: psycopg.Connection[Any], registry: str) -> list[dict[str, Any]]:
    """Name every guard that stands otherwise than a fresh registry's would, or is missing, or extra.

    The fresh registry is laid beside this one and rolled back: it needs the owner's rights on a
    server that takes writes. Leaves the search path on the registry.
    """
    stands = _shape(conn, registry)
    with conn.transaction(force_rollback=True):
        lay(conn, _BESIDE)
        expected = _shape(conn, _BESIDE)
    return [
        {"what": what, "name": name, "expected": expected.get(key), "stands": stands.get(key)}
        for key in sorted(stands.keys() | expected.keys())
        if stands.get(key) != expected.get(key)
        for what, name in [key]
    ]


def _shape(conn: psycopg.Connection[Any], schema: str) -> Shape:
    conn.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(schema)))
    with conn.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(SQL["shape"]).fetchall()
        try:
            with conn.transaction():
                rows += cursor.execute(SQL["seeds"]).fetchall()
        except psycopg.ProgrammingError:
            pass  # a table of theirs is gone or bent: all of them are missing then
    return {(what, name): stands for what, name, stands in rows}
