"""Emitters over two compliance years on one page: what is given, owed, handed in and carried.

All of it is one book of double entries, so nothing is made or lost; each verb says first why not. The
engine must refuse exactly what this refuses, for the same reason, and every place must hold as much.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final, TypeAlias

from schemas.calendar import registry_day
from tests.machines.compliance.plan import Figures, Sector, Unit, carried
from tests.machines.units import No

SOURCE, CANCELLED, SURRENDERED, DISCHARGED, CONVERTED, EXTERNAL = 1, 6, 7, 8, 9, 10
Line: TypeAlias = tuple[int, int, str, int]
"""Giver, taker, instrument, units."""
REVERSIBLE: Final = frozenset(
    {
        "cea.allocate",
        "cea.return",
        "cea.reduce",
        "cea.release",
        "cea.surrender",
        "ccer.import",
        "transfer.listing",
    }
)
YEARS: Final = (2024, 2025, 2026)
VINTAGES: Final = (2023, 2024, 2025, 2026)
INTO: Final = 2025
"""The year that old allowances are carried into."""
DEADLINE: Final = {year: date(year + 1, 12, 31) for year in YEARS}
RECORD_DAY, LAST_DAY = date(2025, 12, 31), date(2026, 6, 10)
EARLY: Final = date(2024, 1, 22)
"""The last day of registration that 2025 and later do not take."""
GREEN_UNTIL: Final = date(2027, 5, 31)
"""The last day of the certificates that everybody has, which are of June 2025."""
BARRED_FROM: Final = date(2026, 8, 15)


def cea(vintage: int) -> str:
    """Name the instrument of a vintage."""
    return f"CEA-{vintage}"


@dataclass
class Year:
    """What one year is for one emitter; quantities in t CO2e."""

    version: int = 0
    verified: int = 0
    handed: int = 0
    reductions: int = 0  # of what was handed in
    changed_on: date | None = None
    in_time: bool = False  # anything of it became due by its deadline
    approved: int = 0
    auctioned: int = 0
    stages: list[str] = field(default_factory=list)
    allocated: int = 0
    kept: int = 0


@dataclass
class Firm:
    """One emitter: its place among them, its party, its accounts, its installations, its years."""

    number: int
    party: int
    sector: Sector
    registry: int
    trading: int
    ccer: int
    custody: int | None
    units: tuple[Unit, ...]
    years: dict[int, Year] = field(default_factory=lambda: {year: Year() for year in YEARS})
    sold: int = 0
    bought: int = 0
    held_then: int = 0  # of old vintages, at the end of the record day
    due_then: int = 0  # of 2024, at the end of its deadline, which is the same day
    carried: int = 0
    green: int = 0  # certificates

    @property
    def duty(self) -> int:
        """Name the place of what it owes: its number in the registry does not matter."""
        return -self.party


@dataclass(frozen=True)
class Import:
    """Reductions that came in."""

    number: int
    firm: int
    project: str
    registered_on: date
    inside: bool
    cancellation: str

    def unfit(self, year: int) -> str | None:
        """Say why a year does not take them."""
        if year >= INTO and self.registered_on <= EARLY:
            return "ccer_registered_too_early"
        return "ccer_inside_cap" if self.inside else None


@dataclass
class Request:
    """A request to carry over, which waits with its units set aside."""

    number: int
    firm: int
    vintage: int
    quantity: int
    expires: datetime
    hold: int
    state: str = "pending"


@dataclass
class Act:
    """What one act moved, and what it counts for: of whose year, and how much of that is counted."""

    kind: str
    firm: int
    year: int = 0
    lines: list[Line] = field(default_factory=list)
    allocated: int = 0
    kept: int = 0
    reductions: int = 0
    buyer: int | None = None  # of a trade that counts for what may be carried over
    journal: int = 0
    back: bool = False


@dataclass(frozen=True)
class Asked:
    """What of a stage is asked for."""

    figures: Figures
    asked: int | None = None
    previous: int | None = None
    cut: Decimal | None = None
    ground: str | None = None
    allocate: bool = True

    @property
    def cut_fits(self) -> bool:
        """Tell whether a cut for fraud is one that the law allows."""
        return self.cut is None or Fraction(1, 2) <= Fraction(self.cut) <= 1

    def cut_of(self, whole: int) -> int:
        """Work out what is cut."""
        return 0 if self.cut is None else floor(Fraction(self.cut) * whole)


@dataclass
class Book:
    """Who has what, and what everybody has done."""

    now: datetime
    pool: int
    firms: tuple[Firm, ...]
    has: Counter[tuple[int, str]] = field(default_factory=Counter)  # place, instrument
    held: Counter[tuple[int, str]] = field(default_factory=Counter)  # set aside of it
    imports: list[Import] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)

    @property
    def day(self) -> date:
        """The registry's day."""
        return registry_day(self.now)

    def free(self, place: int, code: str) -> int:
        """Count what may leave a place."""
        return self.has[place, code] - self.held[place, code]

    def move(self, giver: int, taker: int, code: str, units: int) -> None:
        """Move units, of which there must be so many, unless they come from the registry's own places.

        Fewer than none go the other way.
        """
        if units < 0:
            giver, taker, units = taker, giver, -units
        if not 0 < giver < 100 and self.free(giver, code) < units:
            raise No("units_short")
        self.has[giver, code] -= units
        self.has[taker, code] += units
        if units:
            self.acts[-1].lines.append((giver, taker, code, units))

    def act(self, kind: str, firm: int, year: int = 0) -> Act:
        """Begin an act: what is moved from now on is its doing."""
        self.acts.append(Act(kind, firm, year))
        return self.acts[-1]

    def due(self, firm: Firm, year: int) -> int:
        """Count what is left of a duty."""
        return self.has[firm.duty, f"DUE-CEA-{year}"]

    def room(self, firm: Firm, year: int) -> int:
        """Count what is left of the room for reductions."""
        return self.has[firm.duty, f"CCER-ROOM-{year}"]

    def quota(self, firm: Firm, year: int) -> int:
        """Count what is approved and not allocated."""
        return self.has[firm.duty, f"QUOTA-CEA-{year}"]

    def debt(self, firm: Firm) -> int:
        """Count what later allocations keep back."""
        return self.has[firm.duty, "CEA-DEBT"]

    def late(self, year: int) -> bool:
        """Tell whether a deadline is over."""
        return self.day > DEADLINE[year]

    def on_time(self, firm: Firm) -> bool:
        """Tell whether 2024 was met by its deadline, or never was due; 2023 never is, here."""
        year = firm.years[2024]
        return year.version == 0 or (year.in_time and firm.due_then == 0)

    def most(self, firm: Firm) -> int:
        """Work out what a firm may carry over, from what it held and traded by the record day."""
        return carried(firm.held_then, firm.sold, firm.bought) if self.on_time(firm) else 0

    def waiting(self, who: int) -> list[Request]:
        """List what a firm asked to carry over and nobody decided."""
        return [r for r in self.requests if (r.firm, r.state) == (who, "pending")]

    def moved_on(self, to: datetime) -> None:
        """Let time pass; what the record day and the deadline of 2024 leave is remembered."""
        before, self.now = self.day, to
        if before <= RECORD_DAY < self.day:
            for firm in self.firms:
                old = [cea(vintage) for vintage in VINTAGES if vintage < INTO]
                places = firm.registry, firm.trading
                firm.held_then = sum(self.has[place, code] for place in places for code in old)
                firm.due_then = self.due(firm, 2024)
        for firm in self.firms if self.day > GREEN_UNTIL else ():
            firm.green = 0
        for request in self.requests:
            if request.state == "pending" and request.expires <= to:
                self.end(request, "expired")

    def end(self, request: Request, state: str) -> None:
        """Close a request; its units are free again."""
        request.state = state
        self.held[self.firms[request.firm].registry, cea(request.vintage)] -= request.quantity
