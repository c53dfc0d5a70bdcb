"""Send rows to a named statement as one array a column: one round trip, however many rows."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

import psycopg

from ledger.store.statements import statements

SQL: Final = statements(files("ledger.posting") / "store.sql")


class Overtaken(Exception):
    """A row changed although its lock was held: a fault of ours, and the batch is not committed."""


def send(
    conn: psycopg.Connection[Any], name: str, rows: Sequence[Sequence[Any]], columns: Sequence[str]
) -> int:
    """Run a statement of `store.sql` over all rows; return how many it wrote. None sends nothing."""
    if not rows:
        return 0
    arrays = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    return conn.execute(SQL[name], arrays).rowcount


def send_all(
    conn: psycopg.Connection[Any], name: str, rows: Sequence[Sequence[Any]], columns: Sequence[str]
) -> None:
    """Run a statement that must write every row.

    Raises:
        Overtaken: it did not.
    """
    if send(conn, name, rows, columns) != len(rows):
        raise Overtaken
