"""Describe coal plants as emitters; their emissions and allowances are ESTIMATES (coal.toml)."""

from dataclasses import dataclass
from typing import Final

from api.sample import filling
from api.sample.deviation import deviation_per_mille
from api.sample.identities import Series, demo_credit_code
from api.sample.parties import SampleParty, unnamed_owner
from api.sample.provinces import provinces
from api.sample.source import SourceRow
from api.sample.tables import table_of

_YEAR: Final = 2025


@dataclass(frozen=True, slots=True)
class CoalPlant:
    """An emitter of its own, under its plant's name; `owner_name` only informs.

    Quantities are whole tonnes of CO2e: those called prior are of 2024, the others of 2025; `supplied_mwh`
    is what approval is worked out from.
    `pre_allocated_t` is issued early; `approved_t` is the whole entitlement, so the true-up
    is approved less pre-allocated.
    """

    source_id: str
    name: str
    owner_name: str
    credit_code: str
    province: str
    capacity_kw: int
    prior_verified_t: int
    prior_approved_t: int
    verified_t: int
    supplied_mwh: int
    pre_allocated_t: int
    approved_t: int
    assumptions: tuple[str, ...]

    def verified(self, year: int) -> int:
        """Give the verified emissions of a compliance year, in t CO2e: 2025, or 2024 before it."""
        return self.verified_t if year == _YEAR else self.prior_verified_t

    def approved(self, year: int) -> int:
        """Give what the year's formula comes to, in t CO2e."""
        return self.approved_t if year == _YEAR else self.prior_approved_t

    def spare(self, year: int) -> int:
        """Give what is left over of a year's allowances; below zero what is lacking."""
        return self.approved(year) - self.verified(year)


def coal_plant(row: SourceRow, number: int) -> CoalPlant:
    """Turn a row of the file into the number-th emitter."""
    capacity, province = filling.capacity_kw(row), filling.province(row)
    owner = filling.owner_name(row, lambda: unnamed_owner(province.value))
    prior_t = _verified_t(row.source_id, capacity.value, 2024)
    return CoalPlant(
        source_id=row.source_id,
        name=row.name,
        owner_name=owner.value,
        credit_code=demo_credit_code(Series.EMITTER, number),
        province=province.value,
        capacity_kw=capacity.value,
        prior_verified_t=prior_t,
        prior_approved_t=_entitled_t(capacity.value, 2024),
        verified_t=_verified_t(row.source_id, capacity.value, 2025),
        supplied_mwh=_supplied_mwh(capacity.value),
        pre_allocated_t=prior_t * int(table_of("coal.toml")["pre_allocation_per_mille"]) // 1000,
        approved_t=_entitled_t(capacity.value, 2025),
        assumptions=filling.names_of(capacity, province, owner),
    )


def emitter_party(plant: CoalPlant) -> SampleParty:
    """Describe a coal plant as a party of the registry."""
    zh = f"{provinces()[plant.province].zh}示范煤电 {plant.name}"
    name = f"{plant.name} (demo)"
    return SampleParty(plant.credit_code, name, zh, ("emitter",), "power", plant.province)


def _supplied_mwh(capacity_kw: int) -> int:
    figures = table_of("coal.toml")
    gross_kwh = capacity_kw * int(figures["hours"])
    return gross_kwh * int(figures["net_share_per_mille"]) // 1_000_000


def _entitled_t(capacity_kw: int, year: int) -> int:
    benchmark = int(table_of("coal.toml")["benchmark_t_per_10_gwh"][str(year)])
    return _supplied_mwh(capacity_kw) * benchmark // 10_000


def _verified_t(source_id: str, capacity_kw: int, year: int) -> int:
    at_most = int(table_of("coal.toml")["deviation_per_mille_max"])
    deviation = deviation_per_mille(f"{source_id} emissions {year}", at_most)
    return _entitled_t(capacity_kw, year) * (1000 + deviation) // 1000
