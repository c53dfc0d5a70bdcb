"""Which certificates count against a budget when it is closed, and which green power does. Pure.

Read from the records of retirements, as they stood before the closing's own group. Sources: guide 622 of
2026, 4, 5, annexes 1 and 3; who is told apart by which reason is docs/budgets.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from ledger.log.canonical import leaf_hash
from ledger.log.replay_caps import code_of, lying, ours
from ledger.log.replay_filed import GREEN, BudgetFile

if TYPE_CHECKING:
    from ledger.log.replay_energy import Year
    from ledger.log.replay_state import Group, State

WAYS: Final = ("in_province", "out_of_province")


@dataclass(frozen=True, slots=True)
class Used:
    """Certificates of one lot that a posting of a retirement used up; `acquired` is by which record."""

    retirement: Mapping[str, Any]
    owner: str
    lot: str
    first: int
    count: int
    index: int
    day: str
    origin: str
    acquired: int


@dataclass(frozen=True, slots=True, order=True)
class Green:
    """Green power of a lot that is traded energy, and the record that the figure rests on."""

    lot: str
    first: int
    count: int
    index: int


class Judged(NamedTuple):
    """A run, how many of it count, and why the rest does not; the direction of the cap that binds it."""

    used: Used
    fits: int
    reason: str
    binding: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Whose budget of which year is closed, and where to read what the log says of it."""

    state: State
    recall: Callable[[int], bytes]
    group: Group
    record: Mapping[str, Any]
    file: BudgetFile
    party: str
    year: str
    law: Year

    def read(self, index: int) -> dict[str, Any]:
        """Read an earlier record again."""
        record: dict[str, Any] = orjson.loads(self.recall(index))
        return record

    def leaf(self, index: int) -> str:
        """Hash an earlier record, in hex."""
        return leaf_hash(self.recall(index)).hex()

    @property
    def code(self) -> str:
        """The unit's credit code."""
        return self.state.filed.codes.get(self.party, "")

    @property
    def province(self) -> str:
        """Where the unit has its seat, or nothing."""
        return self.state.provinces.get(self.party, "")

    def place(self, name: str) -> str:
        """Name a figure of the province and year, or its cap of a direction."""
        return f"{name} {self.province} {self.year}"

    def direction(self, used: Used) -> str:
        """Tell where certificates come from, seen from the unit."""
        plant = self.state.plants[self.state.lots[used.lot].plant]
        return WAYS[plant.facts.province != self.province]

    def binding(self, used: Used) -> str:
        """Name the direction whose cap certificates take room under; nothing where none binds them."""
        free = used.origin in self.law.words("acc.cap_exempt_origins")
        return "" if free else self.direction(used)


def used_by(unit: Unit, names: Iterable[str], *, together: bool = False) -> list[Used]:
    """List what retirements used up, in the order of postings: before this group, or together with it."""
    filed, found = unit.state.filed, []
    for index in sorted({n for name in names for n in filed.retired.get(name, ())} - filed.undone):
        record = unit.read(index)
        if (record["group"] == unit.record["group"]) == together:
            found += [(record["id"], used) for used in _used(unit, record, index)]
    return [used for _, used in sorted(found, key=lambda one: one[0])]


def _used(unit: Unit, record: Mapping[str, Any], index: int) -> Iterator[Used]:
    body, state = record.get("body"), unit.state
    if body is None:
        first = state.ids.index(record["continues"])
        body = unit.read(index if first is None else first)["body"]
    for posting in record.get("postings", ()):
        lot = state.lots[posting["lot"]]
        lo = int(posting["first"]) - lot.first
        [(_, _, piece), *_] = lot.runs(lo, lo + 1)
        story = state.filed.story(posting["lot"], lo, piece[2])
        owner, count = state.accounts[posting["debit"]].owner, int(posting["amount"])
        place = (posting["lot"], int(posting["first"]), count)
        yield Used(body, owner, *place, index, record["day"], *story)


def reason_of(unit: Unit, used: Used) -> str:
    """Say why certificates cannot serve the unit and year, the first reason; nothing if they can."""
    lot, act, green = unit.state.lots[used.lot], used.retirement, used.origin == GREEN
    against = {
        "other_beneficiary": act["beneficiary_code"] != unit.code,
        "other_purpose": act["purpose"] not in unit.law.words("metric.purposes.fossil_budget"),
        "wrong_production_year": not lot.month.startswith(unit.year),
        "wrong_consumption_year": act["consumption_year"] != unit.year,
        "counted_as_physical": lot.category not in unit.law.words("acc.c_categories"),
        "green_power_of_another": green and used.owner != unit.party,
        "counted_as_traded": green,
        "retired_too_late": used.day > unit.law.last_day,
    }
    return next((reason for reason, holds in against.items() if holds), "")


def green_retired(unit: Unit) -> list[Green]:
    """List green power that the unit used up for itself and the year before this closing."""
    names = {**unit.file.offered, **unit.state.filed.gone.get(unit.party, {})}
    return [
        Green(used.lot, used.first, used.count, used.index)
        for used in used_by(unit, names)
        if reason_of(unit, used) == "counted_as_traded"
    ]


def green_held(unit: Unit) -> list[Green]:
    """List green power of the year that the unit had free and valid, which this closing uses up.

    Raises:
        LookupError: it left some of that where it was.
    """
    state = unit.state
    account = state.own.get((unit.party, "user", unit.party), "")
    if any(_is_lying(unit, lot, account) for lot in state.filed.green.get(account, ())):
        raise LookupError("green power that counts was left in the account")
    names = unit.record["body"].get("retirement_ids", ())
    return [
        Green(used.lot, used.first, used.count, used.acquired)
        for used in used_by(unit, names, together=True)
        if used.origin == GREEN and _is_current(unit, used.lot)
    ]


def _is_lying(unit: Unit, name: str, account: str) -> bool:
    if not _is_current(unit, name):
        return False
    lot, story, start = unit.state.lots[name], unit.state.filed.story, 0
    for count, (holder, hold, trades) in lot.everything():
        if holder == account and not hold and story(name, start, trades)[0] == GREEN:
            return True
        start += count
    return False


def _is_current(unit: Unit, name: str) -> bool:
    lot = unit.state.lots[name]
    day: str = unit.record["day"]
    return lot.month.startswith(unit.year) and lot.valid_until >= day


def rooms_of(unit: Unit) -> dict[str, tuple[int, bool]]:
    """Count the room under each cap that is set, and tell whether it is yet to be shared out."""
    named = {to: code_of(unit.province, to, unit.year) for to in WAYS}
    return {to: _room(unit, code) for to, code in named.items() if code in unit.state.caps}


def _room(unit: Unit, code: str) -> tuple[int, bool]:
    state, before, party = unit.state, unit.group.rooms or {}, unit.party
    method = unit.law.rules.find("acc.cap_method", unit.law.key)
    shared = method is not None and method.value == "pro_rata"
    own = [state.own.get((party, cls, party), "") for cls in ("budget", "duty")]
    places = own if shared else [*own, ours(state, "duty")]
    room = sum(before.get((place, code), lying(state, place, code)) for place in places)
    return room, shared and code not in state.apportioned


@dataclass(frozen=True, slots=True)
class Room:
    """How many certificates may count: in all, why no more, and by direction where a cap is set."""

    total: int
    bound: str
    caps: Mapping[str, tuple[int, bool]]

    def at_most(self, most: int | None) -> Room:
        """Give the room under a cap in gross mode, if that is the tighter one."""
        if most is None or most >= self.total:
            return self
        return Room(most, "above_gross_cap", self.caps)


def recognise(unit: Unit, runs: Iterable[Used], room: Room) -> tuple[Judged, ...]:
    """Count certificates in their order, as far as there is room."""
    left, found = {to: under for to, (under, _) in room.caps.items()}, list[Judged]()
    total = room.total
    for used in runs:
        to, reason = unit.binding(used), reason_of(unit, used)
        under = left.get(to, total)
        fits = 0 if reason else min(used.count, max(0, min(total, under)))
        if not reason and under < total:
            reason = "cap_not_apportioned" if room.caps[to][1] else "cap_exhausted"
        found.append(Judged(used, fits, reason or room.bound, to))
        total -= fits
        left |= {to: left[to] - fits} if to in left else {}
    return tuple(found)
