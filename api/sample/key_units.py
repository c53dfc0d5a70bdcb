"""Give four demo enterprises a fossil-energy budget and a year of consumption."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from api.sample.enterprises import enterprises
from api.sample.parties import SampleParty
from api.sample.tables import table_of
from settlement.fossil_budget.recognition import Direction

GCE_PER_TCE = 1_000_000
KWH_PER_MWH = 1_000


@dataclass(frozen=True, slots=True)
class FuelUse:
    """A year's flows of a fuel, in t (natural gas in m3)."""

    fuel: str
    purchased: Decimal = Decimal(0)
    stock_open: Decimal = Decimal(0)
    stock_close: Decimal = Decimal(0)
    sold: Decimal = Decimal(0)
    feedstock: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class KeyUnit:
    """A key energy-using unit's budget and consumption of one year.

    `k` is its province's apportionment factor and `caps` its caps by direction, both the
    regulator's to state; `green_power_kwh` is to be settled through the registry as green-power
    transfers, `certificates` are to be bought there, and `other_traded_kwh` is to be confirmed.
    """

    party: SampleParty
    sector: str
    year: int
    budget_gce: int
    grid_offtake_kwh: int
    green_power_kwh: int
    certificates: int
    k: Decimal
    fuels: tuple[FuelUse, ...]
    other_traded_kwh: int = 0
    caps: Mapping[Direction, int] = field(default_factory=dict)


def key_units(year: int = 2025) -> tuple[KeyUnit, ...]:
    """List the steel mill, aluminium smelter, chemical plant and data centre.

    The same figures serve any year: certificates must be produced in the budget's year.
    """
    parties = {party.name: party for party in enterprises()}
    rows = table_of("key_units.toml")["unit"]
    return tuple(_unit(row, parties[row["party"]], year) for row in rows)


def _unit(row: dict[str, Any], party: SampleParty, year: int) -> KeyUnit:
    return KeyUnit(
        party=party,
        sector=row["sector"],
        year=year,
        budget_gce=int(row["budget_tce"]) * GCE_PER_TCE,
        grid_offtake_kwh=int(row["grid_offtake_mwh"]) * KWH_PER_MWH,
        green_power_kwh=int(row["green_power_mwh"]) * KWH_PER_MWH,
        certificates=int(row["certificates"]),
        k=Decimal(row["k"]),
        fuels=tuple(_fuel(flows) for flows in row["fuels"]),
        other_traded_kwh=int(row.get("other_traded_mwh", 0)) * KWH_PER_MWH,
        caps={Direction(to): int(cap) for to, cap in row.get("caps", {}).items()},
    )


def _fuel(flows: dict[str, str]) -> FuelUse:
    amounts = {flow: Decimal(amount) for flow, amount in flows.items() if flow != "fuel"}
    return FuelUse(flows["fuel"], **amounts)
