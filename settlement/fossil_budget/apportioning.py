"""Sharing out what room is left under a province's caps, in proportion to what units ask for.

A unit asks for what it could have recognised if there were no cap, beyond what it has already. Parts
are whole: each is rounded down, and what is left goes to the largest remainders, by credit code where
these are equal. Where all that is asked for fits, everybody gets it, and the rest stays with the
province. Guide 622 of 2026, annex 3, sets caps and no way to share them; this one is the house's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import exists, select

from ledger.model.command import Act, Enter, Expect, Move, Plain
from ledger.refusals import Refusal
from ledger.store import tables as t
from settlement.desk import Decision
from settlement.fossil_budget.cap_rooms import caps_of_place, is_shared, opening
from settlement.fossil_budget.caps import Cap
from settlement.fossil_budget.facts import Facts, facts_of
from settlement.fossil_budget.filed import filed_many
from settlement.fossil_budget.recognition import Direction
from settlement.fossil_budget.restating import moves, restate
from settlement.refusals import CapApportionedAlready, CapFirstCome, FactorMissing, TooManyUnits

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader

Parts = Mapping[Direction, int]
UNITS_MAX: Final = 8_000
"""Units that one act gives parts to: four journals each, numbered in 16 bits within their group."""


@dataclass(frozen=True, slots=True)
class ApportionOrder:
    """Share out the caps of a province's year, by a decision."""

    province: str
    year: int
    document_no: str


def shares(room: int, asked: Mapping[str, int]) -> dict[str, int]:
    """Share room out in proportion to what is asked, in whole units; nobody gets more than that.

    Names break ties between equal remainders, in their order.
    """
    total = sum(asked.values())
    if total <= room:
        return dict(asked)
    parts = {name: room * count // total for name, count in asked.items()}
    left = room - sum(parts.values())
    by_remainder = sorted(asked, key=lambda name: (-(room * asked[name] % total), name))
    return {name: part + (name in by_remainder[:left]) for name, part in parts.items()}


def apportion(
    read: Reader, actor: Actor, order: ApportionOrder, units_max: int = UNITS_MAX
) -> Decision:
    """Give every unit of a province its part of what room is left, and restate all that got one.

    A unit that is closed, or of which nothing can be worked out yet, asks for nothing.

    Raises:
        CapFirstCome: caps of the year are not shared out.
        FactorMissing: the province has no cap of the year.
        CapApportionedAlready: there is no room left, or nobody asks for more than it has.
        TooManyUnits: more than `units_max` would get a part.
    """
    if not is_shared(read, order.year):
        raise CapFirstCome(order.province, order.year)
    units = _units(read, order)
    runs = _runs(read, order, units)
    given = sum(sum(run.given.values()) for run in runs)
    if not given and all(run.version > 1 for run in runs):
        raise CapApportionedAlready(order.province, order.year)
    takers = [unit for unit in units if any(run.given[unit.code] for run in runs)]
    if len(takers) > units_max:
        raise TooManyUnits(order.province, order.year, len(takers), units_max)
    done = [_with_parts(read, actor, unit, runs) for unit in takers]
    result: dict[str, Plain] = {"province": order.province, "year": order.year}
    result |= {run.direction.value: run.told for run in runs}
    return Decision(
        (*(run.act(order) for run in runs), *(act for acts, _ in done for act in acts)),
        (*(run.expect for run in runs), *(one for _, expects in done for one in expects)),
        result | {"units": len(takers)},
    )


@dataclass(frozen=True, slots=True)
class _Unit:
    """A budget that may yet change, and what it could have recognised if there were no cap."""

    facts: Facts
    wanted: Parts

    @property
    def code(self) -> str:
        """Name the unit."""
        return self.facts.on_file.credit_code

    def asks(self, direction: Direction) -> int:
        """Count what it could still have recognised, beyond what it has and was given before."""
        cap = self.facts.caps.caps[direction]
        return max(0, self.wanted[direction] - cap.used.units - cap.own.units)


@dataclass(frozen=True, slots=True)
class _Run:
    """One direction's sharing: what is free, who asks for how much of it, and who gets what."""

    cap: Cap
    direction: Direction
    version: int
    asked: Mapping[str, int]
    given: Mapping[str, int]

    @property
    def told(self) -> dict[str, Plain]:
        """Tell what there was, what was asked for, and what was given."""
        asked, given = sum(self.asked.values()), sum(self.given.values())
        return {"room": self.cap.free.units, "asked": asked, "given": given}

    @property
    def expect(self) -> Expect:
        """State the room that is shared out."""
        assert self.cap.free.account is not None
        return Expect(self.cap.free.account, self.cap.instrument.id, self.cap.free.version)

    def act(self, order: ApportionOrder) -> Act:
        """Give the act that shares out; the parts follow, a unit each."""
        row: dict[str, Plain] = {
            "province": order.province,
            "year": order.year,
            "direction": self.direction.value,
            "version": self.version,
            "room": self.cap.free.units,
            "asked": sum(self.asked.values()),
            "document_no": order.document_no,
        }
        return Act("cap.apportion", (Enter("cap_apportionment", row),), row)


def _units(read: Reader, order: ApportionOrder) -> list[_Unit]:
    """Read the units that may ask, in the order of their credit codes."""
    b, p, e = t.fossil_budget.c, t.party.c, t.fossil_budget_event.c
    numbers = read.conn.execute(
        select(b.id)
        .join_from(t.fossil_budget, t.party, p.id == b.party)
        .where(p.province == order.province, b.year == order.year)
        .where(exists().where(e.budget == b.id, e.kind == "consumption"))
        .order_by(p.identity)
    ).scalars()
    filed = [one for one in filed_many(read, list(numbers)).values() if one.closing is None]
    found = (one for one in facts_of(read, filed).values() if isinstance(one, Facts))
    return [unit for one in found if (unit := _unit(read, one)) is not None]


def _unit(read: Reader, found: Facts) -> _Unit | None:
    try:
        wide = replace(found, case=replace(found.case, caps={})).judge(read)
    except Refusal:
        return None
    return _Unit(found, wide.recognition.capped)


def _runs(read: Reader, order: ApportionOrder, units: Sequence[_Unit]) -> list[_Run]:
    """Share out each direction that has a cap."""
    caps = caps_of_place(read, order.province, order.year)
    if not caps:
        raise FactorMissing("cap_in_province", order.province, order.year)
    return [_run(cap, to, runs, units) for to, (cap, runs) in caps.items()]


def _run(cap: Cap, direction: Direction, runs: int, units: Sequence[_Unit]) -> _Run:
    asked = {unit.code: unit.asks(direction) for unit in units}
    return _Run(cap, direction, runs + 1, asked, shares(cap.free.units, asked))


def _with_parts(
    read: Reader, actor: Actor, unit: _Unit, runs: Sequence[_Run]
) -> tuple[tuple[Act, ...], tuple[Expect, ...]]:
    """Give a unit its parts, and restate its budget by them."""
    parts = {run.direction: run.given[unit.code] for run in runs if run.given[unit.code]}
    before = unit.facts
    account, opened = _duty(read, actor, before)
    after = before.with_caps(before.caps.with_parts(account, parts))
    judged = after.judge(read)
    given = tuple(_part(after, to, units) for to, units in parts.items())
    restated = (restate(after, judged, (), {"event": "apportion"}),) if moves(after, judged) else ()
    expects = () if opened else after.caps.expects(judged.recognition.capped)
    return (*opened, *given, *restated), (before.on_file.expect, *expects)


def _duty(read: Reader, actor: Actor, found: Facts) -> tuple[int, tuple[Act, ...]]:
    known = next(iter(found.caps.caps.values())).own.account
    if known is not None:
        return known, ()
    number, act = opening(read, actor, found.on_file.party, "duty")
    return number, (act,)


def _part(found: Facts, direction: Direction, units: int) -> Act:
    cap, on_file = found.caps.caps[direction], found.on_file
    giver, taker = cap.free.account, cap.own.account
    assert giver is not None
    assert taker is not None
    body: dict[str, Plain] = {
        "budget_id": on_file.code,
        "instrument": cap.instrument.code,
        "quantity": units,
    }
    return Act("cap.part", (Move(giver, taker, cap.instrument.id, units),), body)
