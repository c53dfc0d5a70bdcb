"""History as the log's first leaves have it: the condition under which a row was known then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists

from ledger.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def sealed_before(journal: ColumnElement[Any], size: int) -> ColumnElement[bool]:
    """Write the condition that a row's journal is among the log's first `size` leaves.

    What an act rests on is sealed no later than the act, so that what is seen then is whole.
    """
    leaf = t.log_leaf.c
    return exists().where(leaf.seq == journal, leaf.idx < size)
