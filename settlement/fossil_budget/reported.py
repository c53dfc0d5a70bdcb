"""What a unit reports, between the wire's JSON and the arithmetic's exact values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ledger.model.command import Plain
from settlement.fossil_budget.energy import (
    FLOWS,
    METERED,
    MJ_PER_GJ,
    Consumption,
    Electricity,
    FuelLine,
    Heat,
    exact,
)

_ALWAYS: Final = frozenset({"grid_offtake_kwh", "physical_kwh", "other_traded_kwh"})
"""What a record tells of electricity even where it is nothing; the rest came later."""
_SHOWN_DECIMALS: Final = 9


def read_consumption(report: Mapping[str, Any]) -> Consumption:
    """Read a report; whatever it leaves out is nothing, and heat is fossil until shown otherwise."""
    electricity: Mapping[str, Any] = report.get("electricity") or {}
    return Consumption(
        fuels=tuple(_fuel(line) for line in report.get("fuels") or ()),
        electricity=Electricity(
            **{name: int(kwh) for name, kwh in electricity.items() if kwh is not None}
        ),
        heat=_heat(report.get("heat") or {}),
    )


def spell_consumption(consumption: Consumption) -> dict[str, Plain]:
    """Spell a report for records and answers: decimals as strings, whole kWh as integers."""
    electricity, heat = consumption.electricity, consumption.heat
    return {
        "fuels": [_spelt(line) for line in consumption.fuels],
        "electricity": {
            name: getattr(electricity, name)
            for name in METERED
            if name in _ALWAYS or getattr(electricity, name)
        },
        "heat": {
            "purchased_mj": f"{heat.purchased_mj:f}",
            "fossil_share": f"{heat.fossil_share:f}",
        },
    }


def spell_exact(value: Decimal) -> str:
    """Spell an exact figure, cut after nine decimals; the arithmetic goes on with all of it."""
    text = f"{value:f}"
    whole, _, rest = text.partition(".")
    rest = rest[:_SHOWN_DECIMALS].rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def _heat(heat: Mapping[str, Any]) -> Heat:
    """Read heat in MJ, or in GJ, of which a record tells the MJ."""
    told = {name: Decimal(value) for name, value in heat.items() if value is not None}
    gigajoules = told.pop("purchased_gj", None)
    if gigajoules is not None:
        with exact():
            told["purchased_mj"] = gigajoules * MJ_PER_GJ
    return Heat(**told)


def _fuel(line: Mapping[str, Any]) -> FuelLine:
    measured = line.get("heat_value_kj_per_unit")
    quantities = {name: Decimal(line[name]) for name in FLOWS if line.get(name) is not None}
    return FuelLine(
        str(line["fuel"]),
        heat_value_kj_per_unit=None if measured is None else Decimal(measured),
        unit=line.get("unit"),
        feedstock_product=line.get("feedstock_product"),
        **quantities,
    )


def _spelt(line: FuelLine) -> dict[str, Plain]:
    spelt: dict[str, Plain] = {"fuel": line.fuel}
    spelt |= {name: f"{getattr(line, name):f}" for name in FLOWS if getattr(line, name)}
    words = {"unit": line.unit, "feedstock_product": line.feedstock_product}
    spelt |= {name: word for name, word in words.items() if word is not None}
    if line.heat_value_kj_per_unit is not None:
        spelt["heat_value_kj_per_unit"] = f"{line.heat_value_kj_per_unit:f}"
    return spelt
