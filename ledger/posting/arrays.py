"""Rows for a named statement as one array a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.posting.statement import STORE, Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.posting.wire import Wire


class Packed(NamedTuple):
    """A statement with its values, ready to be sent."""

    statement: Statement
    values: list[bytes]

    def send(self, wire: Wire) -> None:
        """Send the statement.

        A fault is raised when an answer behind it is waited for, at the latest that of COMMIT. Statements
        that change state say themselves how many rows they must write.
        """
        wire.send(self.statement, self.values)


def pack(
    name: str, rows: Sequence[Sequence[Any]], columns: Sequence[str], **shared: Any
) -> list[Packed]:
    """Make the arrays of a statement over all rows, which share some values; none need no statement."""
    if not rows:
        return []
    statement = STORE[name]
    arrays = dict(zip(columns, zip(*rows, strict=True), strict=True))
    return [Packed(statement, statement.written({**arrays, **shared, "rows": len(rows)}))]


def send(wire: Wire, name: str, rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> None:
    """Send a statement over all rows; none sends nothing."""
    for packed in pack(name, rows, columns):
        packed.send(wire)
