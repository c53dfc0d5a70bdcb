"""Rulebooks as adopted, now or when the log had fewer leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.store import tables as t
from ledger.store.queries.as_of import sealed_before

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Select


def sealed_size(conn: Connection) -> int:
    """Count the leaves of the log."""
    return int(conn.execute(select(func.coalesce(func.max(t.log_leaf.c.idx) + 1, 0))).scalar_one())


def adopted(size: int | None) -> Select[Any]:
    """Ask for every version adopted; with a size, for those among the log's first `size` leaves.

    A rulebook adopted but not sealed yet is known now, and at no size.
    """
    b = t.rulebook.c
    query = select(b.name, b.version, b.digest, b.journal)
    return query if size is None else query.where(sealed_before(b.journal, size))


def in_force(conn: Connection, size: int | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """Read the last version of each name, with its bytes, by name."""
    b = t.rulebook.c
    query = adopted(size).add_columns(b.raw).ext(distinct_on(b.name))
    return conn.execute(query.order_by(b.name, b.version.desc())).all()
