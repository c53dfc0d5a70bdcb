"""What became of certificates, serial by serial, as postings and closings tell it; no register is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, cast, exists, extract, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from ledger.model.account import CANCELLED, EXPIRED, EXTERNAL, RETIRED, REVOKED
from ledger.model.instrument import GEC
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, decode_id
from settlement.reports.cut import Cut

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from settlement.desk import AnyRow

ENDS: Final = {
    RETIRED: "retired",
    EXPIRED: "expired",
    REVOKED: "revoked",
    CANCELLED: "cancelled_for_ccer",
    EXTERNAL: "exported",
}
"""Where a certificate ends, and what is said of it then."""
CERTIFICATE: Final = "recognised_certificate"
TRADED: Final = "recognised_traded"
GREEN: Final = "green_power"


@dataclass(frozen=True, slots=True)
class Use:
    """Something that was done with units `lo` to `past` (not included) of a lot, by a party's account."""

    lot: int
    lo: int
    past: int
    what: str
    journal: int
    party: int
    begins: bool = True  # false where a reversal takes it back


def ends_of(cut: Cut) -> tuple[Use, ...]:
    """Give ends, and ends taken back, of lots of which some unit ended twice; by lot, as they were done.

    Looked for where a run begins before one that began earlier is past. Cost: the year's ends.
    """
    p, gives, takes = t.posting.c, t.account.alias("gives"), t.account.alias("takes")
    sinks = list(ENDS)
    rows = cut.conn.execute(
        select(p.lot, p.lo, p.amount, p.debit, p.credit, p.journal)
        .add_columns(gives.c.party.label("giver"), takes.c.party.label("taker"))
        .join_from(t.posting, gives, gives.c.id == p.debit)
        .join(takes, takes.c.id == p.credit)
        .where(among(p.lot, _overlapping(cut)), p.instrument == GEC, cut.holds(p.journal))
        .where(or_(p.debit.in_(sinks), p.credit.in_(sinks)))
        .order_by(p.lot, p.journal, p.n)
    )
    return tuple(_end(row) for row in rows)


def _end(row: AnyRow) -> Use:
    begins = row.credit in ENDS
    what, party = (ENDS[row.credit], row.giver) if begins else (ENDS[row.debit], row.taker)
    return Use(row.lot, row.lo, row.lo + row.amount, what, row.journal, party, begins)


def _overlapping(cut: Cut) -> list[int]:
    """Find the year's lots of which some unit went to an end twice, taken back between or not."""
    p, lot = t.posting.c, t.lot.c
    past_before = func.max(p.lo + p.amount).over(
        partition_by=p.lot,
        order_by=(p.lo, p.journal, p.n),
        rows=(None, -1),
    )
    ended = (
        select(p.lot, p.lo, past_before.label("past_before"))
        .join_from(t.posting, t.lot, lot.id == p.lot)
        .where(p.credit.in_(list(ENDS)), p.instrument == GEC, cut.holds(p.journal))
        .where(extract("year", lot.month) == cut.year)
        .subquery()
    )
    query = select(ended.c.lot).where(ended.c.lo < ended.c.past_before).distinct()
    return list(cut.conn.execute(query).scalars())


def claims_of(cut: Cut) -> tuple[Use, ...]:
    """Give the runs that the year's standing closings recognise, by lot.

    Those of green power stand in the statement that the log names, and nowhere else.
    """
    b, e, s = t.fossil_budget.c, t.fossil_budget_event.c, t.budget_statement.c
    named = cast(func.convert_from(s.bytes, "UTF8"), JSONB)
    rows = cut.conn.execute(
        select(b.party, e.kind, e.journal)
        .add_columns(e.body["statement"]["recognised"].label("recognised"))
        .add_columns(named["traded"].label("traded"))
        .ext(distinct_on(b.id))
        .join_from(t.fossil_budget, t.fossil_budget_event, e.budget == b.id)
        .outerjoin(t.budget_statement, and_(s.budget == b.id, s.journal == e.journal))
        .where(b.year == cut.year, e.kind.in_(("close", "reopen")), cut.holds(e.journal))
        .order_by(b.id, e.n.desc())
    ).all()
    told = [(row, run) for row in rows if row.kind == "close" for run in _runs(row)]
    starts = _first_serials(cut, {lot for _, (lot, *_) in told})
    uses = (
        Use(lot, first - starts[lot], first - starts[lot] + count, what, row.journal, row.party)
        for row, (lot, first, count, what) in told
        if lot in starts
    )
    return tuple(sorted(uses, key=lambda use: (use.lot, use.lo, use.journal)))


def _runs(closing: AnyRow) -> Iterator[tuple[int, int, int, str]]:
    """Read lot, first serial and count of what a closing recognises."""
    for runs, what in ((closing.recognised, CERTIFICATE), (closing.traded, TRADED)):
        for run in runs or ():
            lot = decode_id(IdPrefix.LOT, run["lot_id"])
            if lot is not None:
                yield lot, int(run.get("first_serial", run.get("first"))), int(run["count"]), what


def _first_serials(cut: Cut, lots: set[int]) -> dict[int, int]:
    lot = t.lot.c
    rows = cut.conn.execute(select(lot.id, lot.first_serial).where(among(lot.id, lots)))
    return {row.id: row.first_serial for row in rows}


def green_of(cut: Cut, lots: Collection[int]) -> tuple[Use, ...]:
    """Give the runs of lots that came to a unit with green power, unless that was taken back."""
    return _done(cut, lots, t.journal.c.kind == "transfer.green_power", (GREEN, t.posting.c.credit))


def retired_of(cut: Cut, lots: Collection[int]) -> tuple[Use, ...]:
    """Give the runs of lots that are retired, unless that was taken back."""
    return _done(cut, lots, t.posting.c.credit == RETIRED, (ENDS[RETIRED], t.posting.c.debit))


def _done(
    cut: Cut,
    lots: Collection[int],
    condition: ColumnElement[bool],
    told: tuple[str, ColumnElement[Any]],
) -> tuple[Use, ...]:
    """Read what was done with lots and stands, by lot and serial; `told`: its name, and whose account."""
    what, account = told
    p, j, back = t.posting.c, t.journal.c, t.journal.alias("back").c
    taken_back = exists().where(back.reverses == p.journal, cut.holds(back.seq))
    rows = cut.conn.execute(
        select(p.lot, p.lo, p.amount, p.journal, t.account.c.party)
        .join_from(t.posting, t.journal, j.seq == p.journal)
        .join(t.account, t.account.c.id == account)
        .where(among(p.lot, lots), condition, cut.holds(p.journal), ~taken_back)
        .order_by(p.lot, p.lo, p.journal)
    )
    return tuple(Use(r.lot, r.lo, r.lo + r.amount, what, r.journal, r.party) for r in rows)
