"""How many certificates a budget still needs, and which of the unit's own to retire first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil

from settlement.fossil_budget.charge import Mode, Parts, Terms
from settlement.fossil_budget.energy import exact
from settlement.fossil_budget.recognition import Direction, Room


@dataclass(frozen=True, slots=True)
class OwnParcel:
    """Certificates the unit holds free and valid, none of them traded energy or bound to CCER."""

    parcel: str
    lot: str
    production_year: int
    expires_on: date
    count: int
    direction: Direction
    price_fen: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """Retire so many of a parcel."""

    parcel: str
    lot: str
    count: int
    expires_on: date
    price_fen: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What it would take to meet the budget in one mode, on top of what is recognised already.

    `needed` disregards the room for more; where it is larger than `room`, the budget cannot be
    met with certificates, and `residual_gce` is what stays above it with all the room used.
    `to_buy` is what fits and the own parcels proposed do not cover; their prices make `cost_fen`.
    """

    mode: Mode
    excess_gce: Decimal
    marginal_gce: Decimal
    needed: int
    room: int
    residual_gce: Decimal
    retire: tuple[Proposal, ...]
    to_buy: int
    cost_fen: int

    @property
    def feasible(self) -> bool:
        """Say whether certificates alone can close the gap."""
        return self.needed <= self.room


def needed(excess_gce: Decimal, marginal_gce: Decimal) -> int:
    """Count the fewest certificates that take an excess off; one less leaves some of it."""
    return ceil(Fraction(excess_gce) / Fraction(marginal_gce))


def plan(
    parts: Parts, budget_gce: int, terms: Terms, room: Room, parcels: Iterable[OwnParcel] = ()
) -> Plan:
    """Plan one mode from the parts charged in it and the room that is left."""
    excess, marginal = parts.excess(budget_gce), terms.marginal_gce
    wanted = needed(excess, marginal)
    fits = min(wanted, room.most)
    usable = (parcel for parcel in parcels if parcel.production_year == terms.factors.year)
    proposals = propose(usable, fits, room)
    with exact():
        residual = max(Decimal(0), excess - fits * marginal)
    return Plan(
        mode=terms.mode,
        excess_gce=excess,
        marginal_gce=marginal,
        needed=wanted,
        room=room.most,
        residual_gce=residual,
        retire=proposals,
        to_buy=fits - sum(proposal.count for proposal in proposals),
        cost_fen=sum(proposal.count * proposal.price_fen for proposal in proposals),
    )


def propose(parcels: Iterable[OwnParcel], wanted: int, room: Room) -> tuple[Proposal, ...]:
    """Choose what to retire: what expires soonest, then what is cheapest, as far as there is room.

    Lots and parcels break ties by name, so that the same holdings give the same proposal.
    """
    chosen: list[Proposal] = []
    for parcel in sorted(parcels, key=_urgency):
        count = min(parcel.count, wanted, room.of(parcel.direction))
        if count:
            chosen.append(_proposal(parcel, count))
        wanted, room = wanted - count, room.less(parcel.direction, count)
    return tuple(chosen)


def _urgency(parcel: OwnParcel) -> tuple[date, int, str, str]:
    return (parcel.expires_on, parcel.price_fen, parcel.lot, parcel.parcel)


def _proposal(parcel: OwnParcel, count: int) -> Proposal:
    return Proposal(parcel.parcel, parcel.lot, count, parcel.expires_on, parcel.price_fen)
