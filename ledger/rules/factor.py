"""The figures a province may enter for a year: which names there are, and what values they take."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from ledger.refusals import FactorOutOfRange, FactorUnknown

RATIO_DECIMALS: Final = 9
CERTIFICATES_MAX: Final = Decimal(10**12)
"""More certificates than a province's year will ever see; sums of them stay within a bigint."""

SHARES: Final = (
    "aluminium",
    "building_materials",
    "cement",
    "chemical",
    "data_centre",
    "data_centre_hub",
    "new_project",
    "non_ferrous",
    "petrochemical",
    "polysilicon",
    "power",
    "rps_total",
    "steel",
)
"""Whom a province's share is of: a sector, a trait of a unit, or the province's own weight."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values a figure may take; decimals is how fine it may be."""

    least: Decimal
    most: Decimal
    most_included: bool
    decimals: int
    unit: str

    def holds(self, value: Decimal) -> bool:
        """Say whether a value is one of them."""
        if not value.is_finite() or not self._fine(value):
            return False
        below = value <= self.most if self.most_included else value < self.most
        return self.least <= value and below

    def __str__(self) -> str:
        """Spell the interval, and how many decimals a value may have."""
        end = "]" if self.most_included else ")"
        return f"[{self.least:f}, {self.most:f}{end}, {self.decimals} decimals"

    def _fine(self, value: Decimal) -> bool:
        exponent = value.as_tuple().exponent
        return isinstance(exponent, int) and exponent >= -self.decimals


_PART: Final = Range(Decimal(0), Decimal(1), False, RATIO_DECIMALS, "1")
_CAP: Final = Range(Decimal(0), CERTIFICATES_MAX, True, 0, "certificate")
_BALANCE: Final = Range(Decimal("0.000000001"), Decimal(100), True, RATIO_DECIMALS, "tCO2/t")
_SHARE: Final = Range(Decimal(0), Decimal(1), True, RATIO_DECIMALS, "1")

FACTORS: Final = {
    "k": _PART,
    **{f"balance.{sector}": _BALANCE for sector in ("aluminium", "cement", "steel")},
    "cap_in_province": _CAP,
    "cap_out_of_province": _CAP,
    "line_loss": _PART,
    **{f"share.{whom}": _SHARE for whom in SHARES},
}
"""Every figure there is, by name. 发改能源〔2026〕622号 annexes 2 and 3 (k, caps), and 1: what lines lose
of the power that a province sends to others (line_loss), for which it has no figure; the shares of
发改办能源〔2025〕669号 and of Order 42 of 2026, whose figures are the provinces' and stand in no
rulebook. 669号 has weights without hydro, too: for provinces, and what energy confirmed elsewhere was
made of nobody tells this registry, so that they are no figure here. Of the whole country, province
00: a sector's balance value of carbon intensity (平衡值), 2025-2026年度配额总量和分配方案, 征求意见稿."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One version of a province's figure for a year, as entered with its document."""

    name: str
    province: str
    year: int
    version: int
    value: Decimal
    document_no: str


def check_factor(name: str, value: Decimal) -> None:
    """Refuse a figure nobody would read, or one that cannot be true.

    Raises:
        FactorUnknown: no rule asks for a figure of this name.
        FactorOutOfRange: the value is outside its interval, or finer than it may be.
    """
    if name not in FACTORS:
        raise FactorUnknown(name=name, known=[*sorted(FACTORS)])
    if not FACTORS[name].holds(value):
        raise FactorOutOfRange(name=name, value=f"{value:f}", allowed=str(FACTORS[name]))
