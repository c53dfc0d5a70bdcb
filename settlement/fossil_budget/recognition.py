"""Which retired certificates count against a budget, how many of them, and why not the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from settlement.fossil_budget.energy import Electricity, check_traded


class Direction(StrEnum):
    """Where a certificate comes from, seen from the unit's province; each has its own cap."""

    IN_PROVINCE = "in_province"
    OUT_OF_PROVINCE = "out_of_province"


class Reason(StrEnum):
    """Why certificates are not counted; in the order they are judged."""

    LISTED_TWICE = "listed_twice"
    CCER_LINKED = "ccer_linked"
    NOT_RETIRED = "not_retired"
    OTHER_BENEFICIARY = "other_beneficiary"
    OTHER_PURPOSE = "other_purpose"
    WRONG_PRODUCTION_YEAR = "wrong_production_year"
    WRONG_CONSUMPTION_YEAR = "wrong_consumption_year"
    COUNTED_AS_TRADED = "counted_as_traded"
    ABOVE_OFFTAKE = "above_offtake"
    CAP_EXHAUSTED = "cap_exhausted"


@dataclass(frozen=True, slots=True)
class RetiredLine:
    """A run of certificates of one lot that is offered to a budget.

    `line` names it once and for all; `order` is that of the retirements' postings. `retired` is
    false for what is held, frozen or reversed. `traded` marks green power whose energy is
    already in the traded part.
    """

    line: str
    order: int
    count: int
    beneficiary: str
    purpose: str
    production_year: int
    consumption_year: int
    direction: Direction
    retired: bool = True
    ccer_linked: bool = False
    traded: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose budget it is, of which year, and the purposes of retirement that may serve it."""

    beneficiary: str
    year: int
    purposes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Room:
    """How many certificates may still be counted: by offtake, and by direction where capped."""

    offtake: int
    caps: Mapping[Direction, int] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """Count the certificates that fit if their directions are chosen well."""
        return min(self.offtake, sum(self.of(direction) for direction in Direction))

    def of(self, direction: Direction) -> int:
        """Count the certificates of one direction that fit."""
        return max(0, min(self.offtake, self.caps.get(direction, self.offtake)))

    def reason(self, direction: Direction) -> Reason:
        """Say what leaves no more room: the direction's cap only if it is the tighter one."""
        tighter = self.caps.get(direction, self.offtake) < self.offtake
        return Reason.CAP_EXHAUSTED if tighter else Reason.ABOVE_OFFTAKE

    def less(self, direction: Direction, count: int) -> "Room":
        """Give the room left when so many are counted."""
        caps = {to: cap - count if to is direction else cap for to, cap in self.caps.items()}
        return Room(self.offtake - count, caps)


@dataclass(frozen=True, slots=True)
class Counted:
    """So many certificates of a line are recognised."""

    line: str
    count: int


@dataclass(frozen=True, slots=True)
class Uncounted:
    """So many certificates of a line are not, for one reason."""

    line: str
    count: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Recognition:
    """Every certificate offered, either counted or listed with its reason; and the room left."""

    counted: tuple[Counted, ...]
    uncounted: tuple[Uncounted, ...]
    room: Room

    @property
    def certificates(self) -> int:
        """Count the certificates recognised."""
        return sum(part.count for part in self.counted)


def offtake_room(electricity: Electricity, traded_kwh: int, kwh_per_certificate: int) -> int:
    """Count the certificates for which there is grid energy that was not traded as green.

    Raises:
        TradedAboveOfftake: more energy was traded than taken from the grid.
    """
    check_traded(electricity, traded_kwh)
    return (electricity.grid_offtake_kwh - traded_kwh) // kwh_per_certificate


def recognise(claim: Claim, lines: Iterable[RetiredLine], room: Room) -> Recognition:
    """Count certificates in the order they were retired, as long as there is room.

    Nothing is refused for coming too late: what does not fit is listed, and judged again whenever
    the budget is restated.
    """
    ordered = sorted(lines, key=lambda line: line.order)
    counted: list[Counted] = []
    uncounted: list[Uncounted] = []
    for line, reason in zip(ordered, _reasons(claim, ordered), strict=True):
        fits = 0 if reason else min(line.count, room.of(line.direction))
        if fits:
            counted.append(Counted(line.line, fits))
        if rest := line.count - fits:
            uncounted.append(Uncounted(line.line, rest, reason or room.reason(line.direction)))
        room = room.less(line.direction, fits)
    return Recognition(tuple(counted), tuple(uncounted), room)


def traded_certificates(claim: Claim, lines: Iterable[RetiredLine]) -> int:
    """Count the retired green power that serves the claim; its energy is part of the traded one."""
    reasons = ((line.count, ineligible(claim, line)) for line in lines)
    return sum(count for count, reason in reasons if reason is Reason.COUNTED_AS_TRADED)


def _reasons(claim: Claim, lines: Sequence[RetiredLine]) -> list[Reason | None]:
    seen: set[str] = set()
    reasons: list[Reason | None] = []
    for line in lines:
        reasons.append(Reason.LISTED_TWICE if line.line in seen else ineligible(claim, line))
        seen.add(line.line)
    return reasons


def ineligible(claim: Claim, line: RetiredLine) -> Reason | None:
    """Say why a line cannot serve the claim, if anything stands against it; the first reason."""
    against = {
        Reason.CCER_LINKED: line.ccer_linked,
        Reason.NOT_RETIRED: not line.retired,
        Reason.OTHER_BENEFICIARY: line.beneficiary != claim.beneficiary,
        Reason.OTHER_PURPOSE: line.purpose not in claim.purposes,
        Reason.WRONG_PRODUCTION_YEAR: line.production_year != claim.year,
        Reason.WRONG_CONSUMPTION_YEAR: line.consumption_year != claim.year,
        Reason.COUNTED_AS_TRADED: line.traded,
    }
    return next((reason for reason, holds in against.items() if holds), None)
