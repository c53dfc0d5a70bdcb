"""What a unit is told about its budget: both modes side by side, and the law that is still open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Final

from ledger.model.command import Plain
from ledger.rules.deadline import NONE
from ledger.rules.factor import Figure
from ledger.rules.open_point import OpenPoint, rests
from ledger.rules.rulebook import Rules
from settlement.fossil_budget.charge import (
    Mode,
    Parts,
    Recognised,
    Terms,
    balance_gce,
    charge,
    integer_parts,
    with_certificates,
)
from settlement.fossil_budget.energy import (
    Coefficients,
    Consumption,
    Electricity,
    FuelLine,
    check_consumption,
    coefficients,
    exact,
    fuel_parameter,
    with_storage,
)
from settlement.fossil_budget.gross_cap import GrossCap, gross_cap
from settlement.fossil_budget.planner import Plan, plan
from settlement.fossil_budget.recognition import (
    Claim,
    Direction,
    Reason,
    Recognition,
    RetiredLine,
    Room,
    claim_of,
    offtake_room,
    recognise,
)
from settlement.fossil_budget.reported import spell_consumption

K: Final = "k"
"""The name of the regulator's apportionment factor."""


class Status(StrEnum):
    """How a budget stands; final once it is closed."""

    MET = "MET"
    """Within budget, green power and certificates or not."""
    MET_WITH_OFFSET = "MET_WITH_OFFSET"
    """Within budget only because green power or certificates were recognised."""
    NOT_MET = "NOT_MET"
    """Above budget."""


@dataclass(frozen=True)
class Case:
    """All facts of one budget: the regulator's, the unit's report, the ledger's.

    `traded_kwh` is the green power traded in the ledger, on top of the report's other traded
    energy; `caps` is the room left under the provincial caps, certificates by direction, of which
    those in `caps_wait` are yet to be shared out. `entered` gives k and the caps with the documents
    they were entered on, by name. `asked_on` is the day on which more could be retired; None is in
    time.
    """

    beneficiary: str
    year: int
    budget_gce: int
    mode: Mode
    k: Decimal
    consumption: Consumption
    traded_kwh: int = 0
    retired: tuple[RetiredLine, ...] = ()
    caps: dict[Direction, int] = field(default_factory=dict)
    caps_wait: frozenset[Direction] = frozenset()
    entered: Mapping[str, Figure] = field(default_factory=dict)
    asked_on: date | None = None

    @cached_property
    def spelt_consumption(self) -> dict[str, Plain]:
        """Spell the report as records and answers do; it stands in several of them."""
        return spell_consumption(self.consumption)


@dataclass(frozen=True, slots=True)
class View:
    """A budget in one mode: what counts, exact parts, whole parts as posted, what is left and needed.

    `room` is for certificates that are retired from now on.
    """

    mode: Mode
    recognition: Recognition
    parts: Parts
    whole: dict[str, int]
    balance_gce: int
    status: Status
    room: Room
    plan: Plan


@dataclass(frozen=True, slots=True)
class FactorUsed:
    """The factor behind one fuel line: kgce, or measured kJ, per kg or m³; the fuel's reporting code.

    `code_open` says what of the code was not read in the official table.
    """

    fuel: str
    basis: str
    value: Decimal
    unit: str
    code: str | None
    code_open: OpenPoint | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A budget as computed; `posting` is the view that is posted, `other` is shown beside it.

    `consequence` says what follows where the two come to different statuses: Chinese, a bar, English.
    `electricity` is as it counts: what charged storage is part of the offtake where rules say so.
    `recognised` is what is taken off in the mode that posts.
    """

    case: Case
    recognised: Recognised
    electricity: Electricity
    certificate_kwh: int
    posting: View
    other: View
    fuel_factors: tuple[FactorUsed, ...]
    rules_digest: str
    open_points: tuple[OpenPoint, ...]
    consequence: str | None = None

    @property
    def recognition(self) -> Recognition:
        """Give which certificates count in the mode that posts."""
        return self.posting.recognition


def compute(case: Case, rules: Rules) -> Statement:
    """Work out a statement from the facts and the rules known.

    Raises:
        NotInForce: the rules do not cover the budget year.
        RulebookInvalid: as `coefficients` and `gross_cap`.
        ApportionmentFactorInvalid: k is outside [0, 1).
        TradedAboveOfftake: more energy was traded than taken from the grid.
        Also whatever `check_consumption` refuses, which comes first.
    """
    factors = coefficients(rules, case.year)
    check_consumption(case.consumption, factors)
    electricity = with_storage(case.consumption.electricity, factors)
    traded_kwh = case.traded_kwh + electricity.other_traded_kwh
    offtake = offtake_room(electricity, traded_kwh, factors.kwh_per_certificate)
    room = Room(offtake, case.caps, case.caps_wait)
    claim = claim_of(rules, case.beneficiary, case.year)
    recognition = recognise(claim, case.retired, room)
    cap = gross_cap(rules, case.year)
    basis = Basis(case, claim, electricity, traded_kwh, room, recognition, cap)
    posting, other = (
        view(basis, Terms(factors, case.k, mode))
        for mode in sorted(Mode, key=lambda mode: mode is not case.mode)
    )
    recognised = Recognised(traded_kwh, posting.recognition.certificates)
    return Statement(
        case=case,
        recognised=recognised,
        electricity=electricity,
        certificate_kwh=recognised.certificates * factors.kwh_per_certificate,
        posting=posting,
        other=other,
        consequence=None if posting.status is other.status else consequence(case, rules),
        fuel_factors=tuple(factor_used(line, factors) for line in case.consumption.fuels),
        rules_digest=rules.digest,
        open_points=_open_points(case, rules, _entered(case, claim, posting.recognition)),
    )


@dataclass(frozen=True, slots=True)
class Basis:
    """What both modes are worked out from; `room` is for certificates before any counts, capped or not.

    `recognition` is what counts in it where no cap in gross mode binds.
    """

    case: Case
    claim: Claim
    electricity: Electricity
    traded_kwh: int
    room: Room
    recognition: Recognition
    cap: GrossCap

    def recognised(self, most: int | None) -> Recognition:
        """Say what counts where no more than so many may; it is worked out anew only if that binds."""
        room = self.room.at_most(most, Reason.ABOVE_GROSS_CAP)
        if room is self.room:
            return self.recognition
        return recognise(self.claim, self.case.retired, room)


def view(basis: Basis, terms: Terms) -> View:
    """Work out one mode."""
    case = basis.case
    before = charge(case.consumption, Recognised(basis.traded_kwh), terms)
    offtake_kwh = basis.electricity.grid_offtake_kwh
    most = basis.cap.most(terms, offtake_kwh, before, case.budget_gce)
    recognition = basis.recognised(most)
    parts = with_certificates(before, recognition.certificates, terms)
    whole = integer_parts(parts)
    room = Room(0) if basis.claim.is_late(case.asked_on) else recognition.room
    return View(
        mode=terms.mode,
        recognition=recognition,
        parts=parts,
        whole=whole,
        balance_gce=balance_gce(case.budget_gce, whole),
        status=status(case.budget_gce, parts),
        room=room,
        plan=plan(parts, case.budget_gce, terms, room),
    )


def consequence(case: Case, rules: Rules) -> str:
    """Say what the mode that posts means for the unit; `NotInForce` as above."""
    return rules.text(f"feb.consequence.{case.mode.value}", date(case.year, 1, 1))


def status(budget_gce: int, parts: Parts) -> Status:
    """Say how a budget stands, from the exact parts; green power counts as offset, too."""
    with exact():
        if parts.fossil > budget_gce:
            return Status.NOT_MET
        return Status.MET if parts.charged <= budget_gce else Status.MET_WITH_OFFSET


def factor_used(line: FuelLine, factors: Coefficients) -> FactorUsed:
    """Name the factor behind a line, so that each figure can be worked out again."""
    factor = factors.fuel(line.fuel)
    code = (factor.code, factor.code_open)
    if line.heat_value_kj_per_unit is None:
        return FactorUsed(line.fuel, "table", factor.value, f"kgce/{factor.per}", *code)
    measured, unit = line.heat_value_kj_per_unit, f"kJ/{factor.per}"
    return FactorUsed(line.fuel, "measured", measured, unit, *code)


def _open_points(case: Case, rules: Rules, entered: Sequence[Figure]) -> tuple[OpenPoint, ...]:
    names = (
        *rests_on(case.consumption, offered=bool(case.retired), capped=bool(case.caps)),
        *bounds_on(rules, case.year),
    )
    return rests(names, date(case.year, 1, 1), rules, entered)


def bounds_on(rules: Rules, year: int) -> tuple[str, ...]:
    """Name the parameter of a cap in gross mode, where the rulebook sets one."""
    of = rules.find("feb.gross_cap", date(year, 1, 1))
    return () if of is None or of.value == NONE else ("feb.gross_cap_share",)


def rests_on(consumption: Consumption, *, offered: bool, capped: bool) -> tuple[str, ...]:
    """Name the parameters that a budget's figures rest on.

    Args:
        consumption: what the unit reported.
        offered: whether certificates are among the figures.
        capped: whether a cap of the unit's province is set.
    """
    lines, heat = consumption.fuels, consumption.heat.purchased_mj
    made = any(line.produced for line in lines)
    left = any(line.left > line.came_in for line in lines)
    tabled = {line.fuel for line in lines if line.heat_value_kj_per_unit is None}
    measured = any(line.heat_value_kj_per_unit is not None for line in lines)
    return (
        "feb.mode",
        "feb.c_e",
        "metric.purposes.fossil_budget",
        "acc.cap_t_plus_c",
        "feb.gross_cap",
        *(["acc.traded_confirmed"] if consumption.electricity.other_traded_kwh else []),
        *(["acc.c_categories", "acc.late_retirement_until"] if offered else []),
        *(["acc.cap_exempt_origins", "acc.cap_method"] if offered and capped else []),
        "gec.kwh_per_cert",
        *(["acc.storage_charge"] if consumption.electricity.storage_charge_kwh else []),
        *(["feb.by_products"] if made or left else []),
        *(["feb.secondary_gases"] if made else []),
        *(["feb.kgce_kj"] if measured else []),
        *(["feb.heat.factor"] if heat else []),
        *(["feb.feedstock_deducted"] if any(line.feedstock for line in lines) else []),
        *(fuel_parameter(code) for code in sorted(tabled)),
    )


def _entered(case: Case, claim: Claim, recognition: Recognition) -> list[Figure]:
    """Give the regulator's figures that a case rests on: k, and the caps that its certificates meet."""
    traded = {one.line for one in recognition.uncounted if one.reason is Reason.COUNTED_AS_TRADED}
    met = {claim.cap_of(line) for line in case.retired if line.line not in traded}
    names = (K, *(to.cap for to in Direction if to in met))
    return [case.entered[name] for name in names if name in case.entered]
