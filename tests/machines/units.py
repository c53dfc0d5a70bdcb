"""What there is in the model: every certificate by itself, holds, approvals and claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count, groupby
from typing import Any, Final, NamedTuple, TypeAlias

from schemas.calendar import registry_day

GEC: Final = 1
RETIRED, EXPIRED = 3, 4
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
    frozen: bool = False


@dataclass
class Hold:
    """Units set aside."""

    account: int
    instrument: int
    controller: int
    receiver: int | None
    remaining: int
    expires: datetime | None


@dataclass
class Claim:
    """What certificates are used up for, and which."""

    account: int
    beneficiary: str
    purpose: str
    year: int
    pieces: list[Piece] = field(default_factory=list)


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
    plants: dict[int, tuple[int, bool]]  # the generator's account, and whether it may be traded
    capacity_kwh_a_day: int
    max_trades: int = 1
    lots: dict[int, Lot] = field(default_factory=dict)
    holds: dict[int, Hold] = field(default_factory=dict)
    approvals: dict[int, Approval] = field(default_factory=dict)
    amounts: Counter[tuple[int, int]] = field(default_factory=Counter)  # (account, instrument)
    readings: dict[tuple[int, date], tuple[int, int]] = field(default_factory=dict)
    claims: dict[int, Claim] = field(default_factory=dict)  # by retirement
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
        for lot, lo, end in pieces:
            fresh = facts | ({"token": next(self.tokens)} if "account" in facts else {})
            units = self.lots[lot].units
            units[lo:end] = [unit._replace(**fresh) for unit in units[lo:end]]


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
