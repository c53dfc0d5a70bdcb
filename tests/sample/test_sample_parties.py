"""The demo enterprises and institutions, and the budgets of key units."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sample.enterprises import demo_parties, enterprises, institutions, province_parties
from api.sample.identities import Series, demo_credit_code
from api.sample.key_units import KeyUnit, key_units
from api.sample.provinces import provinces
from schemas.identifiers import is_credit_code
from tests.settlement.fossil_cases import rules

# The kinds POST /v1/parties accepts.
KINDS = {"generator", "enterprise", "emitter", "key_energy_unit", "exchange", "regulator"}
KINDS |= {"issuer", "province", "agent", "bank", "verifier", "witness"}

TCE_PER_UNIT = {
    "raw_coal": Decimal("0.7143"),
    "washed_coal": Decimal("0.9"),
    "coke": Decimal("0.9714"),
    "diesel": Decimal("1.4571"),
    "natural_gas": Decimal("0.00133"),
    "coal_tar": Decimal("1.1429"),
}


def fossil_tce(unit: KeyUnit) -> Decimal:
    """Compute the unit's fossil use before any certificate, by GB/T 2589 reference values."""
    direct = sum(
        (fuel.purchased + fuel.stock_open - fuel.stock_close - fuel.sold - fuel.feedstock)
        * TCE_PER_UNIT[fuel.fuel]
        for fuel in unit.fuels
    )
    traded_kwh = unit.green_power_kwh + unit.other_traded_kwh
    power_mwh = Decimal(unit.grid_offtake_kwh - traded_kwh) / 1000
    return direct + power_mwh * (1 - unit.k) * Decimal("0.1229")


def test_there_are_about_forty_enterprises_in_twelve_sectors() -> None:
    """Enough to trade among."""
    sectors = Counter(party.sector for party in enterprises())

    assert len(enterprises()) == 41
    assert len(sectors) == 12


def test_every_party_is_named_apart_in_both_languages() -> None:
    """No two share a name."""
    assert len({party.name for party in demo_parties()}) == len(demo_parties())
    assert len({party.name_zh for party in demo_parties()}) == len(demo_parties())


def test_every_party_is_of_a_kind_and_in_a_province_the_registry_knows() -> None:
    """So that the doors accept them."""
    for party in demo_parties():
        assert set(party.kinds) <= KINDS
        assert party.kinds
        assert party.province in provinces()


@pytest.mark.parametrize("kind", ["issuer", "regulator", "exchange", "verifier", "bank"])
def test_an_institution_of_each_kind_is_there(kind: str) -> None:
    """A whole life needs each of them."""
    assert any(kind in party.kinds for party in institutions())


def test_every_province_has_its_party() -> None:
    """Thirty-one departments."""
    assert [party.province for party in province_parties()] == list(provinces())


def test_the_steel_mill_needs_the_certificates_of_the_worked_example() -> None:
    """130,270.5 tce above budget, so 1,413,296 certificates and not one less."""
    mill = key_units(2026)[0]
    excess = fossil_tce(mill) - mill.budget_gce // 1_000_000
    relief = (1 - mill.k) * Decimal("0.1229")

    assert excess == Decimal("130270.5")
    assert 1_413_295 * relief < excess <= 1_413_296 * relief


def test_the_chemical_plant_is_within_budget_thanks_to_its_feedstock() -> None:
    """The coal that becomes methanol does not count."""
    plant = key_units()[2]
    budget_tce = plant.budget_gce // 1_000_000

    assert fossil_tce(plant) < budget_tce
    assert fossil_tce(plant) + plant.fuels[0].feedstock * TCE_PER_UNIT["raw_coal"] > budget_tce


def test_certificates_can_bring_every_key_unit_within_budget() -> None:
    """Green power and certificates together never exceed the offtake."""
    for unit in key_units():
        excess = fossil_tce(unit) - unit.budget_gce // 1_000_000
        traded_kwh = unit.green_power_kwh + unit.other_traded_kwh
        room_mwh = (unit.grid_offtake_kwh - traded_kwh) // 1000

        assert excess <= room_mwh * (1 - unit.k) * Decimal("0.1229")


def test_key_units_are_registered_as_such() -> None:
    """Their party carries the kind, the sector is one the rulebook lists, the year is the caller's."""
    assert all("key_energy_unit" in unit.party.kinds for unit in key_units())
    assert {unit.year for unit in key_units(2026)} == {2026}
    known = rules().words("feb.sectors", date(2025, 1, 1))
    assert [unit.sector for unit in key_units()] == [unit.party.sector for unit in key_units()]
    assert {unit.sector for unit in key_units()} <= known


@given(series=st.sampled_from(Series), number=st.integers(1, 9_999))
def test_a_demo_credit_code_is_valid_and_tells_its_number(series: Series, number: int) -> None:
    """Check digits are right wherever one looks, and no two numbers meet."""
    code = demo_credit_code(series, number)

    assert is_credit_code(code)
    assert code[8:16] == f"DEM{series}{number:04}"
