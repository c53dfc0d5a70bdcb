"""Budgets of a year as a cut has them: what was decided and reported, and what stands posted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.account import BUDGET_SOURCE
from ledger.model.instrument import yearly
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.fossil_budget.cap_rooms import instrument_of
from settlement.fossil_budget.charge import RECOGNISED
from settlement.fossil_budget.filed import PART_ACCOUNTS
from settlement.fossil_budget.recognition import Direction
from settlement.fossil_budget.statement import Status
from settlement.reports.cut import NOT_REPORTED, Cut

if TYPE_CHECKING:
    from settlement.desk import AnyRow

_TOLD = ("mode", "sector")  # of an event's body, where it says them
_ENDS = frozenset({"close", "reopen"})


@dataclass(frozen=True, slots=True)
class BudgetThen:
    """One budget at the cut; grams are whole, and those of parts are as posted.

    `capped` counts the certificates recognised, but for those that no provincial cap may bind.
    """

    id: int
    party: int
    credit_code: str
    name: str
    province: str | None
    account: int
    said: Mapping[str, Any]
    kinds: tuple[str, ...]
    budget_gce: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)
    capped: Mapping[Direction, int] = field(default_factory=dict)

    @property
    def mode(self) -> str:
        """Say which mode posts."""
        return str(self.said["mode"])

    @property
    def sector(self) -> str | None:
        """Say in which trade the unit is, if the regulator said so."""
        return self.said.get("sector")

    @property
    def is_closed(self) -> bool:
        """Say whether the year is closed at the cut."""
        ends = [kind for kind in self.kinds if kind in _ENDS]
        return bool(ends) and ends[-1] == "close"

    @property
    def is_reported(self) -> bool:
        """Say whether the unit has reported at all."""
        return "consumption" in self.kinds

    @property
    def charged_gce(self) -> int:
        """Add up what was burnt and bought, before anything is taken off."""
        return sum(gce for part, gce in self.parts.items() if part not in RECOGNISED)

    def taken_off_gce(self, part: str = "") -> int:
        """Add up what was taken off, or one part of it."""
        return sum(self.parts.get(name, 0) for name in RECOGNISED if part in {"", name})

    @property
    def balance_gce(self) -> int:
        """Give what is left of the budget; below zero what is above it."""
        return self.budget_gce - self.charged_gce + self.taken_off_gce()

    @property
    def status(self) -> str:
        """Say how the budget stands by what is posted."""
        if not self.is_reported:
            return NOT_REPORTED
        if self.balance_gce < 0:
            return Status.NOT_MET.value
        is_within = self.balance_gce >= self.taken_off_gce()
        return (Status.MET if is_within else Status.MET_WITH_OFFSET).value

    def certificates(self, direction: Direction) -> int:
        """Count the certificates recognised that come from one direction."""
        return self.capped.get(direction, 0)


def budgets_then(cut: Cut) -> tuple[BudgetThen, ...]:
    """Read the year's budgets at a cut, by province and credit code, in four statements."""
    heads = _heads(cut)
    said = _said(cut, [row.id for row in heads])
    gone = _gone(cut, [row.account for row in heads])
    capped = _capped(cut, heads)
    return tuple(
        replace(
            _budget(row, said.get(row.id, ()), gone.get(row.account, {})),
            capped=capped.get(row.account, {}),
        )
        for row in heads
    )


def reports_then(cut: Cut, numbers: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """Read the latest report of each of these budgets, as its event keeps it, by budget."""
    e = t.fossil_budget_event.c
    rows = cut.conn.execute(
        select(e.budget, e.body)
        .ext(distinct_on(e.budget))
        .where(among(e.budget, numbers), e.kind == "consumption", cut.holds(e.journal))
        .order_by(e.budget, e.n.desc())
    )
    return {row.budget: row.body for row in rows}


def _heads(cut: Cut) -> Sequence[AnyRow]:
    b, p = t.fossil_budget.c, t.party.c
    return cut.conn.execute(
        select(b.id, b.party, b.account, p.identity, p.name, p.province)
        .join_from(t.fossil_budget, t.party, p.id == b.party)
        .where(b.year == cut.year, cut.sees, cut.holds(b.journal))
        .order_by(p.province, p.identity)
    ).all()


def _said(cut: Cut, numbers: Sequence[int]) -> dict[int, list[AnyRow]]:
    """Read budgets' events, and of their bodies what reports tell."""
    e = t.fossil_budget_event.c
    rows = cut.conn.execute(
        select(e.budget, e.kind, *(e.body[name].label(name) for name in _TOLD))
        .where(among(e.budget, numbers), cut.holds(e.journal))
        .order_by(e.budget, e.n)
    )
    found: dict[int, list[AnyRow]] = {}
    for row in rows:
        found.setdefault(row.budget, []).append(row)
    return found


def _gone(cut: Cut, accounts: Sequence[int]) -> dict[int, dict[int, int]]:
    """Add up what left each budget's account for each contra account, less what came back."""
    p = t.posting.c
    rows = cut.conn.execute(
        select(p.debit, p.credit, func.sum(p.amount).label("gce"))
        .where(p.instrument == yearly("FEB", cut.year).id)
        .where(or_(among(p.debit, accounts), among(p.credit, accounts)), cut.holds(p.journal))
        .group_by(p.debit, p.credit)
    )
    gone: dict[int, dict[int, int]] = {}
    for row in rows:
        for own, other, sign in ((row.debit, row.credit, 1), (row.credit, row.debit, -1)):
            left = gone.setdefault(own, {})
            left[other] = left.get(other, 0) + sign * int(row.gce)
    return gone


def _capped(cut: Cut, heads: Sequence[AnyRow]) -> dict[int, dict[Direction, int]]:
    """Add up the room under caps, a unit a certificate, that each budget's account has at the cut."""
    p, accounts = t.posting.c, [row.account for row in heads]
    ways = {
        instrument_of(province, to, cut.year).id: to
        for province in {row.province for row in heads if row.province is not None}
        for to in Direction
    }
    rows = cut.conn.execute(
        select(p.instrument, p.debit, p.credit, func.sum(p.amount).label("units"))
        .where(p.instrument.in_(ways))
        .where(or_(among(p.debit, accounts), among(p.credit, accounts)), cut.holds(p.journal))
        .group_by(p.instrument, p.debit, p.credit)
    )
    found: dict[int, dict[Direction, int]] = {}
    for row in rows:
        to = ways[row.instrument]
        for account, sign in ((row.credit, 1), (row.debit, -1)):
            counts = found.setdefault(account, {})
            counts[to] = counts.get(to, 0) + sign * int(row.units)
    return found


def _budget(row: AnyRow, events: Iterable[AnyRow], gone: Mapping[int, int]) -> BudgetThen:
    told = list(events)
    latest = {
        name: value
        for event in told
        for name in _TOLD
        if (value := getattr(event, name)) is not None
    }
    left = {name: gone.get(contra, 0) for name, contra in PART_ACCOUNTS.items()}
    return BudgetThen(
        id=row.id,
        party=row.party,
        credit_code=row.identity,
        name=row.name,
        province=row.province,
        account=row.account,
        said=latest,
        kinds=tuple(event.kind for event in told),
        budget_gce=-gone.get(BUDGET_SOURCE, 0),
        parts={name: -gce if name in RECOGNISED else gce for name, gce in left.items()},
    )
