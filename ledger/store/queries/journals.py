"""What was done: acts with their postings, single journals, and the history of one certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, func, or_, select, text, union
from sqlalchemy.dialects.postgresql import JSONB

from ledger.store import tables as t
from ledger.store.queries.paging import Listed, Page, cut
from ledger.store.queries.scope import Scope, in_own_account, owned
from schemas.identifiers import IdPrefix, decode_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

_record: Final = func.convert_from(t.journal.c.body, "UTF8").cast(JSONB)
_continues: Final = _record["continues"].astext
_heads: Final = [c for c in t.journal.c if c.name not in {"reverses", "leaf"}]
_posting: Final = [*t.posting.c, (t.lot.c.first_serial + t.posting.c.lo).label("first_serial")]


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act: its first journal, with record bytes, and the postings of all its journals."""

    journal: Row[Any]
    postings: tuple[Row[Any], ...]


def journal(conn: Connection, scope: Scope, seq: int) -> ActRow | None:
    """Find a journal by number, with its own postings alone.

    Whoever acted may see it, and whose units moved or were held.
    """
    found = conn.execute(select(t.journal).where(t.journal.c.seq == seq, _concerns(scope))).first()
    return None if found is None else ActRow(found, tuple(_postings(conn, [seq])))


def _concerns(scope: Scope) -> ColumnElement[bool]:
    moved = exists().where(
        t.posting.c.journal == t.journal.c.seq,
        in_own_account(scope, t.posting.c.debit, t.posting.c.credit),
    )
    held = exists().where(
        t.hold_event.c.journal == t.journal.c.seq,
        t.hold.c.id == t.hold_event.c.hold,
        or_(in_own_account(scope, t.hold.c.account), owned(scope, t.hold.c.controller)),
    )
    return or_(owned(scope, t.journal.c.party), moved, held)


def _postings(conn: Connection, seqs: Iterable[int]) -> Sequence[Row[Any]]:
    """Read the postings of journals in order, each with the first serial it moved."""
    c = t.posting.c
    query = (
        select(*_posting)
        .outerjoin(t.lot, t.lot.c.id == c.lot)
        .where(c.journal.in_(list(seqs)))
        .order_by(c.journal, c.n)
    )
    return conn.execute(query).all()


def acts(conn: Connection, scope: Scope, kinds: Sequence[str], page: Page) -> Listed[ActRow]:
    """List acts of these kinds, latest first, by the number of their first journal.

    A party sees those that moved units of its accounts.
    """
    j = t.journal.c
    query = select(*_heads).where(j.kind.in_(kinds), _continues.is_(None), j.seq < _before(page))
    if scope.party is not None:
        query = query.where(j.seq.in_(union(_own("debit", scope), _own("credit", scope))))
    given = {"kinds": list(kinds), "before": _before(page), "most": page.size + 1}
    rows = conn.execute(query.order_by(j.seq.desc()).limit(page.size + 1), given).all()
    heads = cut(rows, page, lambda row: (row.seq,))
    return Listed(_with_postings(conn, heads.items), heads.after)


def _before(page: Page) -> int:
    return int(page.after[0]) if page.after else 2**62


# Down the index of each balance, and no further than the page needs.
_SIDE: Final = """
SELECT b.account, s.journal FROM balance AS b
CROSS JOIN LATERAL (
    SELECT DISTINCT p.journal
    FROM posting AS p JOIN journal AS j ON j.seq = p.journal
    WHERE p.{side} = b.account AND p.instrument = b.instrument AND p.journal < :before
      AND j.kind = ANY (:kinds) AND CAST(convert_from(j.body, 'UTF8') AS jsonb) -> 'continues' IS NULL
    ORDER BY p.journal DESC LIMIT :most) AS s
"""


def _own(side: str, scope: Scope) -> Select[Any]:
    """Ask for the journals that have an account of the party on one side."""
    found = (
        text(_SIDE.format(side=side))
        .columns(t.balance.c.account, t.posting.c.journal)
        .subquery(side)
    )
    return select(found.c.journal).where(in_own_account(scope, found.c.account))


def _with_postings(conn: Connection, heads: Sequence[Row[Any]]) -> tuple[ActRow, ...]:
    """Gather the postings of acts; those of more than 64 go on in later journals of their group."""
    act_of = {head.seq: head.seq for head in heads} | _continued(conn, heads)
    postings: dict[int, list[Row[Any]]] = {head.seq: [] for head in heads}
    for posting in _postings(conn, act_of):
        postings[act_of[posting.journal]].append(posting)
    return tuple(ActRow(head, tuple(postings[head.seq])) for head in heads)


def _continued(conn: Connection, heads: Sequence[Row[Any]]) -> dict[int, int]:
    """Map each journal that continues one of these acts to the act's first journal."""
    j, groups = t.journal.c, {head.grp for head in heads}
    query = select(j.seq, _continues.label("first")).where(
        j.grp.in_(groups), j.part > 1, _continues.is_not(None)
    )
    firsts = {head.seq for head in heads}
    found = ((row.seq, decode_id(IdPrefix.JOURNAL, row.first)) for row in conn.execute(query))
    return {seq: first for seq, first in found if first is not None and first in firsts}


def certificate(
    conn: Connection, scope: Scope, lot: int, serial: int
) -> tuple[Row[Any], ...] | None:
    """Tell every posting that moved one certificate, in order, with its journal's kind and instant.

    A party sees those it gave or took in; None if there is none. `units.parcel_at` tells its state.
    """
    c, j = t.posting.c, t.journal.c
    offset = serial - t.lot.c.first_serial
    query = (
        select(*_posting, *(j.kind, j.at, j.day))
        .join(t.lot, t.lot.c.id == c.lot)
        .join(t.journal, j.seq == c.journal)
        .where(c.lot == lot, c.lo <= offset, c.lo + c.amount > offset)
        .where(in_own_account(scope, c.debit, c.credit))
        .order_by(c.journal, c.n)
    )
    return tuple(conn.execute(query).all()) or None
