"""Send rows to a named statement as one array a column; nothing is waited for before COMMIT."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

import psycopg

from ledger.store.arrays import literal
from ledger.store.statements import statements

SQL: Final = statements(files("ledger.posting") / "store.sql")


def send(
    conn: psycopg.Connection[Any], name: str, rows: Sequence[Sequence[Any]], columns: Sequence[str]
) -> None:
    """Run a statement of `store.sql` over all rows; none sends nothing.

    The connection is in pipeline mode: a fault is raised when the pipeline is next synchronised, at
    the latest by COMMIT. Statements that change state say themselves how many rows they must write.
    """
    if rows:
        arrays = dict(zip(columns, map(literal, zip(*rows, strict=True)), strict=True))
        conn.execute(SQL[name], {**arrays, "rows": len(rows)})
