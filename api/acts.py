"""Acts as they stand in the book: found by kind and by whose accounts they touch, told from records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, select

from api import tenancy
from api.problems import DoorCode, Problem
from ledger.book.trial import POSTINGS_MAX
from ledger.store import tables as t
from ledger.store.queries.acts import parts, record, reversed_by
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Engine

    from api.security import Caller
    from settlement.desk import AnyRow


def acts(caller: Caller, *kinds: str) -> Select[Any]:
    """Select acts of some kinds with their first posting, one row an act, however large it is.

    Large acts are recorded in several journals; the first stands for all of them.
    """
    j, p = t.journal.c, t.posting.c
    return (
        select(j.seq, j.grp, j.part, j.kind, j.at, j.day, j.body)
        .add_columns(p.debit, p.credit, p.instrument, p.price_fen, p.lot, reversed_by(j.seq))
        .join_from(t.journal, t.posting, and_(p.journal == j.seq, p.n == 1))
        .where(
            j.kind.in_(kinds),
            ~record().has_key("continues"),
            tenancy.within(caller, "act"),
        )
    )


def act(engine: Engine, caller: Caller, number: int, *kinds: str) -> AnyRow:
    """Read one act the caller may see, by the number of its first journal.

    Raises:
        Problem: `not_found`, the same for what is not there and for what is another's.
    """
    with engine.connect() as conn:
        row = conn.execute(acts(caller, *kinds).where(t.journal.c.seq == number)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return row


def known(engine: Engine, caller: Caller, number: int) -> str:
    """Answer the kind of a journal the caller may see.

    Raises:
        Problem: `not_found`, the same for what is not there and for what is another's.
    """
    j = t.journal.c
    with engine.connect() as conn:
        kind: str | None = conn.execute(
            select(j.kind).where(j.seq == number, tenancy.within(caller, "act"))
        ).scalar()
    if kind is None:
        raise Problem(DoorCode.NOT_FOUND)
    return kind


def record_of(row: AnyRow) -> dict[str, Any]:
    """Read what an act's record says; its numbers are decimal strings."""
    body: dict[str, Any] = json.loads(bytes(row.body))["body"]
    return body


def reversal_of(row: AnyRow) -> str | None:
    """Name the journal that took an act back, if there is one."""
    return encode_id(IdPrefix.JOURNAL, row.reversed_by) if row.reversed_by else None


def moved(conn: Connection, journal: int) -> list[tuple[int, int, int]]:
    """Read the serials an act moved, as (lot, first serial, count), in the order it moved them."""
    found = _moved(conn, t.posting.c.journal == journal)
    if len(found) < POSTINGS_MAX:
        return found
    return _moved(conn, t.posting.c.journal.in_(parts(journal)))


def _moved(conn: Connection, which: ColumnElement[bool]) -> list[tuple[int, int, int]]:
    p, lot = t.posting.c, t.lot.c
    query = (
        select(p.lot, (lot.first_serial + p.lo).label("first"), p.amount)
        .join_from(t.posting, t.lot, lot.id == p.lot)
        .where(which)
        .order_by(p.journal, p.n)
    )
    return [(row[0], row[1], row[2]) for row in conn.execute(query)]
