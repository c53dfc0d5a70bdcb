"""Give four demo enterprises a fossil-energy budget and a year of consumption."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from api.sample.enterprises import enterprises
from api.sample.parties import SampleParty
from api.sample.tables import table_of

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

    `k` is its province's apportionment factor, the regulator's to state;
    `green_power_kwh` is to be settled through the registry as green-power transfers, and
    `certificates` are to be bought there.
    """

    party: SampleParty
    year: int
    budget_gce: int
    grid_offtake_kwh: int
    green_power_kwh: int
    certificates: int
    k: Decimal
    fuels: tuple[FuelUse, ...]


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
        year=year,
        budget_gce=int(row["budget_tce"]) * GCE_PER_TCE,
        grid_offtake_kwh=int(row["grid_offtake_mwh"]) * KWH_PER_MWH,
        green_power_kwh=int(row["green_power_mwh"]) * KWH_PER_MWH,
        certificates=int(row["certificates"]),
        k=Decimal(row["k"]),
        fuels=tuple(_fuel(flows) for flows in row["fuels"]),
    )


def _fuel(flows: dict[str, str]) -> FuelUse:
    amounts = {flow: Decimal(amount) for flow, amount in flows.items() if flow != "fuel"}
    return FuelUse(flows["fuel"], **amounts)
