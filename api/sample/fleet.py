"""Load the sample fleet: renewable plants to register, coal plants to allocate to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import chain

from api.sample import filling
from api.sample.coal import CoalPlant, coal_plant
from api.sample.identities import registration_code
from api.sample.parties import OwnerBook, SampleParty, unnamed_owner
from api.sample.source import SourceRow, plants_in_scope
from api.sample.tables import table_of


@dataclass(frozen=True, slots=True)
class SamplePlant:
    """A renewable plant as it would be registered; `province` is a GB/T 2260 code.

    Hydro of this file all ran before 2023, so its certificates are not tradable. A pumped
    plant is registered and never issues.
    """

    source_id: str
    name: str
    energy: str
    technology: str
    capacity_kw: int
    commissioned_on: date
    province: str
    owner_name: str
    owner_credit_code: str
    grid_connection: str
    market_based: bool
    pumped: bool
    registration_code: str
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fleet:
    """The fleet, who owns it, what was left out and what was assumed, each with its count."""

    plants: tuple[SamplePlant, ...]
    coal_plants: tuple[CoalPlant, ...]
    owners: tuple[SampleParty, ...]
    dropped: Mapping[str, int]
    assumed: Mapping[str, int]


@cache
def load_fleet() -> Fleet:
    """Read the shipped file into plants; the same fleet every time, ordered by source id."""
    rows, dropped = plants_in_scope()
    ordered = sorted(rows, key=lambda row: row.source_id)
    book = OwnerBook()
    plants = _plants([row for row in ordered if row.fuel != "Coal"], book)
    coal_rows = [row for row in ordered if row.fuel == "Coal"]
    coal = tuple(coal_plant(row, number) for number, row in enumerate(coal_rows, start=1))
    assumed = Counter(chain.from_iterable(plant.assumptions for plant in plants))
    assumed.update(chain.from_iterable(plant.assumptions for plant in coal))
    return Fleet(plants, coal, book.all(), dropped, assumed)


def report_lines(fleet: Fleet) -> tuple[str, ...]:
    """Render what was kept, dropped and assumed, a line each, for printing."""
    return (
        f"renewable plants: {len(fleet.plants)}",
        f"coal plants: {len(fleet.coal_plants)}",
        *_counted("rows dropped", fleet.dropped),
        *_counted("assumed", fleet.assumed),
    )


def _counted(label: str, counts: Mapping[str, int]) -> Iterable[str]:
    return (f"{label}, {name.replace('_', ' ')}: {counts[name]}" for name in sorted(counts))


def _plants(rows: Iterable[SourceRow], book: OwnerBook) -> tuple[SamplePlant, ...]:
    sequences: Counter[str] = Counter()
    plants = []
    for row in rows:
        province = filling.province(row)
        sequences[province.value] += 1
        plants.append(_plant(row, province, sequences[province.value], book))
    return tuple(plants)


def _plant(
    row: SourceRow, province: filling.Known[str], sequence: int, book: OwnerBook
) -> SamplePlant:
    energy: str = table_of("fleet.toml")["energy"][row.fuel]
    capacity, began = filling.capacity_kw(row), filling.commissioned_on(row, energy)
    technology, sells = filling.technology(row, energy), filling.market_based(energy)
    owner = filling.owner_name(row, lambda: unnamed_owner(province.value))
    return SamplePlant(
        source_id=row.source_id,
        name=row.name,
        energy=energy,
        technology=technology.value,
        capacity_kw=capacity.value,
        commissioned_on=began.value,
        province=province.value,
        owner_name=owner.value,
        owner_credit_code=book.owner(owner.value, province.value).credit_code,
        grid_connection="grid",
        market_based=sells.value,
        pumped=technology.value == "pumped_storage",
        registration_code=registration_code(
            energy, technology.value, began.value, province.value, sequence
        ),
        assumptions=filling.names_of(capacity, began, technology, sells, province, owner),
    )
