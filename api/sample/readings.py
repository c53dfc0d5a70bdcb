"""Estimate twelve months of energy for every plant of the fleet. ESTIMATES: see profiles.toml."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from api.sample.deviation import deviation_per_mille
from api.sample.fleet import Fleet, SamplePlant
from api.sample.tables import table_of


@dataclass(frozen=True, slots=True)
class SampleReading:
    """A month's estimated energy of a plant, in kWh; `month` is YYYY-MM."""

    source_id: str
    month: str
    category: str
    energy_kwh: int


def readings(fleet: Fleet, year: int = 2025) -> Iterable[SampleReading]:
    """Estimate a year of on-grid energy, plant by plant; pumped plants have none."""
    return (
        reading
        for plant in fleet.plants
        if not plant.pumped
        for reading in _plant_year(plant, year)
    )


def _plant_year(plant: SamplePlant, year: int) -> Iterator[SampleReading]:
    for month, energy_kwh in enumerate(months_kwh(plant), start=1):
        assert energy_kwh <= plant.capacity_kw * hours_in_month(year, month)
        yield SampleReading(plant.source_id, f"{year}-{month:02}", "on_grid", energy_kwh)


def hours_in_month(year: int, month: int) -> int:
    """Count the hours a plant could have run in a month."""
    return 24 * monthrange(year, month)[1]


def year_kwh(plant: SamplePlant) -> int:
    """Estimate a year's energy from capacity, national hours and the plant's own deviation."""
    profiles = table_of("profiles.toml")
    deviation = deviation_per_mille(plant.source_id, int(profiles["deviation_per_mille_max"]))
    hours = int(profiles[plant.energy]["hours"])
    return plant.capacity_kw * hours * (1000 + deviation) // 1000


def months_kwh(plant: SamplePlant) -> tuple[int, ...]:
    """Spread the year over its months; the differences of running sums lose no kWh."""
    shares = table_of("profiles.toml")[plant.energy]["month_per_mille"]
    total_kwh = year_kwh(plant)
    running = [total_kwh * share // 1000 for share in accumulate(shares, initial=0)]
    return tuple(after - before for before, after in pairwise(running))
