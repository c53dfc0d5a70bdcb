"""What a reading may say, and what certificates it earns. Pure: facts in, refusal or answer out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.model.period import hours_in_month, valid_until
from ledger.refusals import AboveCapacity, PlantNotApproved, ReadingBeforePlant
from schemas.calendar import format_month
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from datetime import date

    from ledger.model.plant import Plant
    from ledger.rules.rulebook import Rules

PUSHED: Final = frozenset({"grid", "exchange"})
"""Sources whose readings stand as sent; any other is evidence to be checked.

Source: 绿证管理实施细则(试行) — grid and exchange data first; else the generator's own, with a first
and a second check.
"""


def capacity_limit_kwh(plant: Plant, month: date, rules: Rules) -> int:
    """Return the most a plant can generate in a month, in kWh, margin included, rounded down."""
    margin = rules.decimal("gec.capacity_margin", month)
    return int(plant.capacity_kw * hours_in_month(month) * margin)


def check_reading(plant: Plant, month: date, energy_kwh: int, day: date, rules: Rules) -> None:
    """Refuse a reading that cannot be; checked in the order below.

    Raises:
        PlantNotApproved: the plant's registration is not approved (建档立卡 comes first).
        ReadingBeforePlant: the month ends before the plant was commissioned, or is not over.
        AboveCapacity: more energy than capacity, hours and margin allow.
    """
    name = encode_id(IdPrefix.PLANT, plant.id)
    if not plant.approved:
        raise PlantNotApproved(plant=name)
    first_month = plant.commissioned_on.replace(day=1)
    if not first_month <= month < day.replace(day=1):
        raise ReadingBeforePlant(plant=name, month=format_month(month))
    limit = capacity_limit_kwh(plant, month, rules)
    if energy_kwh > limit:
        raise AboveCapacity(plant=name, energy_kwh=energy_kwh, limit_kwh=limit)


def earns_certificates(plant: Plant, category: str, day: date, rules: Rules) -> bool:
    """Tell whether energy of this plant and category is issued for at all: storage is not."""
    return not (plant.storage or category == "storage") or rules.flag("gec.storage_issue", day)


def last_day(month: date, rules: Rules) -> date:
    """Answer the last day on which certificates of a production month may be used, by its rules."""
    return valid_until(
        month,
        rules.integer("gec.validity_months", month),
        rules.day("gec.transition_before", month),
        rules.day("gec.transition_until", month),
    )


def trade_category(plant: Plant, category: str, day: date, rules: Rules) -> str:
    """Sort a plant's certificates into tradable and non-tradable.

    Source: 67号 and 1044号 — on-grid wind, solar, biomass, geothermal, ocean; hydro only when
    commissioned on or after the cut-off and fully market-based.
    """
    if category not in rules.words("gec.tradable_categories", day):
        return "non_tradable"
    if plant.energy == "hydro":
        young = plant.commissioned_on >= rules.day("gec.hydro_cutoff", day)
        return "tradable" if young and plant.market_based else "non_tradable"
    listed = plant.energy in rules.words("gec.tradable_energies", day)
    return "tradable" if listed else "non_tradable"
