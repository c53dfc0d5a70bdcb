"""Send rows to a named statement as one array a column; nothing is waited for before COMMIT."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

import psycopg

from ledger.store.arrays import casts, column
from ledger.store.statements import statements

SQL: Final = statements(files("ledger.posting") / "store.sql")
_CASTS: Final = {name: casts(text) for name, text in SQL.items()}


def send(
    conn: psycopg.Connection[Any], name: str, rows: Sequence[Sequence[Any]], columns: Sequence[str]
) -> None:
    """Run a statement of `store.sql` over all rows; none sends nothing.

    The connection is in pipeline mode: a fault is raised when the pipeline is next synchronised, at
    the latest by COMMIT. Statements that change state say themselves how many rows they must write.
    """
    if rows:
        kinds = _CASTS[name]
        arrays = {
            key: column(values, kinds[key])
            for key, values in zip(columns, zip(*rows, strict=True), strict=True)
        }
        conn.execute(SQL[name], {**arrays, "rows": len(rows)})
