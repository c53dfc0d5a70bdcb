"""The sealed log as a feed: what concerns some parties, in the log's own order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

WINDOW: Final = 65_536
"""Leaves in which a busy party is looked for first: enough to fill a page out of one act in a thousand."""

_SEQ_MAX: Final = 2**63 - 1
_SIZE: Final = text("SELECT coalesce(max(idx) + 1, 0) FROM log_leaf")
_AHEAD: Final = text("""
SELECT min(seq), max(seq), max(idx) + 1
FROM (SELECT seq, idx FROM log_leaf WHERE idx > :after ORDER BY idx LIMIT :window) AS ahead
""")
_TOLD: Final = "SELECT leaf.idx, j.seq, j.grp, j.part, j.kind, j.at"
_ALL: Final = text(f"""
{_TOLD}
FROM log_leaf AS leaf JOIN journal AS j ON j.seq = leaf.seq
WHERE leaf.idx > :after AND leaf.idx < :past
ORDER BY leaf.idx LIMIT :most
""")

# Every arm goes down an index of its own; `balance` tells which instruments an account ever had. The kinds
# left out of the last arm are those that the index behind it leaves out (migration 0012).
_MOVED: Final = """
SELECT s.journal FROM own JOIN balance AS b ON b.account = own.id
CROSS JOIN LATERAL (
    SELECT journal FROM posting
    WHERE {side} = b.account AND instrument = b.instrument AND journal BETWEEN :low AND :high) AS s
"""
_HELD: Final = """
SELECT e.journal FROM hold AS h JOIN hold_event AS e ON e.hold = h.id
WHERE {whose} AND e.journal BETWEEN :low AND :high
"""
_RESULTS: Final = """
SELECT journal FROM {table}
WHERE party = ANY(CAST(:parties AS bigint[])) AND journal BETWEEN :low AND :high
"""
_CONCERNING: Final = text(f"""
WITH own AS MATERIALIZED (
    SELECT id FROM account WHERE party = ANY(CAST(:parties AS bigint[])) AND id >= 100
), mine AS (
    {_MOVED.format(side="debit")} UNION {_MOVED.format(side="credit")}
    UNION {_HELD.format(whose="h.account IN (SELECT id FROM own)")}
    UNION {_HELD.format(whose="h.controller = ANY(CAST(:parties AS bigint[]))")}
    UNION {_RESULTS.format(table="verified_emission")}
    UNION {_RESULTS.format(table="entitlement")}
    UNION SELECT seq FROM journal
    WHERE party = ANY(CAST(:parties AS bigint[])) AND seq BETWEEN :low AND :high
      AND kind NOT LIKE 'transfer.%'
      AND kind NOT IN ('gec.issue', 'gec.retire', 'gec.expire', 'hold.open', 'hold.release', 'hold.expire')
)
{_TOLD}
FROM mine JOIN log_leaf AS leaf ON leaf.seq = mine.journal JOIN journal AS j ON j.seq = mine.journal
WHERE leaf.idx > :after AND leaf.idx < :past
ORDER BY leaf.idx LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class EventRow:
    """A journal at its place in the log."""

    index: int
    seq: int
    group: int
    part: int
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """Some events in a row; what is left out up to `next_after` concerns others."""

    items: tuple[EventRow, ...]
    next_after: int
    size: int
    """Leaves that are sealed."""


def events(
    conn: Connection,
    parties: Sequence[int] | None,
    after: int,
    most: int,
    window: int = WINDOW,
) -> Feed:
    """Tell at most `most` events behind the place `after` (-1: all) that concern some parties.

    Args:
        conn: to ask over.
        parties: whose; None for everybody's.
        after: the last place that was seen.
        most: events at most.
        window: leaves to look through first.

    The bulk kinds of migration 0012 are found by accounts and holds alone: but for those who see
    everything, nobody posts them who neither has an account in them nor controls the hold.

    Places of the log are not in the order of journal numbers, so that no bound on numbers cuts the
    log. It is first looked ahead into a window of leaves, between the least and the greatest number
    in it; whom that brings too little has few acts, and all of them are gone through.
    Cost: the window, or a party's own acts; never the log.
    """
    size = int(conn.execute(_SIZE).scalar_one())
    given = {"after": after, "past": size, "most": most}
    if parties is None:
        rows = [EventRow(*row) for row in conn.execute(_ALL, given)]
    else:
        rows = _concerning(conn, {**given, "parties": list(parties)}, window)
    seen = rows[-1].index if len(rows) == most else max(after, size - 1)
    return Feed(tuple(rows), seen, size)


def _concerning(conn: Connection, given: dict[str, object], window: int) -> list[EventRow]:
    low, high, past = conn.execute(_AHEAD, {"after": given["after"], "window": window}).one()
    if low is None:
        return []
    ahead = {"low": low, "high": high, "past": min(past, given["past"])}
    rows = [EventRow(*row) for row in conn.execute(_CONCERNING, given | ahead)]
    if len(rows) == given["most"] or past >= given["past"]:
        return rows
    whole = {"low": 0, "high": _SEQ_MAX}
    return [EventRow(*row) for row in conn.execute(_CONCERNING, given | whole)]
