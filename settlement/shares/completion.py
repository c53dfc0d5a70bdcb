"""How far a share is met: exact sums of kWh, which add up from units to sectors and provinces. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import reduce
from typing import Final

_SHOWN: Final = Decimal(10) ** 9  # a share is told to nine decimals


class ShareStatus(StrEnum):
    """How a share stands; nothing is final here, a year has no closing."""

    MET = "MET"
    NOT_MET = "NOT_MET"
    NO_TARGET = "NO_TARGET"
    """Nobody set a target for this unit, province or sector and year, and no rulebook has one."""


@dataclass(frozen=True, slots=True)
class Energy:
    """What counts of a unit's year, in kWh: certificates, traded and physical energy; the offtake."""

    certificate_kwh: int = 0
    traded_kwh: int = 0
    physical_kwh: int = 0
    grid_offtake_kwh: int = 0
    used_physically_kwh: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """A share that is due, where it comes from, and the document that says so."""

    share: Decimal
    source: str
    name: str
    document: str


@dataclass(frozen=True, slots=True)
class Completion:
    """Renewable kWh, all kWh, and the exact kWh due of those under a target; units, and how many met."""

    renewable_kwh: int = 0
    energy_kwh: int = 0
    due_kwh: Fraction = Fraction(0)
    units: int = 0
    targeted: int = 0
    met: int = 0

    def __add__(self, other: Completion) -> Completion:
        """Add up two, of units or of groups."""
        return Completion(
            self.renewable_kwh + other.renewable_kwh,
            self.energy_kwh + other.energy_kwh,
            self.due_kwh + other.due_kwh,
            self.units + other.units,
            self.targeted + other.targeted,
            self.met + other.met,
        )

    @property
    def share(self) -> Decimal | None:
        """Give the share reached, cut after nine decimals; None where no energy was used."""
        if not self.energy_kwh:
            return None
        return Decimal(int(self.renewable_kwh * _SHOWN) // self.energy_kwh) / _SHOWN

    @property
    def missing_kwh(self) -> int:
        """Count the whole kWh that are missing to what is due."""
        return max(0, -((self.renewable_kwh - self.due_kwh) // 1))


def completion(
    energy: Energy, counted: frozenset[str], base: frozenset[str], target: Target | None
) -> Completion:
    """Work out one unit's completion.

    `counted` names the parts that count (certificate, traded, physical), `base` what they are a
    share of: G, the energy taken from the grid, P, what was used physically. Traded energy and
    certificates stand for energy from the grid, and never for more of it than there was.
    """
    traded = min(energy.traded_kwh, energy.grid_offtake_kwh)
    parts = {
        "traded": traded,
        "certificate": min(energy.certificate_kwh, energy.grid_offtake_kwh - traded),
        "physical": energy.physical_kwh,
    }
    whole = {"G": energy.grid_offtake_kwh, "P": energy.used_physically_kwh}
    renewable = sum(kwh for name, kwh in parts.items() if name in counted)
    total = sum(kwh for name, kwh in whole.items() if name in base)
    due = Fraction(target.share) * total if target else Fraction(0)
    met = target is not None and renewable >= due
    return Completion(renewable, total, due, 1, int(target is not None), int(met))


def status(found: Completion) -> ShareStatus:
    """Say how one unit stands."""
    if not found.targeted:
        return ShareStatus.NO_TARGET
    return ShareStatus.MET if found.met else ShareStatus.NOT_MET


def total(found: Iterable[Completion]) -> Completion:
    """Add up completions of units: a sector's, or a province's."""
    return reduce(Completion.__add__, found, Completion())
