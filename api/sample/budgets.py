"""The sample's fossil budgets: four key units are given one, burn, offset, and are closed upon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from api.sample.cast import Cast
from api.sample.desk import Office, asks, id_in
from api.sample.key_units import FuelUse, KeyUnit
from schemas.identifiers import IdPrefix
from settlement.factors import FactorOrder, set_factor
from settlement.fossil_budget.book import (
    BudgetOrder,
    charge,
    close,
    offset_own,
    set_budget,
    statement,
)
from settlement.fossil_budget.capping import CapOrder, set_cap
from settlement.fossil_budget.confirming import TRADED, ConfirmOrder, confirm

_DOCUMENT: Final = "示例文件（虚构） DEMO-2026-01"


def close_budgets(
    office: Office, cast: Cast, units: Iterable[KeyUnit]
) -> tuple[dict[str, Any], ...]:
    """Live each unit's budget through, and return the statements on which the years are closed."""
    known = tuple(units)
    for unit in known:
        _state(office, cast, unit)
    return tuple(_live(office, cast, unit) for unit in known)


def _state(office: Office, cast: Cast, unit: KeyUnit) -> None:
    """State k and the caps of a unit's province."""
    maker, checker = cast.pair("regulator")
    place = f"{unit.party.province}:{unit.year}"
    factor = FactorOrder("k", unit.party.province, unit.year, unit.k, _DOCUMENT)
    office.one(maker, f"factor:{place}", asks(set_factor, maker, factor))
    for to, certificates in unit.caps.items():
        cap = CapOrder(unit.party.province, unit.year, to, certificates, _DOCUMENT)
        office.two(maker, checker, f"cap:{to}:{place}", asks(set_cap, maker, cap))


def _live(office: Office, cast: Cast, unit: KeyUnit) -> dict[str, Any]:
    """Set a unit's budget, charge its year, offset what it can, confirm what others traded, close."""
    maker, checker = cast.pair("regulator")
    own, code = cast.actor(unit.party), unit.party.credit_code
    party, amount = cast.parties[code], unit.budget_gce
    order = BudgetOrder(party, unit.year, amount, "net", _DOCUMENT, sector=unit.sector)
    told = office.two(maker, checker, f"budget:{code}:set", asks(set_budget, maker, order))
    budget = id_in(told, "budget_id", IdPrefix.FOSSIL_BUDGET)
    report = _report(unit)
    office.one(own, f"budget:{code}:charge", lambda read: charge(read, own, budget, report))
    office.one(own, f"budget:{code}:offset", lambda read: offset_own(read, own, budget))
    if unit.other_traded_kwh:
        _confirm(office, cast, unit, budget)
    office.two(maker, checker, f"budget:{code}:close", asks(close, maker, budget))
    with office.desk.reader() as read:
        return dict(statement(read, budget)) | {"name": unit.party.name}


def _confirm(office: Office, cast: Cast, unit: KeyUnit, budget: int) -> None:
    """Have the exchange confirm the energy that the unit traded outside the registry."""
    exchange = cast.actor(cast.kinds["exchange"])
    order = ConfirmOrder({TRADED: unit.other_traded_kwh}, _DOCUMENT)
    key = f"budget:{unit.party.credit_code}:confirm"
    office.one(exchange, key, lambda read: confirm(read, exchange, budget, order))


def _report(unit: KeyUnit) -> dict[str, Any]:
    return {
        "fuels": [_spelt(use) for use in unit.fuels],
        "electricity": {
            "grid_offtake_kwh": unit.grid_offtake_kwh,
            "physical_kwh": 0,
            "other_traded_kwh": unit.other_traded_kwh,
        },
    }


def _spelt(use: FuelUse) -> dict[str, str]:
    """Spell a fuel's flows, those that are nothing left out."""
    named = ((field.name, getattr(use, field.name)) for field in fields(use))
    return {name: value if name == "fuel" else f"{value:f}" for name, value in named if value}
