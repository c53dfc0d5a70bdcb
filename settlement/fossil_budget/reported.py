"""What a unit reports, between the wire's JSON and the arithmetic's exact values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from ledger.model.command import Plain
from settlement.fossil_budget.energy import Consumption, Electricity, FuelLine, Heat

_QUANTITIES: Final = ("purchased", "stock_open", "stock_close", "sold", "feedstock")
_SHOWN_DECIMALS: Final = 9


def read_consumption(report: Mapping[str, Any]) -> Consumption:
    """Read a report; whatever it leaves out is nothing, and heat is fossil until shown otherwise."""
    electricity: Mapping[str, Any] = report.get("electricity") or {}
    heat: Mapping[str, Any] = report.get("heat") or {}
    return Consumption(
        fuels=tuple(_fuel(line) for line in report.get("fuels") or ()),
        electricity=Electricity(**{name: int(kwh) for name, kwh in electricity.items()}),
        heat=Heat(**{name: Decimal(value) for name, value in heat.items()}),
    )


def spell_consumption(consumption: Consumption) -> dict[str, Plain]:
    """Spell a report for records and answers: decimals as strings, whole kWh as integers."""
    electricity, heat = consumption.electricity, consumption.heat
    return {
        "fuels": [_spelt(line) for line in consumption.fuels],
        "electricity": {
            "grid_offtake_kwh": electricity.grid_offtake_kwh,
            "physical_kwh": electricity.physical_kwh,
            "other_traded_kwh": electricity.other_traded_kwh,
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


def _fuel(line: Mapping[str, Any]) -> FuelLine:
    measured = line.get("heat_value_kj_per_unit")
    quantities = {name: Decimal(line[name]) for name in _QUANTITIES if line.get(name) is not None}
    return FuelLine(
        str(line["fuel"]),
        heat_value_kj_per_unit=None if measured is None else Decimal(measured),
        **quantities,
    )


def _spelt(line: FuelLine) -> dict[str, Plain]:
    spelt: dict[str, Plain] = {"fuel": line.fuel}
    spelt |= {name: f"{getattr(line, name):f}" for name in _QUANTITIES if getattr(line, name)}
    if line.heat_value_kj_per_unit is not None:
        spelt["heat_value_kj_per_unit"] = f"{line.heat_value_kj_per_unit:f}"
    return spelt
