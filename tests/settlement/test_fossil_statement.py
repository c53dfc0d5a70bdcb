"""Statements of fossil budgets: worked cases, the modes, the status, open law."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.rulebook import NotInForce
from settlement.fossil_budget.charge import Mode, Parts, Recognised
from settlement.fossil_budget.energy import Consumption, Electricity, FuelLine, Heat
from settlement.fossil_budget.statement import FactorUsed, Status, compute, status
from settlement.refusals import FuelUnknown, TradedAboveOfftake
from tests.settlement.fossil_cases import (
    GCE_PER_TCE,
    MWH,
    case,
    retired,
    rules,
    tce,
)


def test_the_statement_of_the_steel_mill_meets_with_the_certificates_planned() -> None:
    """1,413,296 certificates meet the budget with 58,800 gce to spare; both modes are shown."""
    found = compute(case(retired=(retired(1_413_296),)), rules())

    assert found.recognised == Recognised(200_000 * MWH, 1_413_296)
    assert (found.posting.mode, found.other.mode) == (Mode.NET, Mode.GROSS)
    assert found.posting.balance_gce == 58_800
    assert found.posting.status is Status.MET_WITH_OFFSET
    assert found.posting.plan.needed == 0
    assert found.rules_digest == rules().digest


def test_one_certificate_less_does_not_meet() -> None:
    """The posted balance is below zero by the exact rest, rounded down."""
    found = compute(case(retired=(retired(1_413_295),)), rules())

    assert found.posting.balance_gce == -33_375
    assert found.posting.status is Status.NOT_MET
    assert found.posting.plan.needed == 1


def test_the_modes_can_give_opposite_answers() -> None:
    """With the whole offtake used, gross meets a budget that net does not."""
    facts = case(budget_gce=1_980_000 * GCE_PER_TCE, retired=(retired(1_600_001),))
    found = compute(facts, rules())

    assert found.recognised.certificates == 1_600_000
    assert found.posting.status is Status.NOT_MET
    assert found.posting.plan.residual_gce == tce("2790.5")
    assert found.other.status is Status.MET_WITH_OFFSET
    assert [part.count for part in found.recognition.uncounted] == [1]


def test_the_mode_chosen_is_the_one_that_posts() -> None:
    """The other mode is shown beside it."""
    found = compute(case(mode=Mode.GROSS), rules())

    assert (found.posting.mode, found.other.mode) == (Mode.GROSS, Mode.NET)
    assert found.posting.plan.needed == 1_059_972
    assert found.other.plan.needed == 1_413_296


def test_ledger_and_reported_green_power_add_up() -> None:
    """Together they may reach the offtake, not pass it."""
    rest = 1_600_000 * MWH
    found = compute(case(traded_kwh=rest), rules())

    assert found.recognised.traded_kwh == 1_800_000 * MWH
    assert found.posting.parts.fossil == tce("1982790.5")
    assert found.posting.plan.room == 0
    with pytest.raises(TradedAboveOfftake):
        compute(case(traded_kwh=rest + 1), rules())


ZERO = Decimal(0)


@pytest.mark.parametrize(
    ("direct", "traded", "certificate", "expected"),
    [
        ("100", "0", "0", Status.MET),
        ("100", "5", "5", Status.MET),
        ("100.000001", "0", "0", Status.NOT_MET),
        ("100.000001", "0", "0.000001", Status.MET_WITH_OFFSET),
        ("101", "1", "0", Status.MET_WITH_OFFSET),
        ("101", "0.5", "0.499999", Status.NOT_MET),
    ],
)
def test_a_budget_is_met_exactly_or_not_at_all(
    direct: str, traded: str, certificate: str, expected: Status
) -> None:
    """A millionth of a gram decides; green power is an offset as certificates are."""
    parts = Parts(Decimal(direct), ZERO, ZERO, Decimal(traded), Decimal(certificate))

    assert status(100, parts) is expected


def test_open_legal_points_are_named() -> None:
    """Only those the case rests on; what was read in the official text is not open."""
    lines = (
        FuelLine("diesel", Decimal(10)),
        FuelLine("lng", Decimal(10), heat_value_kj_per_unit=Decimal(51_000)),
    )
    facts = case(consumption=Consumption(fuels=lines, heat=Heat(Decimal(1))))
    found = compute(facts, rules())

    assert [point.name for point in found.open_points] == [
        "feb.mode",
        "feb.c_e",
        "metric.purposes.fossil_budget",
        "feb.gross_cap",
        "feb.kgce_kj",
        "feb.heat.factor",
        "feb.fuel.diesel.factor",
    ]


def test_the_factor_behind_each_fuel_is_named() -> None:
    """The table's, or the heat value measured."""
    lines = (
        FuelLine("raw_coal", Decimal(10)),
        FuelLine("natural_gas", Decimal(10), heat_value_kj_per_unit=Decimal(36_000)),
    )
    found = compute(case(consumption=Consumption(fuels=lines)), rules())

    assert [replace(used, code_open=None) for used in found.fuel_factors] == [
        FactorUsed("raw_coal", "table", Decimal("0.7143"), "kgce/kg", "01"),
        FactorUsed("natural_gas", "measured", Decimal(36_000), "kJ/m3", "15"),
    ]


@pytest.mark.parametrize(
    ("fuel", "evidence"), [("raw_coal", "found_2nd"), ("lpg", "own"), ("slime", None)]
)
def test_a_reporting_code_says_how_it_is_known(fuel: str, evidence: str | None) -> None:
    """From secondary sources, or by this house alone; a fuel that has no code has nothing to say."""
    lines = (FuelLine(fuel, Decimal(10)),)
    [used] = compute(case(consumption=Consumption(fuels=lines)), rules()).fuel_factors

    assert (used.code_open and used.code_open.evidence) == evidence
    assert (used.code is None) == (evidence is None)


def test_a_wrong_report_is_refused_before_anything_is_computed() -> None:
    """The unit's own mistake comes first."""
    with pytest.raises(FuelUnknown):
        compute(case(consumption=Consumption(fuels=(FuelLine("peat"),))), rules())


def test_a_year_without_rules_has_no_statement() -> None:
    """No rule is stretched to a year it was not made for."""
    with pytest.raises(NotInForce):
        compute(case(year=2016), rules())


@given(
    coal=st.decimals(0, 10**9, places=3),
    heat_value=st.none() | st.decimals(1, 200_000, places=3),
    offtake=st.integers(0, 10**13),
    spare=st.integers(1, 10**15),
    mode=st.sampled_from(Mode),
)
def test_retiring_what_the_plan_says_meets_the_budget(
    coal: Decimal, heat_value: Decimal | None, offtake: int, spare: int, mode: Mode
) -> None:
    """Whenever certificates alone can do it, the plan's number does, and one less does not."""
    consumption = Consumption(
        fuels=(FuelLine("raw_coal", coal, heat_value_kj_per_unit=heat_value),),
        electricity=Electricity(grid_offtake_kwh=offtake),
    )
    burnt = compute(case(consumption=consumption), rules()).posting.parts.direct
    facts = {"consumption": consumption, "mode": mode, "budget_gce": int(burnt) + spare}
    first = compute(case(**facts), rules()).posting.plan

    if first.feasible:
        after = [
            compute(case(**facts, retired=(retired(count),)), rules()).posting.balance_gce
            for count in (first.needed, first.needed - 1)
            if count > 0
        ]
        assert [gce >= 0 for gce in after] == [True, False][: len(after)]
