"""A budget as it is on file: what was decided and reported about it, and what stands posted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import and_, func, or_, select

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
from ledger.store.queries.among import among
from schemas.identifiers import IdPrefix, encode_id
from settlement.balances import balances_of
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

OF_OWN_USE: Final = and_(
    t.account.c.party == t.fossil_budget.c.party,
    t.account.c["class"] == "user",
    t.account.c.on_behalf_of.is_(None),
)
"""Joins a budget with the account in which its unit holds certificates for its own use."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was decided or reported about a budget, and the act it stands in, if posted."""

    n: int
    kind: str
    body: Mapping[str, Any]
    journal: int | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """One budget; whole gce by part, and its balance, are what the postings say.

    `user` is the account in which the unit holds certificates for its own use, if it has one; nothing
    leaves it while it is frozen.
    """

    id: int
    party: int
    credit_code: str
    name: str
    province: str | None
    year: int
    account: int
    user: int | None
    events: tuple[Event, ...]
    budget_gce: int
    whole: Mapping[str, int]
    balance_gce: int
    version: int
    user_frozen: bool = False

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
    def sector(self) -> str | None:
        """Name the unit's sector, as last said in a decision about the budget."""
        return next((said["sector"] for said in self._said("sector")), None)

    @property
    def traits(self) -> tuple[str, ...]:
        """Name what else the regulator last said of the unit for this year."""
        return next((tuple(said["traits"]) for said in self._said("traits")), ())

    def _said(self, name: str) -> Iterator[Mapping[str, Any]]:
        events = (event.body for event in reversed(self.events) if event.kind == "set")
        return (body for body in events if name in body)

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

    @property
    def confirmed_kwh(self) -> Mapping[str, int]:
        """Give what others last confirmed, by part; nothing of a part that nobody did."""
        said = [event.body["confirmed"] for event in self.events if event.kind == "confirm"]
        return {one["part"]: int(one["kwh"]) for each in said for one in each}

    @property
    def closings(self) -> tuple[Mapping[str, Any], ...]:
        """Give every closing, first to last, those that a reopening followed among them."""
        return tuple(event.body for event in self.events if event.kind == "close")

    @property
    def sources(self) -> Mapping[str, int]:
        """Give the acts in which the latest decision, report and confirmations stand, by what they are."""
        found: dict[str, int | None] = {}
        for event in self.events:
            found |= dict.fromkeys(_said(event), event.journal)
        return {what: journal for what, journal in found.items() if journal is not None}

    def last(self, kind: str) -> Mapping[str, Any] | None:
        """Give the latest event of a kind."""
        return next((event.body for event in reversed(self.events) if event.kind == kind), None)

    def after(self, kind: str, body: Mapping[str, Any]) -> Filed:
        """See the budget as it will be on file once an event is."""
        return replace(self, events=(*self.events, Event(self.next_n, kind, body)))

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
    return filed_many(read, (number,))[number]


def filed_many(read: Reader, numbers: Collection[int]) -> dict[int, Filed]:
    """Read budgets by their numbers, in the order asked, in four statements however many.

    Raises:
        BudgetUnknown: there is none of a number; the first such is named.
    """
    heads = _heads(read, numbers)
    missing = next((number for number in numbers if number not in heads), None)
    if missing is not None:
        raise BudgetUnknown(encode_id(IdPrefix.FOSSIL_BUDGET, missing))
    keys = {n: (heads[n].account, yearly("FEB", heads[n].year).id) for n in numbers}
    accounts = {account for account, _ in keys.values()}
    instruments = {instrument for _, instrument in keys.values()}
    balances = balances_of(read, accounts, instruments)
    gone, events = _left(read, accounts, instruments), _events(read, numbers)
    return {
        number: _filed(heads[number], events[number], gone.get(key, {}), balances.get(key))
        for number, key in keys.items()
    }


def open_budget(read: Reader, number: int) -> Filed:
    """Read a budget that may still change; `BudgetUnknown` as above.

    Raises:
        BudgetClosed: its year is closed.
    """
    found = filed(read, number)
    if found.closing is not None:
        raise BudgetClosed(found.code)
    return found


def reported_budget(read: Reader, number: int) -> Filed:
    """Read a budget that may still change, and has a consumption charged to it.

    Raises:
        ConsumptionMissing: none is reported; the others as above.
    """
    found = open_budget(read, number)
    if found.report is None:
        raise ConsumptionMissing(found.code)
    return found


def budget_of(read: Reader, party: int, year: int) -> int | None:
    """Find the number of a party's budget of a year."""
    b = t.fossil_budget.c
    number: int | None = read.conn.execute(
        select(b.id).where(b.party == party, b.year == year)
    ).scalar()
    return number


def _heads(read: Reader, numbers: Collection[int]) -> dict[int, AnyRow]:
    """Read whose budgets they are, and the accounts in which these hold certificates for themselves."""
    b, p = t.fossil_budget.c, t.party.c
    rows = read.conn.execute(
        select(b.id, b.party, b.year, b.account, p.identity, p.name, p.province)
        .add_columns(t.account.c.id.label("user"), t.account.c.frozen)
        .join_from(t.fossil_budget, t.party, p.id == b.party)
        .join(t.account, OF_OWN_USE, isouter=True)
        .where(among(b.id, numbers))
        .order_by(b.id)
    )
    return {row.id: row for row in rows}


def _said(event: Event) -> tuple[str, ...]:
    """Name what an event brings that figures rest on, as statements do."""
    if event.kind == "confirm":
        return tuple(f"confirm.{one['part']}" for one in event.body["confirmed"])
    return {"set": ("budget.set",), "consumption": ("consumption",)}.get(event.kind, ())


def _filed(
    row: AnyRow, events: tuple[Event, ...], gone: Mapping[int, int], balance: AnyRow | None
) -> Filed:
    return Filed(
        id=row.id,
        party=row.party,
        credit_code=row.identity,
        name=row.name,
        province=row.province,
        year=row.year,
        account=row.account,
        user=row.user,
        events=events,
        budget_gce=-gone.get(BUDGET_SOURCE, 0),
        whole=_whole(gone),
        balance_gce=balance.posted if balance else 0,
        version=balance.version if balance else 0,
        user_frozen=bool(row.frozen),
    )


def _whole(gone: Mapping[int, int]) -> dict[str, int]:
    found = {name: gone.get(contra, 0) for name, contra in PART_ACCOUNTS.items()}
    return {name: -gce if name in RECOGNISED else gce for name, gce in found.items()}


def _left(
    read: Reader, accounts: Collection[int], instruments: Collection[int]
) -> dict[tuple[int, int], dict[int, int]]:
    """Add up what left each account for each other one, less what came back, by instrument."""
    p = t.posting.c
    rows = read.conn.execute(
        select(p.instrument, p.debit, p.credit, func.sum(p.amount).label("gce"))
        .where(p.instrument.in_(instruments))
        .where(or_(among(p.debit, accounts), among(p.credit, accounts)))
        .group_by(p.instrument, p.debit, p.credit)
    )
    gone: dict[tuple[int, int], dict[int, int]] = {}
    for row in rows:
        for own, other, sign in ((row.debit, row.credit, 1), (row.credit, row.debit, -1)):
            left = gone.setdefault((own, row.instrument), {})
            left[other] = left.get(other, 0) + sign * int(row.gce)
    return gone


def _events(read: Reader, numbers: Collection[int]) -> dict[int, tuple[Event, ...]]:
    e = t.fossil_budget_event.c
    rows = read.conn.execute(
        select(e.budget, e.n, e.kind, e.body, e.journal)
        .where(among(e.budget, numbers))
        .order_by(e.budget, e.n)
    )
    events: dict[int, tuple[Event, ...]] = {}
    for number, own in groupby(rows, attrgetter("budget")):
        events[number] = tuple(Event(row.n, row.kind, row.body, row.journal) for row in own)
    return events
