"""What provinces are charged for power lost on the way to others; the seller is, and nobody gains it.

Source: 发改能源〔2026〕622号 annex 1; how much it is: `ledger.rules.line_loss`, a reading of this house.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from ledger.rules.factor import Figure
from ledger.rules.line_loss import LINE_LOSS, lost_kwh
from ledger.rules.open_point import OpenPoint, missing, rests
from ledger.rules.rulebook import Rules
from settlement.reports.cut import Cut
from settlement.reports.rests import figures_of, rules_of

BEARER: Final = "acc.line_loss_bearer"
METHOD: Final = "acc.line_loss"
_GUIDE: Final = "发改能源〔2026〕622号 附件1"


@dataclass(frozen=True, slots=True)
class Ground:
    """What losses of a year are worked out from: rules, and figures by sending province."""

    rules: Rules
    year: int
    figures: Mapping[str, Figure]

    def charged(self, sent: Mapping[str, int]) -> dict[str, int | None]:
        """Charge each province with what was lost, in whole kWh; None where nobody said how much.

        Args:
            sent: certificates of green power that reached other provinces, by province of the plant.

        Raises:
            NotInForce: no rule says how much energy a certificate of the year is.
        """
        unit = self.rules.integer("gec.kwh_per_cert", self._key) if sent else 0
        known = self.figures if self._is_ruled else {}
        return {
            place: lost_kwh(count * unit, known[place].value) if place in known else None
            for place, count in sent.items()
        }

    def points(self, sent: Mapping[str, int]) -> tuple[OpenPoint, ...]:
        """Tell what these losses rest on, and which of it is missing; nothing where nothing was sent."""
        if not sent:
            return ()
        if not self._is_ruled:
            return (_no_rule(self.year),)
        known = [self.figures[place] for place in sorted(sent) if place in self.figures]
        unknown = [_no_figure(place, self.year) for place in sorted(sent.keys() - self.figures)]
        return (*rests((BEARER, METHOD), self._key, self.rules, known), *unknown)

    @property
    def _is_ruled(self) -> bool:
        return self.rules.find(BEARER, self._key) is not None

    @property
    def _key(self) -> date:
        return date(self.year, 1, 1)


def ground_at(cut: Cut) -> Ground:
    """Read rules and figures as the cut has them, whenever the years were closed."""
    return Ground(rules_of(cut), cut.year, figures_of(cut, LINE_LOSS))


def _no_rule(year: int) -> OpenPoint:
    return missing(
        BEARER,
        _GUIDE,
        f"No rulebook that was adopted says it of {year}",
        f"已启用的规则集未规定{year}年",
    )


def _no_figure(province: str, year: int) -> OpenPoint:
    return missing(
        LINE_LOSS,
        _GUIDE,
        f"Province {province}, {year}: the regulator enters it at /v1/factors",
        f"省级代码{province}，{year}年：请主管部门在 /v1/factors 录入",
    )
