"""Whether the adopted rulebooks say what holds for a budget year, before anything is set for it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from ledger.refusals import RuleNotInForce

if TYPE_CHECKING:
    from ledger.rules.rulebook import Rules

NEEDED: Final = (
    "feb.mode",
    "feb.c_e",
    "feb.kgce_kj",
    "feb.heat.factor",
    "feb.by_products",
    "feb.secondary_gases",
    "feb.feedstock_products",
    "metric.purposes.fossil_budget",
    "acc.cap_t_plus_c",
    "acc.cap_method",
    "acc.cap_exempt_origins",
    "acc.c_categories",
    "acc.traded_confirmed",
    "acc.late_retirement_until",
    "feb.gross_cap",
    "feb.gross_cap_share",
    "gec.kwh_per_cert",
)
"""What no budget can do without, whatever its unit burns."""


def check_year(rules: Rules, year: int) -> None:
    """Refuse a budget year that no adopted rulebook covers.

    Raises:
        RuleNotInForce: with the first parameter, in the order above, that says nothing of it.
    """
    key = date(year, 1, 1)
    for name in NEEDED:
        if rules.find(name, key) is None:
            raise RuleNotInForce(parameter=name, key_date=key.isoformat())
