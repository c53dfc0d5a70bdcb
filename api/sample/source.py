"""Read the shipped file of plants: one row of facts per plant, and what had to be left out."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from io import StringIO

from api.sample.tables import table_of, text_of


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What the file says about a plant, and nothing it does not say."""

    source_id: str
    name: str
    fuel: str
    technology: str
    capacity_kw: int | None
    commissioned: str
    owner: str
    location: str
    north: Decimal | None
    east: Decimal | None


def source_rows() -> tuple[SourceRow, ...]:
    """Read every row of the shipped file, in its order."""
    return tuple(_row(cells) for cells in csv.DictReader(StringIO(text_of("plants_cn.csv"))))


def _row(cells: Mapping[str, str]) -> SourceRow:
    return SourceRow(
        source_id=cells["gppd_id"],
        name=cells["name"],
        fuel=cells["fuel"],
        technology=cells["technology"].lower(),
        capacity_kw=_kw(cells["capacity_mw"]),
        commissioned=cells["commissioned"],
        owner=cells["owner"],
        location=cells["location"],
        north=_decimal(cells["latitude"]),
        east=_decimal(cells["longitude"]),
    )


def _decimal(cell: str) -> Decimal | None:
    return Decimal(cell) if cell else None


def _kw(cell: str) -> int | None:
    """Turn MW into whole kW; no plant of the file is stated more finely than that."""
    if not cell:
        return None
    kw = Decimal(cell) * 1000
    assert kw == int(kw), f"{cell} MW is not a whole number of kW"
    return int(kw)


def plants_in_scope() -> tuple[tuple[SourceRow, ...], Mapping[str, int]]:
    """Keep one row per coal or renewable plant of the mainland, and count the rest by reason.

    Rows kept and rows counted add up to the rows of the file.
    """
    dropped: Counter[str] = Counter()
    plants: dict[str, SourceRow] = {}
    for row in source_rows():
        if reason := _out_of_scope(row):
            dropped[reason] += 1
        elif row.source_id not in plants:
            plants[row.source_id] = row
        else:
            reason, plants[row.source_id] = _merged(plants[row.source_id], row)
            dropped[reason] += 1
    return tuple(plants.values()), dropped


def _out_of_scope(row: SourceRow) -> str:
    rules = table_of("fleet.toml")
    if row.fuel != "Coal" and row.fuel not in rules["energy"]:
        return "fuel_neither_renewable_nor_coal"
    abroad = rules["outside_mainland"]
    if row.source_id in abroad["source_ids"] or _names_any(row.location, abroad["words"]):
        return "outside_the_mainland"
    if row.north is None and row.source_id not in rules["province_by_name"]:
        return "place_unknown"
    return ""


def _names_any(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def _merged(plant: SourceRow, row: SourceRow) -> tuple[str, SourceRow]:
    """Join a further row of the same plant to it.

    In the file, rows that give a technology are single units of a coal plant; rows without one
    are plant totals, so that a second is a repetition.
    """
    if not row.technology:
        return "row_repeats_its_plant", plant
    total_kw = (plant.capacity_kw or 0) + (row.capacity_kw or 0)
    return "unit_added_to_its_plant", replace(plant, capacity_kw=total_kw)
