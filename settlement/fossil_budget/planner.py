"""How many certificates a budget still needs, which of the unit's own to retire first, what to buy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from settlement.fossil_budget.charge import Mode, Parts, Terms
from settlement.fossil_budget.energy import exact
from settlement.fossil_budget.recognition import Direction, Room


class OwnParcel(NamedTuple):
    """Certificates that the unit holds free and valid, and that would count: a run of one lot.

    `lo` counts from the lot's start; `price_fen` is what was paid for one, zero where no one price
    is known; `origin` is how they came to the unit, `category` that of the energy.
    """

    lot: int
    lo: int
    serial: int
    units: int
    expires_on: date
    direction: Direction
    price_fen: int = 0
    origin: str = "traded"
    category: str = "on_grid"


class Proposal(NamedTuple):
    """Retire so many of a parcel, from its high end."""

    parcel: OwnParcel
    units: int


class Span(NamedTuple):
    """At least so many and at most so many certificates."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What it would take to meet the budget in one mode, on top of what is recognised already.

    `needed` disregards the room for more; where it is larger than `room`, the budget cannot be
    met with certificates that are bought, and `residual_gce` is what stays above it with all the
    room used.
    """

    mode: Mode
    excess_gce: Decimal
    marginal_gce: Decimal
    needed: int
    room: int
    residual_gce: Decimal

    @property
    def feasible(self) -> bool:
        """Say whether certificates alone can close the gap."""
        return self.needed <= self.room

    def left(self, certificates: int) -> Decimal:
        """Count the exact gce above the budget once so many more are recognised."""
        with exact():
            return max(Decimal(0), self.excess_gce - certificates * self.marginal_gce)


@dataclass(frozen=True, slots=True)
class Stock:
    """What was looked at of a unit's own certificates for a plan.

    `retire` is what one act may retire, in the order in which it should; `own` counts what could
    serve at all, by the cap that binds it (None: none does), also where that is more.
    """

    retire: tuple[Proposal, ...] = ()
    own: Mapping[Direction | None, int] | None = None

    @property
    def certificates(self) -> int:
        """Count the certificates that one act would retire."""
        return sum(proposal.units for proposal in self.retire)

    @property
    def cost_fen(self) -> int:
        """Add up what was paid for them."""
        return sum(units * parcel.price_fen for parcel, units in self.retire)


@dataclass(frozen=True, slots=True)
class Supply:
    """Where the certificates that a plan needs come from.

    `own` of them the unit has; `to_buy` is what fits beyond that, in `buy` by direction: where a
    cap binds, not every certificate will do. `fragmented` says that what it has lies in more
    parcels than one act may retire.
    """

    own: int
    to_buy: int
    buy: Mapping[Direction, Span]
    fragmented: bool

    @property
    def certificates(self) -> int:
        """Count all of them."""
        return self.own + self.to_buy

    def cost_fen(self, price_fen: int) -> int:
        """Tell what buying costs where each certificate costs so much."""
        return self.to_buy * price_fen


def needed(excess_gce: Decimal, marginal_gce: Decimal) -> int:
    """Count the fewest certificates that take an excess off; one less leaves some of it."""
    with exact():
        whole, rest = divmod(excess_gce, marginal_gce)
    return int(whole) + bool(rest)


def plan(parts: Parts, budget_gce: int, terms: Terms, room: Room) -> Plan:
    """Plan one mode from the parts charged in it and the room that is left."""
    excess, marginal = parts.excess(budget_gce), terms.marginal_gce
    wanted = needed(excess, marginal)
    with exact():
        residual = max(Decimal(0), excess - min(wanted, room.most) * marginal)
    return Plan(terms.mode, excess, marginal, wanted, room.most, residual)


def propose(
    parcels: Iterable[OwnParcel], wanted: int, room: Room, uncapped: frozenset[str] = frozenset()
) -> tuple[Proposal, ...]:
    """Choose what to retire: what expires soonest, then what is cheapest, as far as there is room.

    Lots and places in them break ties, so that the same holdings give the same proposal.
    `uncapped` are the origins that no provincial cap binds.
    """
    chosen: list[Proposal] = []
    left = {cap: room.of(cap) for cap in (None, *Direction)}  # None: what no cap binds
    most = min(wanted, room.of(None))
    for parcel in sorted(parcels, key=_urgency):
        cap = cap_of(parcel, uncapped)
        if units := min(parcel.units, most, left[cap]):
            chosen.append(Proposal(parcel, units))
            most, left[cap] = most - units, left[cap] - units
    return tuple(chosen)


def cap_of(parcel: OwnParcel, uncapped: frozenset[str]) -> Direction | None:
    """Name the cap under which a parcel's certificates would take room, if one binds them."""
    return None if parcel.origin in uncapped else parcel.direction


def taken(
    proposals: Iterable[Proposal], room: Room, uncapped: frozenset[str] = frozenset()
) -> tuple[int, Room]:
    """Count what is proposed, and give the room left once it is recognised."""
    total: dict[Direction | None, int] = {}
    for parcel, units in proposals:
        cap = cap_of(parcel, uncapped)
        total[cap] = total.get(cap, 0) + units
    for cap, units in total.items():
        room = room.less(cap, units)
    return sum(total.values()), room


def supply(
    wanted: Plan, room: Room, stock: Stock, uncapped: frozenset[str] = frozenset()
) -> Supply:
    """Say how much of a plan the unit's own certificates cover, and what is to be bought.

    Certificates that are bought come under the cap of their direction.
    """
    own, left = taken(stock.retire, room, uncapped)
    if stock.own is not None:
        own, left = _usable(stock.own, wanted.needed, room)
    to_buy = max(0, min(wanted.needed - own, left.most))
    buy = {to: _span(to, to_buy, left) for to in Direction}
    return Supply(own, to_buy, buy, fragmented=stock.own is not None)


def _usable(own: Mapping[Direction | None, int], wanted: int, room: Room) -> tuple[int, Room]:
    """Use what there is as far as it is wanted and there is room; what no cap binds goes first."""
    total = 0
    for cap in (None, *Direction):
        units = min(own.get(cap, 0), wanted - total, room.of(cap))
        total, room = total + units, room.less(cap, units)
    return total, room


def _span(to: Direction, to_buy: int, left: Room) -> Span:
    elsewhere = sum(left.of(other) for other in Direction if other is not to)
    return Span(max(0, to_buy - elsewhere), min(to_buy, left.of(to)))


def _urgency(parcel: OwnParcel) -> tuple[date, int, int, int]:
    return (parcel.expires_on, parcel.price_fen, parcel.lot, parcel.lo)
