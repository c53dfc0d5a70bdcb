"""Send rows to a named statement as one array a column; nothing is waited for before COMMIT."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final, NamedTuple

import psycopg

from ledger.store.arrays import casts, column
from ledger.store.statements import statements

SQL: Final = statements(files("ledger.posting") / "store.sql")
_CASTS: Final = {name: casts(text) for name, text in SQL.items()}


class Packed(NamedTuple):
    """A named statement of `store.sql` with its arrays, ready to be sent."""

    name: str
    values: dict[str, Any]

    def send(self, cursor: psycopg.Cursor[Any]) -> None:
        """Run the statement.

        Its connection is in pipeline mode: a fault is raised when the pipeline is next synchronised, at
        the latest by COMMIT. Statements that change state say themselves how many rows they must write.
        """
        cursor.execute(SQL[self.name], self.values)


def pack(
    name: str, rows: Sequence[Sequence[Any]], columns: Sequence[str], **shared: Any
) -> list[Packed]:
    """Make the arrays of a statement over all rows, which share some values; none need no statement."""
    if not rows:
        return []
    kinds = _CASTS[name]
    arrays = {
        key: column(values, kinds[key])
        for key, values in zip(columns, zip(*rows, strict=True), strict=True)
    }
    return [Packed(name, {**arrays, **shared, "rows": len(rows)})]


def send(
    cursor: psycopg.Cursor[Any], name: str, rows: Sequence[Sequence[Any]], columns: Sequence[str]
) -> None:
    """Run a statement over all rows; none sends nothing."""
    for packed in pack(name, rows, columns):
        packed.send(cursor)
