"""Where a report is cut, and what it is: rows under named columns, with sums beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.store.queries.as_of import sealed_before

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from ledger.rules.open_point import OpenPoint

Cell: TypeAlias = str | int | None

NOT_REPORTED: Final = "NOT_REPORTED"


@dataclass(frozen=True, slots=True)
class Cut:
    """A year as the log's first `size` leaves tell it; `sees`: the condition that a party may be told of."""

    conn: Connection
    size: int
    year: int
    sees: ColumnElement[bool]

    def holds(self, journal: ColumnElement[Any]) -> ColumnElement[bool]:
        """Write the condition that a journal is on this side of the cut."""
        return sealed_before(journal, self.size)


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its columns, its rows in an order of their own, and what they add up to.

    `points`: what of it is open that only its rows tell, beside what such a report always rests on.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    sums: Mapping[str, int] = field(default_factory=dict)
    points: tuple[OpenPoint, ...] = ()
