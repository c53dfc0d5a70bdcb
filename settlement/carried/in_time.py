"""Whether duties were met by their deadlines: from postings, or as another registry told at cut-over."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from ledger.model.instrument import yearly
from ledger.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterable

    from settlement.desk import AnyRow, Reader


def met_in_time(read: Reader, party: int, years: Iterable[int]) -> bool:
    """Say whether nothing was due of each of the years at the end of its deadline day.

    A year of which nothing was ever due here counts as met, unless the party came from another
    registry with a statement that leaves the year out (own reading). A duty that came to be only
    after the deadline was not met by it.

    Raises:
        NotInForce: no rule says when a year was due.
    """
    o = t.opening_standing.c
    stated = [
        set(row.on_time) for row in read.conn.execute(select(o.on_time).where(o.party == party))
    ]
    known = set().union(*stated)
    return all(_met(read, party, year, otherwise=year in known or not stated) for year in years)


def _met(read: Reader, party: int, year: int, *, otherwise: bool) -> bool:
    row = _due(read, party, year)
    if row.postings == 0:
        return otherwise
    return bool(row.in_time > 0 and row.left == 0)


def _due(read: Reader, party: int, year: int) -> AnyRow:
    """Count the postings of a duty, those by its deadline, and sum what these left due."""
    a, p, j = t.account.c, t.posting.c, t.journal.c
    deadline = read.rules.day("cea.surrender_deadline", date(year, 1, 1))
    duty = select(a.id).where(a.party == party, a["class"] == "duty").scalar_subquery()
    by_then = j.day <= deadline
    change = case((p.credit == duty, p.amount), else_=-p.amount)
    return read.conn.execute(
        select(
            func.count().label("postings"),
            func.count().filter(by_then).label("in_time"),
            func.coalesce(func.sum(change).filter(by_then), 0).label("left"),
        )
        .join_from(t.posting, t.journal, j.seq == p.journal)
        .where(p.instrument == yearly("DUE-CEA", year).id, (p.credit == duty) | (p.debit == duty))
    ).one()
