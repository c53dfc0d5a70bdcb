"""What the log says of emitters' years: listed, approved, and the room for what stands in. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entitled:
    """What a year gives a party after some approvals, in t CO2e, and which stages came once."""

    n: int = 0
    whole: int = 0
    auctioned: int = 0
    stages: frozenset[str] = frozenset()


@dataclass(slots=True)
class Ets:
    """Names are as records spell them; a place is a party and a year."""

    listed: dict[str, str] = field(default_factory=dict)  # status, by place
    entitled: dict[str, Entitled] = field(default_factory=dict)  # by place
    rooms: dict[str, int] = field(default_factory=dict)  # for reductions, as granted, by place
    imports: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """When reductions were registered, and whether under the cap, by instrument."""
    carried: dict[str, int] = field(default_factory=dict)  # what may be carried, by place


def place_of(party: str, year: str) -> str:
    """Name a party's year."""
    return f"{party} {year}"
