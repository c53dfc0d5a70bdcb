"""Electricity and heat: what is non-fossil of it, what charges storage, and in which unit it comes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.fossil_budget.charge import Recognised, Terms, charge
from settlement.fossil_budget.energy import (
    Consumption,
    Electricity,
    apportioned_kwh,
    check_consumption,
    coefficients,
    heat_gce,
    non_fossil_kwh,
    with_storage,
)
from settlement.fossil_budget.reported import read_consumption, spell_consumption
from settlement.fossil_budget.statement import compute
from settlement.refusals import EnergyQuantityInvalid, TradedAboveOfftake
from tests.settlement.fossil_cases import (
    CONSUMPTION,
    MWH,
    YEAR,
    amended,
    case,
    factors,
    retired,
    rules,
    tce,
    terms,
)

KWH = st.integers(0, 10**12)
K = st.decimals(0, Decimal("0.999999999"), places=9)


def test_the_mills_non_fossil_power() -> None:
    """ACC-1: 200,000 MWh traded, 1,000 certificates, a quarter of the rest, 500 MWh of its own."""
    electricity = replace(CONSUMPTION.electricity, physical_kwh=500 * MWH)
    quarter = Decimal("0.25")
    assert apportioned_kwh(electricity, 200_000 * MWH, 1_000 * MWH, quarter) == 399_750 * MWH
    assert non_fossil_kwh(electricity, 200_000 * MWH, 1_000 * MWH, quarter) == 601_250 * MWH


@given(offtake=KWH, physical=KWH, traded=KWH, certificates=st.integers(0, 10**9), k=K)
def test_what_is_not_non_fossil_is_charged(
    offtake: int, physical: int, traded: int, certificates: int, k: Decimal
) -> None:
    """Non-fossil power, and the power charged over its factor, are together all that was used."""
    of_certificates = certificates * factors().kwh_per_certificate
    electricity = Electricity(offtake + traded + of_certificates, physical)
    parts = charge(
        Consumption(electricity=electricity),
        Recognised(traded, certificates),
        Terms(factors(), k, terms().mode),
    )
    non_fossil = non_fossil_kwh(electricity, traded, of_certificates, k)

    used = (electricity.grid_offtake_kwh + physical) * factors().gce_per_kwh
    assert non_fossil * factors().gce_per_kwh + parts.fossil == used


def test_what_charges_storage_is_offtake_where_the_rules_say_so() -> None:
    """It is charged, and makes room for traded energy and certificates; else it is neither."""
    electricity = Electricity(grid_offtake_kwh=3_000, storage_charge_kwh=2_000)
    said = 'from = 2026-01-01, value = "grid_offtake"'
    unsaid = said.replace("grid_offtake", "none")
    none = coefficients(amended("acc.storage_charge", said, unsaid), YEAR)
    counted = Consumption(electricity=electricity)

    assert with_storage(electricity, factors()) == Electricity(grid_offtake_kwh=5_000)
    assert with_storage(electricity, none) == electricity
    assert charge(counted, Recognised(5_000), terms()).fossil == 0
    with pytest.raises(TradedAboveOfftake):
        charge(counted, Recognised(3_001), Terms(none, Decimal(0), terms().mode))
    found = compute(case(consumption=counted, retired=(retired(6),)), rules())
    assert found.recognition.certificates == 5
    assert found.electricity.grid_offtake_kwh == 5_000
    assert "acc.storage_charge" in [point.name for point in found.open_points]


def test_an_impossible_storage_charge_is_refused() -> None:
    """The field is named."""
    with pytest.raises(EnergyQuantityInvalid) as refused:
        check_consumption(Consumption(electricity=Electricity(storage_charge_kwh=-1)), factors())
    assert refused.value.field == "storage_charge_kwh"


def test_heat_comes_in_megajoules_or_gigajoules() -> None:
    """A gigajoule is a thousand of the others, and a record tells those."""
    told = read_consumption({"heat": {"purchased_gj": "1000.5", "fossil_share": "0.5"}})
    same = read_consumption({"heat": {"purchased_mj": "1000500", "fossil_share": "0.5"}})

    assert told == same
    assert heat_gce(told.heat, factors()) == tce("17.06853")
    assert spell_consumption(told)["heat"] == {"purchased_mj": "1000500.0", "fossil_share": "0.5"}


def test_a_report_is_read_back_as_it_was_spelt() -> None:
    """Every member that may be told, and an old one tells no more than it did."""
    line = {
        "fuel": "raw_coal",
        "purchased": "10",
        "stock_open": "2",
        "stock_close": "1",
        "sold": "1",
        "feedstock": "5",
        "produced": "3",
        "lost": "0.5",
        "feedstock_sold_as_fuel": "2",
        "unit": "万t",
        "feedstock_product": "olefin",
        "heat_value_kj_per_unit": "20908",
    }
    electricity = {
        "grid_offtake_kwh": 1,
        "physical_kwh": 2,
        "other_traded_kwh": 1,
        "storage_charge_kwh": 4,
    }
    heat = {"purchased_mj": "1", "fossil_share": "1"}
    whole = {"fuels": [line], "electricity": electricity, "heat": heat}
    old = {"fuels": [{"fuel": "coke", "sold": "0"}], "electricity": {"grid_offtake_kwh": 1}}

    assert spell_consumption(read_consumption(whole)) == whole
    assert spell_consumption(read_consumption(old)) == {
        "fuels": [{"fuel": "coke"}],
        "electricity": {"grid_offtake_kwh": 1, "physical_kwh": 0, "other_traded_kwh": 0},
        "heat": {"purchased_mj": "0", "fossil_share": "1"},
    }
