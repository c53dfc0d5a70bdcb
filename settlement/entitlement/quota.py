"""What is approved for a year and not allocated yet; what was allocated, and how much of it was kept back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select

from ledger.model.account import DISCHARGED
from ledger.model.instrument import CEA_DEBT, Instrument, yearly
from ledger.store import tables as t
from ledger.store.queries.among import among

if TYPE_CHECKING:
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class Quota:
    """A party's year in t CO2e: approved as a whole, allocated less returned, and what is left.

    `kept` is what of the allocated was kept back for reductions, and is so still.
    """

    approved: int = 0
    allocated: int = 0
    kept: int = 0
    left: int = 0


def quotas(read: Reader, year: int, parties: Collection[int]) -> dict[int, Quota]:
    """Read where parties stand with what a year gives them, in three statements.

    What passed to or from a party by succession is in what is left, and not in what it was approved.
    """
    e, a, b = t.entitlement.c, t.account.c, t.balance.c
    quota = yearly("QUOTA-CEA", year)
    sums = select(e.party, func.sum(e.change).label("units")).where(
        e.year == year, among(e.party, parties)
    )
    approved = {row.party: int(row.units) for row in read.conn.execute(sums.group_by(e.party))}
    balances = (
        select(a.party, b.posted)
        .join_from(t.account, t.balance, b.account == a.id)
        .where(a["class"] == "duty", among(a.party, parties), b.instrument == quota.id)
    )
    left = {row.party: row.posted for row in read.conn.execute(balances)}
    used = used_of(read, quota, parties)
    return {
        party: Quota(approved.get(party, 0), *used.get(party, (0, 0)), left.get(party, 0))
        for party in parties
    }


def stages_of(read: Reader, year: int, party: int) -> frozenset[str]:
    """Name the stages approved of a year for a party, or for whom its quota came from by succession."""
    e, p = t.entitlement.c, t.posting.c
    givers, takers = t.account.alias("givers"), t.account.alias("takers")
    parties, last = {party}, {party}
    while last:
        gave = (
            select(givers.c.party)
            .join_from(t.posting, givers, givers.c.id == p.debit)
            .join(takers, takers.c.id == p.credit)
            .where(
                p.instrument == yearly("QUOTA-CEA", year).id,
                givers.c["class"] == "duty",
                takers.c["class"] == "duty",
                takers.c.party.in_(last),
            )
        )
        last = {*read.conn.execute(gave).scalars()} - parties
        parties |= last
    query = select(e.stage).where(e.year == year, e.party.in_(parties))
    return frozenset(read.conn.execute(query).scalars())


def used_of(
    read: Reader, quota: Instrument, parties: Collection[int]
) -> dict[int, tuple[int, int]]:
    """Sum what was allocated out of a year's quota, and what was kept back of it, by party.

    A debt that was discharged in the journal of an allocation was kept back from it; returns and
    reversals go the other way.
    """
    lines = _lines(quota, parties, out=True).union_all(_lines(quota, parties, out=False)).subquery()
    is_quota = lines.c.instrument == quota.id
    query = select(
        lines.c.party,
        func.coalesce(func.sum(lines.c.units).filter(is_quota), 0).label("allocated"),
        func.coalesce(func.sum(lines.c.units).filter(~is_quota), 0).label("kept"),
    ).group_by(lines.c.party)
    rows = read.conn.execute(query)
    return {row.party: (int(row.allocated), int(row.kept)) for row in rows}


def _lines(quota: Instrument, parties: Collection[int], *, out: bool) -> Select[Any]:
    """Select what left duty accounts for good, or came back to them, in journals that used a quota."""
    p, a = t.posting.c, t.account.c
    beside = t.posting.alias("beside").c
    duty, sink = (p.debit, p.credit) if out else (p.credit, p.debit)
    used: ColumnElement[bool] = (
        select(beside.n)
        .where(
            beside.journal == p.journal,
            beside.instrument == quota.id,
            or_(beside.debit == a.id, beside.credit == a.id),
        )
        .exists()
    )
    return (
        select(a.party, p.instrument, (p.amount * literal(1 if out else -1)).label("units"))
        .join_from(t.account, t.posting, duty == a.id)
        .where(
            a["class"] == "duty",
            among(a.party, parties),
            sink == DISCHARGED,
            or_(p.instrument == quota.id, (p.instrument == CEA_DEBT) & used),
        )
    )
