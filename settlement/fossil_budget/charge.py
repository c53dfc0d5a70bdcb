"""What is charged to a budget, part by part, and the whole grams that are posted for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from math import ceil

from settlement.fossil_budget.energy import (
    ONE,
    Coefficients,
    Consumption,
    check_traded,
    direct_gce,
    exact,
    heat_gce,
    is_ratio,
    with_storage,
)
from settlement.refusals import ApportionmentFactorInvalid

RECOGNISED = ("recognised.traded", "recognised.certificate")


class Mode(StrEnum):
    """How a certificate works on a budget; which one posts is the regulator's choice."""

    NET = "net"
    """It replaces grid energy: (1 - k) of its coal equivalent, as in guide 622 of 2026."""
    GROSS = "gross"
    """It takes off its whole coal equivalent, as in the letter of the plan of 2024."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The factors of a year, the regulator's apportionment factor k of the province, the mode.

    Raises:
        ApportionmentFactorInvalid: k is outside [0, 1).
    """

    factors: Coefficients
    k: Decimal
    mode: Mode

    def __post_init__(self) -> None:
        if not is_ratio(self.k) or self.k == ONE:
            raise ApportionmentFactorInvalid(str(self.k))

    @property
    def grid_gce_per_kwh(self) -> Decimal:
        """Count what a kWh from the grid burns: the part that is not apportioned as non-fossil."""
        with exact():
            return (ONE - self.k) * self.factors.gce_per_kwh

    @property
    def marginal_gce(self) -> Decimal:
        """Count what one more certificate takes off."""
        net = self.mode is Mode.NET
        per_kwh = self.grid_gce_per_kwh if net else self.factors.gce_per_kwh
        with exact():
            return per_kwh * self.factors.kwh_per_certificate


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is taken off: traded green power in kWh, and retired certificates."""

    traded_kwh: int = 0
    certificates: int = 0


@dataclass(frozen=True, slots=True)
class Parts:
    """Exact gce: three parts charged, two taken off; all five at least zero."""

    direct: Decimal
    power: Decimal
    heat: Decimal
    traded: Decimal
    certificate: Decimal

    @property
    def charged(self) -> Decimal:
        """Add up what was consumed, before anything is taken off."""
        with exact():
            return self.direct + self.power + self.heat

    @property
    def fossil(self) -> Decimal:
        """Count what stands against the budget."""
        with exact():
            return self.charged - self.traded - self.certificate

    def excess(self, budget_gce: int) -> Decimal:
        """Count how far above the budget that is; zero if within."""
        with exact():
            return max(Decimal(0), self.fossil - budget_gce)


def charge(consumption: Consumption, recognised: Recognised, terms: Terms) -> Parts:
    """Charge a checked consumption, and take off what is recognised.

    The modes differ in the certificates' part alone.

    Raises:
        TradedAboveOfftake: more energy was traded than taken from the grid.
        FuelUnknown: a fuel has no factor.
    """
    factors = terms.factors
    electricity = with_storage(consumption.electricity, factors)
    check_traded(electricity, recognised.traded_kwh)
    with exact():
        return Parts(
            direct=direct_gce(consumption.fuels, factors),
            power=electricity.grid_offtake_kwh * terms.grid_gce_per_kwh,
            heat=heat_gce(consumption.heat, factors),
            traded=recognised.traded_kwh * terms.grid_gce_per_kwh,
            certificate=recognised.certificates * terms.marginal_gce,
        )


def with_certificates(parts: Parts, certificates: int, terms: Terms) -> Parts:
    """Take off so many certificates instead of those before."""
    with exact():
        return replace(parts, certificate=certificates * terms.marginal_gce)


def integer_parts(parts: Parts) -> dict[str, int]:
    """Give the whole gce to post for each part, none below zero.

    Each is the step between two running sums rounded up, so that none is a full gram off, what is
    taken off comes last and changes no other part, and the five together leave exactly
    floor(budget - fossil) of any whole budget.
    """
    whole: dict[str, int] = {}
    with exact():
        running = Decimal(0)
        for name, sign, part in _signed(parts):
            whole[name] = sign * (ceil(running + sign * part) - ceil(running))
            running += sign * part
    return whole


def balance_gce(budget_gce: int, whole: Mapping[str, int]) -> int:
    """Count what is left of a budget once these whole parts are posted; below zero if overdrawn."""
    return budget_gce + sum(gce if name in RECOGNISED else -gce for name, gce in whole.items())


def differences(new: Mapping[str, int], posted: Mapping[str, int]) -> dict[str, int]:
    """Give what a restatement posts, by part: what is new less what stands, where they differ."""
    changes = {name: new.get(name, 0) - posted.get(name, 0) for name in (*new, *posted)}
    return {name: change for name, change in changes.items() if change}


def _signed(parts: Parts) -> tuple[tuple[str, int, Decimal], ...]:
    traded, certificate = RECOGNISED
    return (
        ("fossil.direct", 1, parts.direct),
        ("fossil.power", 1, parts.power),
        ("fossil.heat", 1, parts.heat),
        (traded, -1, parts.traded),
        (certificate, -1, parts.certificate),
    )
