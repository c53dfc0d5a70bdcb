"""What there is in the model: every certificate by itself, holds, approvals and claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from itertools import count, groupby
from typing import Any, Final, NamedTuple, TypeAlias

from schemas.calendar import registry_day

GEC: Final = 1
RETIRED, EXPIRED, REVOKED, CANCELLED, SURRENDERED = 3, 4, 5, 6, 7
FROZEN: Final = ("freeze", "judicial", "ccer")  # holds that nobody but who decided them ends
FIRST_APPROVED: Final = 2025  # vintages that are allocated within what was approved
Undo: TypeAlias = Callable[[], None]
Plan: TypeAlias = Callable[[], Callable[[], None]]  # what deciding refuses; then what is done
Piece: TypeAlias = tuple[int, int, int]  # lot, lo, end: certificates that are alike


class No(Exception):
    """The answer is no; its only argument is the code."""


class Unit(NamedTuple):
    """One certificate: who has it, under which hold, and how it came there."""

    account: int
    hold: int | None
    token: int  # the movement that brought it
    trades: int
    origin: str
    seam: int = 0  # runs that were frozen apart stay apart


class Want(NamedTuple):
    """Which certificates: any that fit, those of a lot, or a run of a lot from `at` on."""

    lot: int | None = None
    at: int | None = None


@dataclass
class Lot:
    """Certificates issued together, by serial."""

    plant: int
    month: date
    tradable: bool
    first: int
    valid_until: date
    units: list[Unit]


@dataclass
class Account:
    """A holder's account; from `limit` units on, a second person must approve."""

    cls: str
    party: int
    limit: int | None = None
    owner: int | None = None  # on whose behalf it is kept
    frozen: bool = False
    open: bool = True

    @property
    def emitter(self) -> int:
        """Tell for which party it is."""
        return self.owner or self.party


@dataclass(frozen=True)
class Plant:
    """Where what a plant earns goes, and what kind of certificates it is."""

    account: int
    tradable: bool
    energy: str = "wind"
    category: str = "on_grid"
    mechanism: bool = False


@dataclass
class Mandate:
    """What an agent may do with the account it keeps for an owner."""

    account: int
    scopes: tuple[str, ...]
    first: date
    last: date
    ended: bool = False


@dataclass
class Duty:
    """A year's verified emissions, and what is left of the duty and of the room for CCER."""

    verified: int = 0
    due: int = 0
    room: int = 0
    passed: int = 0  # of what is due, from predecessors, less what went to successors


@dataclass
class Hold:
    """Units set aside."""

    account: int
    instrument: int
    controller: int
    receiver: int | None
    remaining: int
    expires: datetime | None
    kind: str = "order"


@dataclass
class Claim:
    """What certificates are used up for, and which."""

    account: int
    beneficiary: str
    purpose: str
    year: int
    pieces: list[Piece] = field(default_factory=list)
    void: bool = False  # taken back


@dataclass
class Act:
    """What was done, how to take it back, and who had part in it."""

    journal: int
    kind: str
    day: date
    trail: list[Undo]
    parties: frozenset[int]
    retirement: int | None = None
    back: bool = False


@dataclass
class Approval:
    """An act that waits for a second person, with its units held."""

    maker: str
    expires: datetime
    hold: int | None
    act: Callable[[], None]
    learn: Callable[[Mapping[str, int]], None]  # takes the ids of what came of it
    state: str = "pending"
    alone: bool = False  # never in a batch with others
    check: Callable[[], None] = lambda: None  # what is decided before person and time are looked at


@dataclass
class Units:
    """Everything that is so, and how units are chosen, counted and marked."""

    now: datetime
    accounts: dict[int, Account]
    plants: dict[int, Plant]
    capacity_kwh_a_day: int
    max_trades: int = 1
    lots: dict[int, Lot] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    approvals: dict[int, Approval] = field(default_factory=dict)
    amounts: Counter[tuple[int, int]] = field(default_factory=Counter)  # (account, instrument)
    readings: dict[tuple[int, date], tuple[int, int]] = field(default_factory=dict)
    claims: dict[int, Claim] = field(default_factory=dict)  # by retirement
    mandates: dict[int, Mandate] = field(default_factory=dict)
    duties: dict[tuple[int, int], Duty] = field(default_factory=dict)  # by party and year
    debts: Counter[int] = field(default_factory=Counter)  # of allocations reduced, by party
    quotas: Counter[tuple[int, int]] = field(default_factory=Counter)  # by party and year
    used: Counter[tuple[int, int]] = field(default_factory=Counter)  # allocated less returned
    kept: Counter[tuple[int, int]] = field(default_factory=Counter)  # of it, kept back for debts
    allocated: set[tuple[int, int]] = field(default_factory=set)  # (account, instrument)
    trail: list[Undo] = field(default_factory=list)  # of the act at hand
    acts: list[Act] = field(default_factory=list)
    objections: dict[int, bool] = field(default_factory=dict)  # decided or not
    references: set[str] = field(default_factory=set)  # of what came from elsewhere
    tokens: count[int] = field(default_factory=lambda: count(1))

    @property
    def day(self) -> date:
        """The registry's day."""
        return registry_day(self.now)

    def runs(self, lot: int, lo: int = 0, end: int | None = None) -> list[Piece]:
        """Cut a stretch of a lot where neighbours differ."""
        numbered = enumerate(self.lots[lot].units[lo:end], start=lo)
        alike = [[at for at, _ in same] for _, same in groupby(numbered, lambda pair: pair[1])]
        return [(lot, serials[0], serials[-1] + 1) for serials in alike]

    def unit(self, piece: Piece) -> Unit:
        """Look at a piece."""
        return self.lots[piece[0]].units[piece[1]]

    def pieces(self, belongs: Callable[[Lot, Unit], bool]) -> list[Piece]:
        """Find pieces everywhere, earliest expiry first."""
        alike = [piece for lot in sorted(self.lots) for piece in self.runs(lot)]
        return [piece for piece in alike if belongs(self.lots[piece[0]], self.unit(piece))]

    def total(self, account: int, instrument: int) -> int:
        """Count what an account has."""
        if instrument != GEC:
            return self.amounts[account, instrument]
        return sum(unit.account == account for lot in self.lots.values() for unit in lot.units)

    def held(self, account: int, instrument: int) -> int:
        """Count what is set aside of it."""
        holds = self.holds.values()
        there = [h for h in holds if (h.account, h.instrument) == (account, instrument)]
        return sum(hold.remaining for hold in there)

    def free(self, account: int, instrument: int) -> int:
        """Count what may leave."""
        return self.total(account, instrument) - self.held(account, instrument)

    def pick(
        self, account: int, amount: int, want: Want, fits: Callable[[Lot, Unit], bool]
    ) -> list[Piece]:
        """Choose free certificates; those named outright are taken as they are."""
        if want.lot is not None and want.at is not None:
            units = self.lots[want.lot].units[want.at : want.at + amount]
            if len(units) < amount or any(u.account != account or u.hold for u in units):
                raise No("serials_not_available")
            return self.runs(want.lot, want.at, want.at + amount)
        mine = self.pieces(lambda _, unit: (unit.account, unit.hold) == (account, None))
        if want.lot is None:
            chosen = [p for p in mine if fits(self.lots[p[0]], self.unit(p))]
        else:
            chosen = [p for p in mine if p[0] == want.lot]
        code = "units_short" if self.free(account, GEC) < amount else "too_few_eligible"
        return cut(chosen, amount, code)

    def pick_held(self, hold: int, amount: int) -> list[Piece]:
        """Choose from under a hold."""
        return cut(self.pieces(lambda _, unit: unit.hold == hold), amount, "units_short")

    def write(self, pieces: list[Piece], **facts: Any) -> None:
        """Write facts on certificates; a movement gives every piece a token of its own."""
        if "hold" in facts:
            facts.setdefault("seam", 0)
        for piece in pieces:
            lot, lo, end = piece
            fresh = facts | ({"token": next(self.tokens)} if "account" in facts else {})
            units = self.lots[lot].units
            before = units[lo:end]
            units[lo:end] = [unit._replace(**fresh) for unit in before]
            if "account" in facts:
                self.trail.append(partial(self.undo_units, piece, before, units[lo]))

    def undo_units(self, piece: Piece, before: list[Unit], after: Unit) -> None:
        """Let certificates go back as they were, if nothing happened to them since."""
        self.check_ways(after.account, before[0].account)
        units = self.lots[piece[0]].units
        if any(unit != after for unit in units[piece[1] : piece[2]]):
            raise No("reversal_too_late")
        units[piece[1] : piece[2]] = [unit._replace(hold=None, seam=0) for unit in before]

    def shift(self, giver: int, taker: int, instrument: int, amount: int) -> None:
        """Move allowances, which must be free."""
        if self.free(giver, instrument) < amount:
            raise No("units_short")
        self.shift_held(giver, taker, instrument, amount)

    def shift_held(self, giver: int, taker: int, instrument: int, amount: int) -> None:
        """Move allowances that were set aside."""
        self.amounts[giver, instrument] -= amount
        self.amounts[taker, instrument] += amount
        self.trail.append(partial(self.undo_amount, giver, taker, instrument, amount))

    def undo_amount(self, giver: int, taker: int, instrument: int, amount: int) -> None:
        """Let allowances go back."""
        self.check_ways(taker, giver)
        self.shift(taker, giver, instrument, amount)

    def owe(self, party: int, amount: int) -> None:
        """Let a party owe more, or less if below zero."""
        if self.debts[party] + amount < 0:
            raise No("units_short")
        self.debts[party] += amount
        self.trail.append(partial(self.owe, party, -amount))

    def discharge(self, key: tuple[int, int], due: int, room: int = 0) -> None:
        """Let so much less be due."""
        duty = self.duties.setdefault(key, Duty())
        if min(duty.due - due, duty.room - room) < 0:
            raise No("units_short")
        duty.due, duty.room = duty.due - due, duty.room - room
        self.trail.append(partial(self.discharge, key, -due, -room))

    def take_over(self, key: tuple[int, int], due: int) -> None:
        """Let so much of a duty have come from a predecessor, or gone to a successor if below zero."""
        self.duties.setdefault(key, Duty()).passed += due
        self.trail.append(partial(self.take_over, key, -due))

    def check_ways(self, giver: int, *takers: int) -> None:
        """Refuse closed accounts, and to take from a frozen one."""
        for number in (giver, *takers):
            if number in self.accounts and not self.accounts[number].open:
                raise No("account_closed")
        if giver in self.accounts and self.accounts[giver].frozen:
            raise No("account_frozen")

    def check_mandate(self, number: int, scope: str) -> None:
        """Refuse an agent what its owner did not let it do."""
        account = self.accounts[number]
        mine = [m for m in self.mandates.values() if m.account == number and not m.ended]
        granted = any(scope in m.scopes and m.first <= self.day <= m.last for m in mine)
        if account.cls == "agent" and account.owner and not granted:
            raise No("mandate_missing")

    @contextmanager
    def wholly(self) -> Iterator[None]:
        """Leave everything as it was if anything of it is refused."""
        names = ("lots", "holds", "amounts", "duties", "debts", "quotas", "used", "kept", "trail")
        kept = {name: deepcopy(getattr(self, name)) for name in names if name != "trail"}
        kept["trail"] = list(self.trail)
        try:
            yield
        except No:
            self.__dict__.update(kept)
            raise


def cut(pieces: list[Piece], amount: int, code: str) -> list[Piece]:
    """Take pieces until the need is met; what is left of the last one is its low end."""
    taken: list[Piece] = []
    for lot, lo, end in pieces:
        if amount > 0:
            taken.append((lot, max(lo, end - amount), end))
            amount -= end - taken[-1][1]
    if amount > 0:
        raise No(code)
    return taken
