"""What the log says of emitters' years: listed, approved, and the room for what stands in. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Entitled:
    """What a year gives a party after some approvals, in t CO2e, and which stages came once."""

    n: int = 0
    whole: int = 0
    auctioned: int = 0
    stages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listed:
    """A party as one version of a year's list has it; `units` are classes of installations by code."""

    status: str
    sector: str
    units: dict[str, str]


@dataclass(slots=True)
class Past:
    """What a party's accounts had of allowances and duties, and what it traded, by day and instrument, in t.

    `held` has what came in on a day less what went out, and less what was set aside to be given up.
    What the party did in registries that it came from is told as a whole; None if nothing was.
    """

    held: dict[tuple[str, str], int] = field(default_factory=dict)
    sold: dict[tuple[str, str], int] = field(default_factory=dict)
    bought: dict[tuple[str, str], int] = field(default_factory=dict)
    told_sold: int = 0
    told_bought: int = 0
    told_on_time: frozenset[str] | None = None

    def change(self, on: str, code: str, units: int) -> None:
        """Note a change of a day."""
        self.held[on, code] = self.held.get((on, code), 0) + units


@dataclass(slots=True)
class Ets:
    """Names are as records spell them; a place is a party and a year."""

    listed: dict[str, list[tuple[str, Listed]]] = field(default_factory=dict)
    """The latest versions and their instants, by place."""
    balances: dict[str, list[tuple[str, Decimal]]] = field(default_factory=dict)
    """The latest balance values and their instants, by sector and year."""
    entitled: dict[str, Entitled] = field(default_factory=dict)  # by place
    quotas_from: dict[str, set[str]] = field(
        default_factory=dict
    )  # by succession; places, by place
    rooms: dict[str, int] = field(default_factory=dict)  # for reductions, as granted, by place
    imports: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """When reductions were registered, and whether under the cap, by instrument."""
    carried: dict[str, int] = field(default_factory=dict)  # what may be carried, by place
    passed: dict[str, int] = field(default_factory=dict)
    """Of a duty, from predecessors, less what went to successors; by place."""
    past: dict[str, Past] = field(default_factory=dict)  # by party
    kept: dict[str, int] = field(default_factory=dict)  # back for reductions, by party and vintage


def followed(versions: list[tuple[str, _T]], at: str, version: _T) -> list[tuple[str, _T]]:
    """Add a version of an instant; more than the one before it nobody can rest on."""
    return [*versions[-1:], (at, version)]


def place_of(party: str, year: str) -> str:
    """Name a party's year."""
    return f"{party} {year}"
