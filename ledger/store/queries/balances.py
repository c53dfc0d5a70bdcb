"""What an account has of each instrument, now and as of then, and the lines that led there."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from sqlalchemy import column, func, select, text

from ledger.model.instrument import by_id
from ledger.store import tables as t
from ledger.store.queries.paging import Listed, Page, cut

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

_LAST_JOURNAL_AT: Final = text("""
WITH RECURSIVE search (lo, hi) AS (
    SELECT 0::bigint, coalesce(max(seq), 0) FROM journal
    UNION ALL
    SELECT CASE WHEN early THEN mid ELSE lo END, CASE WHEN early THEN hi ELSE mid - 1 END
    FROM search
    CROSS JOIN LATERAL (SELECT (lo + hi + 1) / 2 AS mid) AS middle
    CROSS JOIN LATERAL (
        SELECT coalesce((SELECT at <= :instant FROM journal
                         WHERE seq <= mid ORDER BY seq DESC LIMIT 1), true) AS early) AS probe
    WHERE lo < hi)
SELECT coalesce((SELECT max(seq) FROM journal WHERE seq <= lo), 0) FROM search WHERE lo = hi
""")

# The last posting of a balance says what was posted then; the events of its holds, what was held.
_AS_OF: Final = (
    text("""
SELECT b.account, b.instrument, l.after AS posted,
       coalesce((SELECT sum(CASE e.event WHEN 'open' THEN e.amount ELSE -e.amount END)
                 FROM hold AS h JOIN hold_event AS e ON e.hold = h.id
                 WHERE h.account = b.account AND h.instrument = b.instrument
                   AND e.journal <= :seq_asked), 0) AS held
FROM balance AS b
CROSS JOIN LATERAL (
    (SELECT journal, n, debit_after AS after FROM posting
     WHERE debit = b.account AND instrument = b.instrument AND journal <= :seq_asked
     ORDER BY journal DESC, n DESC LIMIT 1)
    UNION ALL
    (SELECT journal, n, credit_after FROM posting
     WHERE credit = b.account AND instrument = b.instrument AND journal <= :seq_asked
     ORDER BY journal DESC, n DESC LIMIT 1)
    ORDER BY journal DESC, n DESC LIMIT 1) AS l
WHERE b.account = :account_asked
""")
    .columns(t.balance.c.account, t.balance.c.instrument, t.balance.c.posted, t.balance.c.held)
    .subquery("as_of")
)

# Each side of each balance is read down its own index and stops at the page's end.
_SIDE: Final = """
SELECT b.account, s.* FROM balance AS b
CROSS JOIN LATERAL (
    SELECT journal, n, instrument, {sign} amount AS amount, {side}_after AS after,
           {other} AS counterparty, lot, lo, price_fen
    FROM posting
    WHERE {side} = b.account AND instrument = b.instrument AND journal <= :before_journal
      AND (journal, n) < (:before_journal, :before_n)
    ORDER BY journal DESC, n DESC LIMIT :most) AS s
WHERE b.account = :account_asked
  AND (CAST(:instrument_asked AS integer) IS NULL OR b.instrument = :instrument_asked)
"""
_STATEMENT: Final = (
    text(f"""
SELECT s.account, s.journal, s.n, j.kind, j.at, j.day, s.instrument, s.amount, s.after,
       s.counterparty, s.lot, lot.first_serial + s.lo AS first_serial, s.price_fen
FROM ({_SIDE.format(sign="-", side="debit", other="credit")}
      UNION ALL {_SIDE.format(sign="", side="credit", other="debit")}
      ORDER BY journal DESC, n DESC LIMIT :most) AS s
JOIN journal AS j ON j.seq = s.journal
LEFT JOIN lot ON lot.id = s.lot
""")
    .columns(
        t.balance.c.account,
        *(column(field) for field in ("journal", "n", "kind", "at", "day", "instrument", "amount")),
        *(column(field) for field in ("after", "counterparty", "lot", "first_serial", "price_fen")),
    )
    .subquery("statement")
)


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """What one account has of one instrument, in the instrument's smallest unit."""

    instrument: int
    posted: int
    held: int

    @property
    def code(self) -> str:
        """The instrument's public code."""
        return by_id(self.instrument).code

    @property
    def unit(self) -> str:
        """The unit of the three figures."""
        return by_id(self.instrument).unit

    @property
    def available(self) -> int:
        """Units not set aside; below zero for a debt."""
        return self.posted - self.held


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting as an account saw it: `amount` above zero came in, `after` is the balance then."""

    journal: int
    n: int
    kind: str
    at: datetime
    day: date
    instrument: int
    amount: int
    after: int
    counterparty: int
    lot: int | None
    first_serial: int | None
    price_fen: int | None


def last_seq(conn: Connection) -> int:
    """Tell the number of the last journal, 0 for an empty book."""
    return conn.execute(select(func.max(t.journal.c.seq))).scalar() or 0


def seq_at(conn: Connection, instant: datetime) -> int:
    """Tell the number of the last journal posted at or before an instant, 0 if there is none.

    Journals carry the clock of their batch, which rises with their numbers: so this bisects.
    """
    return int(conn.execute(_LAST_JOURNAL_AT, {"instant": instant}).scalar_one())


def balances(
    conn: Connection, account: int, as_of_seq: int | None = None
) -> tuple[BalanceRow, ...]:
    """Tell what an account has, by instrument; as the book stood after journal `as_of_seq`, if given.

    As of then, an instrument that had never moved is left out.
    """
    rows = t.balance if as_of_seq is None else _AS_OF
    c = rows.c
    query = (
        select(c.instrument, c.posted, c.held).where(c.account == account).order_by(c.instrument)
    )
    given = {} if as_of_seq is None else {"account_asked": account, "seq_asked": as_of_seq}
    return tuple(
        BalanceRow(instrument, int(posted), int(held))
        for instrument, posted, held in conn.execute(query, given)
    )


def statement(
    conn: Connection, account: int, page: Page, instrument: int | None = None
) -> Listed[StatementLine]:
    """Tell an account's postings, latest first, by (journal, n)."""
    c = _STATEMENT.c
    query = select(*(c[field.name] for field in fields(StatementLine)))
    before = page.after or (2**62, 0)
    given = {
        "account_asked": account,
        "instrument_asked": instrument,
        "before_journal": before[0],
        "before_n": before[1],
        "most": page.size + 1,
    }
    rows = conn.execute(query.order_by(c.journal.desc(), c.n.desc()), given).all()
    lines = [StatementLine(*row) for row in rows]
    return cut(lines, page, lambda line: (line.journal, line.n))
