"""Taking an act back: the inverse of its postings, on the same units, with the histories from before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, and_, func, select, tuple_

from ledger.kinds import KINDS
from ledger.model.command import Act, Effect, Enter, Move, Plain, Restore, Reversed
from ledger.refusals import AlreadyReversed, NotReversible, RetirementInUse
from ledger.store import tables as t
from ledger.store.queries.acts import parts, record, reversed_by
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.desk import Decision
from settlement.metrics import METRICS, use_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, FromClause

    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader

_BACK: Final = {"approved": "reverse.act", "decision": "reverse.decision"}


@dataclass(frozen=True, slots=True)
class ReversalOrder:
    """An act to take back, named by any of its journals, why, and by which decision."""

    journal: int
    reason: str
    document_no: str


@dataclass(slots=True)
class _History:
    """What became of a posting's units before it: by whom acquired, how often traded, whence."""

    acquired: tuple[int, int] = (0, 0)
    trades: int = 0
    origin: str = ""

    def after(self, journal: int, n: int, kind: str) -> None:
        """Let an earlier posting, the next in order, have happened to the units."""
        self.acquired = (journal, n)
        self.trades += KINDS[kind].trades
        self.origin = KINDS[kind].origin or self.origin


def reverse(read: Reader, actor: Actor, order: ReversalOrder) -> Decision:
    """Take an act back, journal by journal, the last first; other acts of its group stay.

    Raises:
        NotReversible: nothing takes acts of this kind back.
        AlreadyReversed: it was taken back.
        RetirementInUse: a claim stands on the certificates it used up.
    """
    journals = _journals(read, order.journal)
    first = journals[0]
    name = encode_id(IdPrefix.JOURNAL, first.seq)
    kind = _BACK.get(KINDS[first.kind].reversal)
    if kind is None:
        raise NotReversible(journal=name, kind=first.kind)
    if first.reversed_by is not None:
        raise AlreadyReversed
    moves = _inverse(read, [row.seq for row in journals])
    used = _never_to_be_used(read, first.seq)
    told: dict[str, Plain] = {"act_id": name, "kind": first.kind, "document_no": order.document_no}
    acts = [
        Act(
            kind,
            (*moves[row.seq], *(used if row is first else ())),
            told | {"journal_id": encode_id(IdPrefix.JOURNAL, row.seq), "reason": order.reason},
            reverses=Reversed(row.seq, row.kind),
        )
        for row in reversed(journals)
    ]
    return Decision(tuple(acts), result=told)


def _journals(read: Reader, number: int) -> list[AnyRow]:
    """Read the journals of an act, whichever of them is named."""
    j = t.journal.c
    continues = select(record()["continues"].astext).where(j.seq == number)
    first = decode_id(IdPrefix.JOURNAL, read.conn.execute(continues).scalar() or "") or number
    query = select(j.seq, j.kind, reversed_by(j.seq)).where(j.seq.in_(parts(first)))
    return list(read.conn.execute(query.order_by(j.seq)))


def _inverse(read: Reader, journals: Sequence[int]) -> dict[int, list[Effect]]:
    """Turn every posting of the journals round, the last first."""
    p = t.posting.c
    histories = _histories(read, journals)
    query = select(t.posting).where(p.journal.in_(journals)).order_by(p.journal, p.n.desc())
    found: dict[int, list[Effect]] = defaultdict(list)
    for row in read.conn.execute(query):
        came = (row.journal, row.n)
        source = None if row.lot is None else _restore(row, histories[came])
        back = Move(row.credit, row.debit, row.instrument, row.amount, source)
        found[row.journal].append(back)
    return found


def _restore(row: AnyRow, before: _History) -> Restore:
    came = (row.journal, row.n)
    return Restore(row.lot, row.lo, came, before.acquired, before.trades, before.origin)


def _histories(read: Reader, journals: Sequence[int]) -> dict[tuple[int, int], _History]:
    """Tell what the units of each posting were before it, from what happened to them till then.

    A posting takes units of one history, so its first unit speaks for all. What was taken back
    since, and what took it back, did not happen; a consolidation counts as an acquisition.
    """
    found: dict[tuple[int, int], _History] = defaultdict(_History)
    for row in read.conn.execute(_earlier(journals)):
        found[row.journal, row.n].after(row.before, row.place, row.kind)
    for row in read.conn.execute(_joined(journals)):
        history = found[row.journal, row.n]
        history.acquired = max(history.acquired, (row.latest, 0))
    for row in read.conn.execute(_brought(journals)):
        found[row.journal, row.n].trades += row.trades
    return found


def _earlier(journals: Sequence[int]) -> Select[Any]:
    """Select the effective postings of the same first unit before each posting, in order."""
    p, before, j = t.posting.c, t.posting.alias("before"), t.journal.c
    b = before.c
    back = t.journal.alias("back").c
    return (
        select(p.journal, p.n, b.journal.label("before"), b.n.label("place"), j.kind)
        .join_from(t.posting, before, _covers(before))
        .join(t.journal, j.seq == b.journal)
        .where(
            p.journal.in_(journals),
            tuple_(b.journal, b.n) < tuple_(p.journal, p.n),
            j.reverses.is_(None),
            ~select(back.seq).where(back.reverses == j.seq).exists(),
        )
        .order_by(p.journal, p.n, b.journal, b.n)
    )


def _joined(journals: Sequence[int]) -> Select[Any]:
    """Select the last consolidation that took in the first unit of each posting before it."""
    p, c = t.posting.c, t.consolidation.c
    return (
        select(p.journal, p.n, func.max(c.journal).label("latest"))
        .join_from(t.posting, t.consolidation, _covers(t.consolidation))
        .where(p.journal.in_(journals), c.journal < p.journal)
        .group_by(p.journal, p.n)
    )


def _brought(journals: Sequence[int]) -> Select[Any]:
    """Select how often the first unit of each posting was traded before it came to this registry."""
    p, i = t.posting.c, t.imported_parcel.c
    return (
        select(p.journal, p.n, i.trades)
        .join_from(t.posting, t.imported_parcel, _covers(t.imported_parcel))
        .where(p.journal.in_(journals))
    )


def _covers(run: FromClause) -> ColumnElement[bool]:
    """Say that a run of a lot holds the first unit of a posting."""
    p, r = t.posting.c, run.c
    return and_(r.lot == p.lot, r.lo <= p.lo, r.lo + r.amount > p.lo)


def _never_to_be_used(read: Reader, journal: int) -> tuple[Enter, ...]:
    """Use a retirement up for every metric, so that nobody claims anything with it from now on."""
    r, m = t.retirement.c, t.metric_use.c
    query = (
        select(r.id, m.metric)
        .join_from(t.retirement, t.metric_use, m.retirement == r.id, isouter=True)
        .where(r.journal == journal)
    )
    row = read.conn.execute(query).first()
    if row is None:
        return ()
    if row.metric is not None:
        raise RetirementInUse(retirement=encode_id(IdPrefix.RETIREMENT, row.id), metric=row.metric)
    return tuple(use_of(metric, row.id) for metric in METRICS)
