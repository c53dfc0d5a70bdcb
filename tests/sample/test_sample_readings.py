"""The sample readings: a year of estimates that a registry can issue from."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sample.deviation import deviation_per_mille
from api.sample.fleet import Fleet, load_fleet
from api.sample.readings import SampleReading, hours_in_month, readings, year_kwh
from api.sample.tables import table_of

ENERGIES = ["wind", "solar", "hydro", "biomass", "geothermal"]


@cache
def fleet() -> Fleet:
    """Load once; the fleet is frozen."""
    return load_fleet()


@cache
def year_2025() -> tuple[SampleReading, ...]:
    """Estimate once."""
    return tuple(readings(fleet(), 2025))


@pytest.mark.parametrize("energy", ENERGIES)
def test_a_profile_has_twelve_months_that_sum_to_one(energy: str) -> None:
    """Shares are whole numbers per mille."""
    shares = table_of("profiles.toml")[energy]["month_per_mille"]

    assert len(shares) == 12
    assert sum(shares) == 1000


@pytest.mark.parametrize("energy", ENERGIES)
def test_every_figure_of_a_profile_has_a_source(energy: str) -> None:
    """A number without evidence is not shipped."""
    profile = table_of("profiles.toml")[energy]

    assert profile["hours_evidence"] in {"found", "own"}
    assert profile["month_evidence"] in {"found", "own"}
    assert profile["hours_source"]
    assert profile["month_source"]


def test_a_year_gives_twenty_thousand_issuable_plant_months() -> None:
    """Issuable is a whole certificate or more: 1,000 kWh."""
    issuable = [reading for reading in year_2025() if reading.energy_kwh >= 1000]

    assert len(issuable) >= 20_000


def test_no_plant_month_is_read_twice() -> None:
    """A plant and a month name one reading."""
    named = {(reading.source_id, reading.month) for reading in year_2025()}

    assert len(named) == len(year_2025())


def test_pumped_plants_have_no_readings() -> None:
    """What was pumped up is not generated again."""
    pumped = {plant.source_id for plant in fleet().plants if plant.pumped}

    assert not pumped & {reading.source_id for reading in year_2025()}


def test_the_months_of_a_plant_add_up_to_its_year() -> None:
    """No kWh is lost in rounding."""
    totals = dict.fromkeys((plant.source_id for plant in fleet().plants), 0)
    for reading in year_2025():
        totals[reading.source_id] += reading.energy_kwh

    for plant in fleet().plants:
        assert totals[plant.source_id] == (0 if plant.pumped else year_kwh(plant))


def test_no_plant_exceeds_its_capacity() -> None:
    """Energy of a month is at most capacity times the hours of the month."""
    capacities = {plant.source_id: plant.capacity_kw for plant in fleet().plants}

    for reading in year_2025():
        year, month = map(int, reading.month.split("-"))
        assert reading.energy_kwh <= capacities[reading.source_id] * hours_in_month(year, month)


def test_readings_are_whole_numbers_of_on_grid_energy() -> None:
    """No float, no other category."""
    assert {type(reading.energy_kwh) for reading in year_2025()} == {int}
    assert {reading.category for reading in year_2025()} == {"on_grid"}


def test_a_year_estimated_twice_is_the_same() -> None:
    """Deviations come from names, not from chance."""
    assert tuple(readings(fleet(), 2025)) == year_2025()


def test_february_of_a_leap_year_has_more_hours() -> None:
    """The capacity check follows the calendar."""
    assert (hours_in_month(2024, 2), hours_in_month(2025, 2)) == (696, 672)


@given(subject=st.text(max_size=40), at_most=st.integers(0, 500))
def test_a_deviation_stays_within_its_bound(subject: str, at_most: int) -> None:
    """And is the same whenever it is drawn."""
    drawn = deviation_per_mille(subject, at_most)

    assert -at_most <= drawn <= at_most
    assert drawn == deviation_per_mille(subject, at_most)
