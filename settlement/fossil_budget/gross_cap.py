"""A cap on the certificates that count in gross mode, where the rulebook of a year sets one. Pure.

The plan of the State Council, 12 of 2024, lets certificates offset any excess and names no limit. In
both modes traded energy and certificates never come to more than the energy taken from the grid: guide
622 of 2026, 7; a cap only tightens that.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import floor
from typing import Final

from ledger.rules.rulebook import RulebookInvalid, Rules
from settlement.fossil_budget.charge import Mode, Parts, Terms

BOUND: Final = "acc.cap_t_plus_c"


class CapOf(StrEnum):
    """What a cap is a share of."""

    NOTHING = "none"
    EXCESS = "share_of_excess"
    """What stands above the budget once green power is taken off, before any certificate."""
    OFFTAKE = "share_of_offtake"
    """The energy taken from the grid; what charged storage is part of it where rules say so."""


@dataclass(frozen=True, slots=True)
class GrossCap:
    """A cap on certificates in gross mode: `share` of what `of` names."""

    of: CapOf
    share: Decimal

    def most(
        self, terms: Terms, grid_offtake_kwh: int, before: Parts, budget_gce: int
    ) -> int | None:
        """Count the certificates that may be recognised in all; None where no cap binds.

        `before` is what stands against the budget without any certificate.

        Of an excess E it is floor(share * E / m), where m is what one certificate takes off; of an
        offtake G floor(share * G / w), where w is the energy that one stands for. So a share of the
        whole excess never takes off more than there is, and leaves less than one certificate of it.
        """
        if terms.mode is Mode.NET or self.of is CapOf.NOTHING:
            return None
        if self.of is CapOf.EXCESS:
            whole = Fraction(before.excess(budget_gce)) / Fraction(terms.marginal_gce)
        else:
            whole = Fraction(grid_offtake_kwh, terms.factors.kwh_per_certificate)
        return floor(Fraction(self.share) * whole)


@lru_cache(maxsize=16)
def gross_cap(rules: Rules, year: int) -> GrossCap:
    """Read the cap of a budget year, and see that what bounds both modes is what is applied here.

    Raises:
        NotInForce: the rules do not cover the year.
        RulebookInvalid: traded energy and certificates are bounded by something else than the offtake.
    """
    key = date(year, 1, 1)
    if rules.text(BOUND, key) != "grid_offtake":
        raise RulebookInvalid("word_unknown", BOUND)
    return GrossCap(
        CapOf(rules.text("feb.gross_cap", key)), rules.decimal("feb.gross_cap_share", key)
    )
