"""Fill what the file of plants leaves open, and name the assumption each time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from api.sample.provinces import nearest_province, province_named_in
from api.sample.source import SourceRow
from api.sample.tables import table_of

Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True)
class Known(Generic[Fact]):
    """A fact, and the name of the assumption it rests on, if it rests on one."""

    value: Fact
    assumption: str = ""


def names_of(*facts: Known[str] | Known[int] | Known[bool] | Known[date]) -> tuple[str, ...]:
    """List the assumptions among some facts."""
    return tuple(fact.assumption for fact in facts if fact.assumption)


def capacity_kw(row: SourceRow) -> Known[int]:
    """Answer the capacity, else the middle one of all plants of that fuel."""
    if row.capacity_kw:
        return Known(row.capacity_kw)
    typical = table_of("fleet.toml")["capacity_kw_typical"][row.fuel]
    return Known(int(typical), "capacity_is_the_middle_one_of_its_fuel")


def commissioned_on(row: SourceRow, energy: str) -> Known[date]:
    """Answer 1 January of the year given (the last of a range), else a typical day."""
    if row.commissioned:
        year = int(row.commissioned.rsplit("-", 1)[-1])
        return Known(date(year, 1, 1), "commissioned_on_1_january_of_its_year")
    day: date = table_of("fleet.toml")["commissioned_on_typical"][energy]
    return Known(day, "commissioned_in_a_typical_year_of_its_energy")


def technology(row: SourceRow, energy: str) -> Known[str]:
    """Answer the technology in our words, else the typical one."""
    rules = table_of("fleet.toml")
    if row.technology:
        return Known(rules["technology"][row.technology])
    return Known(rules["technology_typical"][energy], "technology_is_typical_of_its_energy")


def market_based(energy: str) -> Known[bool]:
    """Say whether the plant sells wholly on the market, which the file never tells."""
    sells: bool = table_of("fleet.toml")["market_based"][energy]
    return Known(sells, "market_participation_follows_its_energy")


def province(row: SourceRow) -> Known[str]:
    """Answer the province its location names, else its own name tells, else the nearest one's."""
    if named := province_named_in(row.location):
        return Known(named)
    if row.north is None or row.east is None:
        told = table_of("fleet.toml")["province_by_name"][row.source_id]
        return Known(told, "province_is_read_from_the_name")
    nearest = nearest_province(row.north, row.east)
    return Known(nearest, "province_is_that_of_the_nearest_capital")


def owner_name(row: SourceRow, stand_in: Callable[[], str]) -> Known[str]:
    """Answer the owner's name; a name without letters is none."""
    if any(sign.isalpha() for sign in row.owner):
        return Known(row.owner.strip())
    return Known(stand_in(), "owner_is_a_demo_owner_of_its_province")
