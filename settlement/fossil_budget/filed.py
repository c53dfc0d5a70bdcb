"""A budget as it is on file: what was decided and reported about it, and what stands posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, or_, select

from ledger.model.account import (
    BUDGET_SOURCE,
    FOSSIL_DIRECT,
    FOSSIL_HEAT,
    FOSSIL_POWER,
    RECOGNISED_CERTIFICATE,
    RECOGNISED_TRADED,
)
from ledger.model.command import Expect, Move
from ledger.model.instrument import Instrument, yearly
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.balances import balance_of
from settlement.desk import AnyRow, Reader
from settlement.fossil_budget.charge import RECOGNISED, Mode
from settlement.refusals import BudgetClosed, BudgetUnknown, ConsumptionMissing

PART_ACCOUNTS: Final = {
    "fossil.direct": FOSSIL_DIRECT,
    "fossil.power": FOSSIL_POWER,
    "fossil.heat": FOSSIL_HEAT,
    "recognised.traded": RECOGNISED_TRADED,
    "recognised.certificate": RECOGNISED_CERTIFICATE,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was decided or reported about a budget."""

    n: int
    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filed:
    """One budget; whole gce by part, and its balance, are what the postings say."""

    id: int
    party: int
    credit_code: str
    name: str
    province: str | None
    year: int
    account: int
    events: tuple[Event, ...]
    budget_gce: int
    whole: Mapping[str, int]
    balance_gce: int
    version: int

    @property
    def code(self) -> str:
        """Name the budget as the wire does."""
        return encode_id(IdPrefix.FOSSIL_BUDGET, self.id)

    @property
    def instrument(self) -> Instrument:
        """Give the instrument it is counted in."""
        return yearly("FEB", self.year)

    @property
    def expect(self) -> Expect:
        """State the balance that a decision about the budget rests on."""
        return Expect(self.account, self.instrument.id, self.version)

    @property
    def next_n(self) -> int:
        """Number the next event."""
        return len(self.events) + 1

    @property
    def decided(self) -> Mapping[str, Any]:
        """Give the regulator's latest decision: mode and document."""
        found = self.last("set")
        assert found is not None  # a budget is filed with its first decision
        return found

    @property
    def mode(self) -> Mode:
        """Say which mode posts."""
        return Mode(self.decided["mode"])

    @property
    def report(self) -> Mapping[str, Any] | None:
        """Give the latest consumption as filed, if any was."""
        return self.last("consumption")

    @property
    def closing(self) -> Mapping[str, Any] | None:
        """Give the closing, unless there is none or it was reopened."""
        ends = [event for event in self.events if event.kind in {"close", "reopen"}]
        return ends[-1].body if ends and ends[-1].kind == "close" else None

    def last(self, kind: str) -> Mapping[str, Any] | None:
        """Give the latest event of a kind."""
        return next((event.body for event in reversed(self.events) if event.kind == kind), None)

    def moves(self, differences: Mapping[str, int]) -> tuple[Move, ...]:
        """Turn differences of parts into postings, charged or given back; zero posts nothing."""
        return tuple(
            self.move(PART_ACCOUNTS[name], -gce if name in RECOGNISED else gce)
            for name, gce in differences.items()
            if gce
        )

    def move(self, contra: int, gce: int) -> Move:
        """Move grams from the budget to a contra account, or back where the amount is below zero."""
        pair = (self.account, contra) if gce > 0 else (contra, self.account)
        return Move(*pair, self.instrument.id, abs(gce))


def filed(read: Reader, number: int) -> Filed:
    """Read a budget.

    Raises:
        BudgetUnknown: there is none of this number.
    """
    b, p = t.fossil_budget.c, t.party.c
    row = read.conn.execute(
        select(b.id, b.party, b.year, b.account, p.identity, p.name, p.province)
        .join_from(t.fossil_budget, t.party, p.id == b.party)
        .where(b.id == number)
    ).first()
    if row is None:
        raise BudgetUnknown(encode_id(IdPrefix.FOSSIL_BUDGET, number))
    return _filed(read, row)


def open_budget(read: Reader, number: int) -> Filed:
    """Read a budget that may still change; `BudgetUnknown` as above.

    Raises:
        BudgetClosed: its year is closed.
    """
    found = filed(read, number)
    if found.closing is not None:
        raise BudgetClosed(found.code)
    return found


def reported_budget(read: Reader, number: int) -> tuple[Filed, Mapping[str, Any]]:
    """Read a budget that may still change, and the consumption charged to it.

    Raises:
        ConsumptionMissing: none is reported; the others as above.
    """
    found = open_budget(read, number)
    if found.report is None:
        raise ConsumptionMissing(found.code)
    return found, found.report


def budget_of(read: Reader, party: int, year: int) -> int | None:
    """Find the number of a party's budget of a year."""
    b = t.fossil_budget.c
    number: int | None = read.conn.execute(
        select(b.id).where(b.party == party, b.year == year)
    ).scalar()
    return number


def _filed(read: Reader, row: AnyRow) -> Filed:
    instrument = yearly("FEB", row.year).id
    balance = balance_of(read, row.account, instrument)
    gone = _left(read, row.account, instrument)
    return Filed(
        id=row.id,
        party=row.party,
        credit_code=row.identity,
        name=row.name,
        province=row.province,
        year=row.year,
        account=row.account,
        events=_events(read, row.id),
        budget_gce=-gone.get(BUDGET_SOURCE, 0),
        whole=_whole(gone),
        balance_gce=balance.posted if balance else 0,
        version=balance.version if balance else 0,
    )


def _whole(gone: Mapping[int, int]) -> dict[str, int]:
    found = {name: gone.get(contra, 0) for name, contra in PART_ACCOUNTS.items()}
    return {name: -gce if name in RECOGNISED else gce for name, gce in found.items()}


def _left(read: Reader, account: int, instrument: int) -> dict[int, int]:
    """Add up what left an account for each other one, less what came back."""
    p = t.posting.c
    rows = read.conn.execute(
        select(p.debit, p.credit, func.sum(p.amount).label("gce"))
        .where(p.instrument == instrument, or_(p.debit == account, p.credit == account))
        .group_by(p.debit, p.credit)
    )
    gone: dict[int, int] = {}
    for row in rows:
        other, sign = (row.credit, 1) if row.debit == account else (row.debit, -1)
        gone[other] = gone.get(other, 0) + sign * int(row.gce)
    return gone


def _events(read: Reader, budget: int) -> tuple[Event, ...]:
    e = t.fossil_budget_event.c
    rows: Sequence[AnyRow] = read.conn.execute(
        select(e.n, e.kind, e.body).where(e.budget == budget).order_by(e.n)
    ).all()
    return tuple(Event(row.n, row.kind, row.body) for row in rows)
