"""Which retired certificates count against a budget, how many of them, and why not the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from ledger.rules.deadline import last_day
from ledger.rules.rulebook import Rules
from settlement.fossil_budget.energy import Electricity, check_traded


class Direction(StrEnum):
    """Where a certificate comes from, seen from the unit's province; each has its own cap."""

    IN_PROVINCE = "in_province"
    OUT_OF_PROVINCE = "out_of_province"

    @property
    def cap(self) -> str:
        """Name the regulator's figure that is its cap."""
        return f"cap_{self.value}"


class Reason(StrEnum):
    """Why certificates are not counted; in the order they are judged.

    `HELD`, `HELD_BY_AGENT` and `EXPIRED` are said of green power that nobody retired, alone.
    """

    LISTED_TWICE = "listed_twice"
    CCER_LINKED = "ccer_linked"
    NOT_RETIRED = "not_retired"
    OTHER_BENEFICIARY = "other_beneficiary"
    OTHER_PURPOSE = "other_purpose"
    WRONG_PRODUCTION_YEAR = "wrong_production_year"
    WRONG_CONSUMPTION_YEAR = "wrong_consumption_year"
    COUNTED_AS_PHYSICAL = "counted_as_physical"
    GREEN_POWER_OF_ANOTHER = "green_power_of_another"
    COUNTED_AS_TRADED = "counted_as_traded"
    RETIRED_TOO_LATE = "retired_too_late"
    HELD = "held"
    HELD_BY_AGENT = "held_by_agent"
    EXPIRED = "expired"
    ABOVE_OFFTAKE = "above_offtake"
    ABOVE_GROSS_CAP = "above_gross_cap"
    CAP_EXHAUSTED = "cap_exhausted"
    CAP_NOT_APPORTIONED = "cap_not_apportioned"


@dataclass(frozen=True, slots=True)
class RetiredLine:
    """A run of certificates of one lot that is offered to a budget.

    `line` names it once and for all; `order` is that of the retirements' postings. `retired` is
    false for what is held, frozen or reversed. `traded` marks green power that was the unit's own:
    its energy is traded energy already; `green_power_of_another` what was somebody else's, whose
    energy that one may have used. `category` is that of the lot, `origin` how the certificates came
    to who retired them. `retired_on` is the day of that; None is in time.
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
    green_power_of_another: bool = False
    category: str = "on_grid"
    origin: str = "traded"
    retired_on: date | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose budget it is, of which year, and what may serve it.

    `purposes` are those of retirements that may; `categories` the energy whose certificates count:
    energy used where it was made is counted physically; `uncapped` the origins that no provincial
    cap binds; `last_day` the day after which a retirement comes too late, if there is one.
    """

    beneficiary: str
    year: int
    purposes: frozenset[str]
    categories: frozenset[str] = frozenset({"on_grid"})
    uncapped: frozenset[str] = frozenset()
    last_day: date | None = None

    def is_late(self, day: date | None) -> bool:
        """Tell whether what is retired on a day comes too late."""
        return self.last_day is not None and day is not None and day > self.last_day

    def cap_of(self, line: RetiredLine) -> Direction | None:
        """Name the cap that a line takes room under, if one binds it."""
        return None if line.origin in self.uncapped else line.direction


def claim_of(rules: Rules, beneficiary: str, year: int) -> Claim:
    """Say what a retirement must fit to serve a budget of a year.

    Sources: guide 622 of 2026, 4 (self-used energy is recognised physically), annex 3, 3 ③
    (certificates of a provincial account and old hydro stand outside the caps of ① and ②).

    Raises:
        NotInForce: the rules do not cover the year.
        RulebookInvalid: as `last_day`.
    """
    key = date(year, 1, 1)
    return Claim(
        beneficiary,
        year,
        purposes=rules.words("metric.purposes.fossil_budget", key),
        categories=rules.words("acc.c_categories", key),
        uncapped=rules.words("acc.cap_exempt_origins", key),
        last_day=last_day(rules.text("acc.late_retirement_until", key), year),
    )


@dataclass(frozen=True, slots=True)
class Room:
    """How many certificates may still be counted: in all, and by direction where capped.

    Caps of directions in `waits` are yet to be shared out. `bound` is the reason of what does not fit
    in all.
    """

    total: int
    caps: Mapping[Direction, int] = field(default_factory=dict)
    waits: frozenset[Direction] = frozenset()
    bound: Reason = Reason.ABOVE_OFFTAKE

    @property
    def most(self) -> int:
        """Count the certificates that fit if their directions are chosen well."""
        return min(self.total, sum(self.of(direction) for direction in Direction))

    def of(self, cap: Direction | None) -> int:
        """Count the certificates that fit, under a direction's cap or under none."""
        return max(0, min(self.total, self._under(cap)))

    def reason(self, cap: Direction | None) -> Reason:
        """Say what leaves no more room: the cap only if it is the tighter one."""
        if self._under(cap) >= self.total:
            return self.bound
        return Reason.CAP_NOT_APPORTIONED if cap in self.waits else Reason.CAP_EXHAUSTED

    def less(self, cap: Direction | None, count: int) -> "Room":
        """Give the room left when so many are counted."""
        caps = self.caps
        if cap in caps:
            caps = {to: left - count if to is cap else left for to, left in caps.items()}
        return Room(self.total - count, caps, self.waits, self.bound)

    def at_most(self, certificates: int | None, bound: Reason) -> "Room":
        """Give the room where no more than so many may count, for a reason of its own; None: no limit."""
        if certificates is None or certificates >= self.total:
            return self
        return replace(self, total=certificates, bound=bound)

    def _under(self, cap: Direction | None) -> int:
        return self.total if cap is None else self.caps.get(cap, self.total)


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
    """Every certificate offered, either counted or listed with its reason; and the room left.

    `capped` counts, by direction, what of the counted takes room under a provincial cap if there
    is one.
    """

    counted: tuple[Counted, ...]
    uncounted: tuple[Uncounted, ...]
    room: Room
    capped: Mapping[Direction, int]

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
    capped = dict.fromkeys(Direction, 0)
    for line, reason in zip(ordered, _reasons(claim, ordered), strict=True):
        cap = claim.cap_of(line)
        fits = 0 if reason else min(line.count, room.of(cap))
        if fits:
            counted.append(Counted(line.line, fits))
        if rest := line.count - fits:
            uncounted.append(Uncounted(line.line, rest, reason or room.reason(cap)))
        if cap is not None:
            capped[cap] += fits
        if fits:
            room = room.less(cap, fits)
    return Recognition(tuple(counted), tuple(uncounted), room, capped)


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
        Reason.COUNTED_AS_PHYSICAL: line.category not in claim.categories,
        Reason.GREEN_POWER_OF_ANOTHER: line.green_power_of_another,
        Reason.COUNTED_AS_TRADED: line.traded,  # whenever: a closing retires what is held of it
        Reason.RETIRED_TOO_LATE: claim.is_late(line.retired_on),
    }
    return next((reason for reason, holds in against.items() if holds), None)
