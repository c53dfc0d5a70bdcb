"""What is charged to a fossil budget: worked cases to the last digit, and laws of rounding."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.fossil_budget.charge import (
    Mode,
    Parts,
    Recognised,
    Terms,
    balance_gce,
    charge,
    differences,
    integer_parts,
)
from settlement.fossil_budget.energy import (
    FLOWS,
    Consumption,
    Electricity,
    FuelLine,
    Heat,
    check_consumption,
    direct_gce,
    heat_gce,
)
from settlement.refusals import (
    ApportionmentFactorInvalid,
    EnergyQuantityInvalid,
    FeedstockAboveUse,
    FossilDirectBelowZero,
    FossilShareInvalid,
    FuelQuantityInvalid,
    FuelUnknown,
    HeatValueInvalid,
    StockNegative,
    TradedAboveOfftake,
)
from tests.settlement.fossil_cases import (
    CONSUMPTION,
    FUELS,
    GCE_PER_TCE,
    MWH,
    factors,
    tce,
    terms,
)

TRADED = 200_000 * MWH


@pytest.mark.parametrize(
    ("line", "expected"),
    list(
        zip(FUELS, ["214290", "1350000", "388560", "7285.5", "79800", "-57145"], strict=True),
    ),
)
def test_each_fuel_of_the_steel_mill_counts_exactly(line: FuelLine, expected: str) -> None:
    """Coal, coke, diesel and gas bought, coal tar sold."""
    assert direct_gce([line], factors()) == tce(expected)


def test_the_steel_mill_is_charged_what_the_worked_case_says() -> None:
    """Direct, power and total, without certificates."""
    parts = charge(CONSUMPTION, Recognised(TRADED), terms())

    assert parts.direct == tce("1982790.5")
    assert parts.power - parts.traded == tce("147480")
    assert parts.fossil == tce("2130270.5")
    assert parts.excess(2_000_000 * GCE_PER_TCE) == tce("130270.5")


@pytest.mark.parametrize(
    ("certificates", "fossil"),
    [
        (1_413_296, "1999999.9412"),
        (1_413_295, "2000000.033375"),
        (1_600_000, "1982790.5"),
    ],
)
def test_certificates_take_off_what_the_worked_case_says(certificates: int, fossil: str) -> None:
    """Just enough, one too few, and all that the offtake leaves room for."""
    parts = charge(CONSUMPTION, Recognised(TRADED, certificates), terms())

    assert parts.fossil == tce(fossil)


def test_without_apportionment_the_whole_offtake_counts() -> None:
    """The same case with k = 0."""
    parts = charge(CONSUMPTION, Recognised(TRADED), terms(k="0"))

    assert parts.fossil == tce("2179430.5")


def test_one_certificate_takes_off_its_marginal_effect() -> None:
    """Net: what the grid energy it replaces would have burnt. Gross: its whole coal equivalent."""
    assert terms().marginal_gce == tce("0.092175")
    assert terms(mode=Mode.GROSS).marginal_gce == 122_900


def test_the_modes_differ_in_the_certificates_alone() -> None:
    """Everything charged, and the traded energy, is the same in both."""
    recognised = Recognised(TRADED, 7)
    net = charge(CONSUMPTION, recognised, terms())
    gross = charge(CONSUMPTION, recognised, terms(mode=Mode.GROSS))

    assert replace(net, certificate=gross.certificate) == gross
    assert net.certificate == 7 * 92_175
    assert gross.certificate == 7 * 122_900


@pytest.mark.parametrize(
    ("feedstock", "counted", "excess"),
    [(600_000, "285720", "0"), (500_000, "357150", "57150")],
)
def test_feedstock_of_the_chemical_plant_is_not_fossil_use(
    feedstock: int, counted: str, excess: str
) -> None:
    """Coal made into material is taken out; once the product is sold as fuel, it comes back."""
    coal = FuelLine("raw_coal", purchased=Decimal(1_000_000), feedstock=Decimal(feedstock))
    consumption = Consumption(fuels=(coal,))
    check_consumption(consumption, factors())
    parts = charge(consumption, Recognised(), terms())

    assert parts.direct == tce(counted)
    assert parts.excess(300_000 * GCE_PER_TCE) == tce(excess)


def test_stock_changes_count_as_use() -> None:
    """What was taken from stock was burnt; what went into stock was not."""
    line = FuelLine(
        "raw_coal",
        purchased=Decimal(10),
        stock_open=Decimal(5),
        stock_close=Decimal(3),
        sold=Decimal(2),
    )

    assert direct_gce([line], factors()) == tce("7.143")


def test_a_measured_heat_value_replaces_the_table() -> None:
    """Kilojoules per kg over kilojoules per kgce, for coal in t; for gas the same per m³."""
    coal = FuelLine("raw_coal", Decimal(1_000), heat_value_kj_per_unit=Decimal(29307))
    gas = FuelLine("natural_gas", Decimal(1_000), heat_value_kj_per_unit=Decimal(58614))

    assert direct_gce([coal], factors()) == tce("1000")
    assert direct_gce([gas], factors()) == tce("2")


def test_measured_lines_that_add_up_to_whole_grams_leave_no_crumb() -> None:
    """Three thirds of a gram are one: the division comes after the sum."""
    third = FuelLine("natural_gas", Decimal("0.001"), heat_value_kj_per_unit=Decimal(9_769))

    assert direct_gce([third], factors()) < Decimal(1) / 3 + Decimal("1e-20")
    assert direct_gce([third, third, third], factors()) == 1


def test_purchased_heat_counts_by_its_fossil_share() -> None:
    """A million MJ, half of it from fossil fuel."""
    heat = Heat(purchased_mj=Decimal(1_000_000), fossil_share=Decimal("0.5"))

    assert heat_gce(heat, factors()) == tce("17.06")


ODD = {
    "not a number": Decimal("NaN"),
    "a signalling one": Decimal("sNaN"),
    "endless": Decimal("Infinity"),
    "negative": Decimal("-0.001"),
    "too fine": Decimal("0.0001"),
    "too large": Decimal("1e15"),
}


@pytest.mark.parametrize("field", FLOWS)
@pytest.mark.parametrize("quantity", ODD.values(), ids=ODD.keys())
def test_an_impossible_fuel_quantity_is_refused(field: str, quantity: Decimal) -> None:
    """The field is named; a stock below zero is called what it is."""
    line = replace(FuelLine("raw_coal", Decimal(10)), **{field: quantity})  # type: ignore[arg-type]
    owed = field.startswith("stock") and quantity is ODD["negative"]
    with pytest.raises(StockNegative if owed else FuelQuantityInvalid) as refused:
        check_consumption(Consumption(fuels=(line,)), factors())

    told = refused.value.facts()
    assert (told["fuel"], told["field"]) == ("raw_coal", field)


@pytest.mark.parametrize("value", [*ODD.values(), Decimal(0)], ids=[*ODD.keys(), "zero"])
def test_an_impossible_heat_value_is_refused(value: Decimal) -> None:
    """A measured fuel has some heat, and no fuel has more than hydrogen."""
    line = FuelLine("raw_coal", Decimal(10), heat_value_kj_per_unit=value)
    with pytest.raises(HeatValueInvalid):
        check_consumption(Consumption(fuels=(line,)), factors())


@pytest.mark.parametrize("heat_value", [None, Decimal(20_000)])
def test_a_fuel_without_a_factor_is_refused(heat_value: Decimal | None) -> None:
    """A measured heat value does not make an unknown fuel known: its unit would be a guess."""
    line = FuelLine("peat", Decimal(10), heat_value_kj_per_unit=heat_value)
    with pytest.raises(FuelUnknown) as refused:
        check_consumption(Consumption(fuels=(line,)), factors())

    assert (refused.value.fuel, refused.value.year) == ("peat", 2026)


def test_feedstock_beyond_what_was_there_is_refused() -> None:
    """What was sold or put into stock cannot be feedstock as well."""
    line = FuelLine("raw_coal", Decimal(10), sold=Decimal(4), feedstock=Decimal("6.001"))
    with pytest.raises(FeedstockAboveUse):
        check_consumption(Consumption(fuels=(line,)), factors())

    check_consumption(Consumption(fuels=(replace(line, feedstock=Decimal(6)),)), factors())


def test_a_report_that_sells_more_energy_than_it_buys_is_refused() -> None:
    """By-products cannot hold more than the fuels they were made from."""
    lines = (FuelLine("raw_coal", Decimal(100)), FuelLine("coal_tar", sold=Decimal(100)))
    with pytest.raises(FossilDirectBelowZero):
        check_consumption(Consumption(fuels=lines), factors())


@pytest.mark.parametrize("field", ["grid_offtake_kwh", "physical_kwh", "other_traded_kwh"])
@pytest.mark.parametrize("quantity", [-1, 10**14 + 1])
def test_an_impossible_electricity_is_refused(field: str, quantity: int) -> None:
    """The field is named."""
    electricity = replace(Electricity(), **{field: quantity})
    with pytest.raises(EnergyQuantityInvalid) as refused:
        check_consumption(Consumption(electricity=electricity), factors())

    assert refused.value.field == field


def test_impossible_heat_is_refused() -> None:
    """Its quantity, and a fossil share that is no share."""
    with pytest.raises(EnergyQuantityInvalid):
        check_consumption(Consumption(heat=Heat(Decimal(-1))), factors())
    for share in (Decimal("-0.1"), Decimal("1.1"), Decimal("NaN"), Decimal("1e-10")):
        with pytest.raises(FossilShareInvalid):
            check_consumption(Consumption(heat=Heat(Decimal(1), share)), factors())


@pytest.mark.parametrize("k", ["-0.01", "1", "1.0", "NaN", "0.0000000001"])
def test_an_apportionment_factor_outside_its_range_is_refused(k: str) -> None:
    """At k = 1 certificates would have no effect, and the plan no answer."""
    with pytest.raises(ApportionmentFactorInvalid):
        Terms(factors(), Decimal(k), Mode.NET)


def test_more_traded_energy_than_offtake_is_refused() -> None:
    """Green power that was not taken from the grid was not consumed."""
    with pytest.raises(TradedAboveOfftake):
        charge(CONSUMPTION, Recognised(1_800_000 * MWH + 1), terms())

    charge(CONSUMPTION, Recognised(1_800_000 * MWH), terms())


GRAMS = st.decimals(0, 10**17, places=9)
PARTS = st.builds(Parts, GRAMS, GRAMS, GRAMS, GRAMS, GRAMS)


def _exact(parts: Parts) -> list[Fraction]:
    five = (parts.direct, parts.power, parts.heat, parts.traded, parts.certificate)
    return [Fraction(part) for part in five]


@given(parts=PARTS, budget=st.integers(0, 10**18))
def test_whole_parts_leave_exactly_the_rounded_balance(parts: Parts, budget: int) -> None:
    """The one rounding is floor(budget - fossil); no part is negative or a full gram off."""
    whole = integer_parts(parts)
    direct, power, heat, traded, certificate = _exact(parts)

    fossil = direct + power + heat - traded - certificate
    assert balance_gce(budget, whole) == floor(budget - fossil)
    assert all(gce >= 0 for gce in whole.values())
    assert all(abs(gce - part) < 1 for gce, part in zip(whole.values(), _exact(parts), strict=True))


@given(parts=PARTS, certificate=GRAMS)
def test_more_certificates_restate_the_certificates_part_alone(
    parts: Parts, certificate: Decimal
) -> None:
    """Rounding never ripples into what was charged."""
    before = integer_parts(parts)
    after = integer_parts(replace(parts, certificate=certificate))

    assert set(differences(after, before)) <= {"recognised.certificate"}


@given(new=PARTS, posted=PARTS)
def test_differences_lead_from_what_stands_to_what_is_new(new: Parts, posted: Parts) -> None:
    """Posting them gives the new parts; the same parts again post nothing."""
    target, standing = integer_parts(new), integer_parts(posted)
    changes = differences(target, standing)

    assert {name: standing[name] + changes.get(name, 0) for name in standing} == target
    assert differences(target, {}) == {name: gce for name, gce in target.items() if gce}
    assert differences(target, target) == {}
    assert differences({}, target) == {name: -gce for name, gce in target.items() if gce}
    assert 0 not in changes.values()
