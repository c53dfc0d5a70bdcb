"""The sample fleet: what is kept, what is dropped, what is assumed."""

from collections import Counter
from dataclasses import astuple
from datetime import date
from decimal import Decimal
from functools import cache
from statistics import median_low

import pytest

from api.sample.coal import emitter_party
from api.sample.enterprises import demo_parties
from api.sample.fleet import Fleet, load_fleet, report_lines
from api.sample.identities import registration_check_digit
from api.sample.provinces import nearest_province, province_named_in, provinces
from api.sample.source import source_rows
from api.sample.tables import table_of
from schemas.identifiers import is_credit_code


@cache
def fleet() -> Fleet:
    """Load once; the fleet is frozen."""
    return load_fleet()


def test_every_row_of_the_file_is_kept_or_counted_as_dropped() -> None:
    """Rows kept and rows dropped add up to the file."""
    kept = len(fleet().plants) + len(fleet().coal_plants)

    assert len(source_rows()) == kept + sum(fleet().dropped.values())


def test_the_fleet_is_as_large_as_the_file_allows() -> None:
    """Only the plant outside the mainland and the one without a place are lost."""
    energies = Counter(plant.energy for plant in fleet().plants)

    assert dict(energies) == {
        "hydro": 973,
        "wind": 835,
        "solar": 134,
        "biomass": 65,
        "geothermal": 2,
    }
    assert len(fleet().coal_plants) == 989


def test_assumptions_counted_are_those_the_plants_carry() -> None:
    """No assumption is made in silence."""
    carried: Counter[str] = Counter()
    for plant in fleet().plants:
        carried.update(plant.assumptions)
    for coal in fleet().coal_plants:
        carried.update(coal.assumptions)

    assert dict(carried) == dict(fleet().assumed)


def test_the_report_prints_every_count() -> None:
    """Each reason and each assumption has its line, with its figure."""
    lines = "\n".join(report_lines(fleet()))

    for name, count in (*fleet().dropped.items(), *fleet().assumed.items()):
        assert f"{name.replace('_', ' ')}: {count}\n" in lines + "\n"


def test_loading_twice_gives_the_same_fleet() -> None:
    """Nothing depends on the clock, on chance or on the order of a set."""
    assert load_fleet() == load_fleet()


def test_all_hydro_ran_before_2023() -> None:
    """So none of it is tradable."""
    hydro = [plant for plant in fleet().plants if plant.energy == "hydro"]

    assert all(plant.commissioned_on < date(2023, 1, 1) for plant in hydro)
    assert not any(plant.market_based for plant in hydro)


def test_pumped_plants_are_registered_and_marked() -> None:
    """Their technology in the file says so: 23 rows of hydro."""
    pumped = [plant for plant in fleet().plants if plant.pumped]

    assert len(pumped) == 23
    assert {plant.technology for plant in pumped} == {"pumped_storage"}


def test_every_party_has_a_valid_credit_code_of_its_own_in_the_demo_range() -> None:
    """Owners, emitters, enterprises, institutions and provinces share no code."""
    emitters = [emitter_party(plant) for plant in fleet().coal_plants]
    codes = [party.credit_code for party in (*fleet().owners, *emitters, *demo_parties())]

    assert len(codes) == len(set(codes))
    assert all(is_credit_code(code) for code in codes)
    assert all(code[2:11] == "999999DEM" for code in codes)


def test_every_plant_is_owned_by_a_listed_owner() -> None:
    """An owner's code leads back to a party."""
    owners = {owner.credit_code for owner in fleet().owners}

    assert {plant.owner_credit_code for plant in fleet().plants} == owners


def test_spellings_of_one_owner_make_one_party() -> None:
    """Case and punctuation do not split an owner."""
    names = [
        "Ertan Hydropower Development Company Ltd",
        "Ertan Hydropower Development Company, Ltd.",
    ]
    found = [plant for plant in fleet().plants if plant.owner_name in names]

    assert {plant.owner_name for plant in found} == set(names)
    assert len({plant.owner_credit_code for plant in found}) == 1


def test_registration_codes_are_seventeen_digits_unique_and_checked() -> None:
    """The last digit betrays any other wrong one."""
    codes = [plant.registration_code for plant in fleet().plants]

    assert len(set(codes)) == len(codes)
    assert all(len(code) == 17 and code.isdigit() for code in codes)
    assert all(code[-1] == registration_check_digit(code[:-1]) for code in codes)


def test_the_check_digit_is_that_of_the_standard() -> None:
    """ISO/IEC 7064 gives 0794 the check digit 5."""
    assert registration_check_digit("0794") == "5"


def test_every_plant_stands_in_a_known_province() -> None:
    """Thirty-one provinces, by their two-digit codes."""
    used = {plant.province for plant in fleet().plants}
    used |= {plant.province for plant in fleet().coal_plants}

    assert len(provinces()) == 31
    assert used <= set(provinces())


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("Hainan District  Wuhai Prefecture  Inner Mongolia Autonomous Region", "15"),
        ("Jilin City  Jilin Prefecture  Jilin Province", "22"),
        ("Yulin Prefecture  Shaanxi Province", "61"),
        ("Hequ County  Xinzhou Prefecture  Shanxi Province", "14"),
        ("Yellow River", None),
    ],
)
def test_a_location_names_its_province_last(location: str, code: str | None) -> None:
    """Districts and prefectures may carry another province's name before it."""
    assert province_named_in(location) == code


def test_a_capital_is_nearest_to_itself() -> None:
    """Measured from each capital, its own province wins."""
    for code, province in provinces().items():
        assert nearest_province(province.north, province.east) == code


def test_the_three_gorges_are_given_to_hubei() -> None:
    """Wuhan is the nearest capital, though the reservoir reaches far towards Chongqing."""
    assert nearest_province(Decimal("30.83"), Decimal("111.00")) == "42"


@pytest.mark.parametrize("fuel", ["Hydro", "Coal"])
def test_the_typical_capacity_is_the_middle_one_of_the_file(fuel: str) -> None:
    """The figure in the table can be computed again."""
    stated = [row.capacity_kw for row in source_rows() if row.fuel == fuel and row.capacity_kw]

    assert median_low(stated) == table_of("fleet.toml")["capacity_kw_typical"][fuel]


def test_units_of_one_coal_plant_are_added_and_repeated_totals_are_not() -> None:
    """Fangchenggang is listed by unit, Changxing Island six times whole."""
    by_id = {plant.source_id: plant.capacity_kw for plant in fleet().coal_plants}

    assert by_id["1070834"] == 2 * 630_000 + 2 * 660_000
    assert by_id["1075584"] == 120_000


def test_allowances_and_emissions_stay_near_each_other() -> None:
    """A plant is at most six per cent short or long; half of last year's is issued early."""
    for plant in fleet().coal_plants:
        assert 0 < plant.pre_allocated_t <= plant.prior_verified_t // 2
        difference_t = abs(plant.verified_t - plant.approved_t)
        assert difference_t <= plant.approved_t * 6 // 100 + 1  # one tonne of rounding down


def test_no_float_leaves_the_fleet() -> None:
    """Quantities are whole numbers."""
    values = [value for plant in fleet().plants for value in astuple(plant)]
    values += [value for plant in fleet().coal_plants for value in astuple(plant)]

    assert not any(isinstance(value, float) for value in values)
