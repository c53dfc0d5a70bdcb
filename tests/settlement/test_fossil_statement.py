"""Plans and statements of fossil budgets: worked cases, the fewest certificates, open law."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.rulebook import NotInForce
from settlement.fossil_budget.charge import Mode, Parts, Recognised, charge
from settlement.fossil_budget.energy import Consumption, Electricity, FuelLine, Heat
from settlement.fossil_budget.planner import OwnParcel, Plan, needed, plan, propose
from settlement.fossil_budget.recognition import Direction, Room
from settlement.fossil_budget.statement import FactorUsed, Status, compute, status
from settlement.refusals import FuelUnknown, TradedAboveOfftake
from tests.settlement.fossil_cases import (
    CONSUMPTION,
    GCE_PER_TCE,
    MWH,
    YEAR,
    case,
    retired,
    rules,
    tce,
    terms,
)

BUDGET = 2_000_000 * GCE_PER_TCE
IN, OUT = Direction.IN_PROVINCE, Direction.OUT_OF_PROVINCE


def mill_plan(k: str = "0.25", mode: Mode = Mode.NET, budget_tce: int = 2_000_000) -> Plan:
    """Plan the steel mill's budget before any certificate is recognised."""
    parts = charge(CONSUMPTION, Recognised(200_000 * MWH), terms(k, mode))
    return plan(parts, budget_tce * GCE_PER_TCE, terms(k, mode), Room(1_600_000))


@pytest.mark.parametrize(
    ("k", "mode", "budget_tce", "excess", "certificates"),
    [
        ("0.25", Mode.NET, 2_000_000, "130270.5", 1_413_296),
        ("0", Mode.NET, 2_000_000, "179430.5", 1_459_972),
        ("0.25", Mode.GROSS, 2_000_000, "130270.5", 1_059_972),
        ("0.25", Mode.GROSS, 1_980_000, "150270.5", 1_222_706),
    ],
)
def test_the_steel_mill_needs_what_the_worked_case_says(
    k: str, mode: Mode, budget_tce: int, excess: str, certificates: int
) -> None:
    """Both modes, with and without apportionment."""
    found = mill_plan(k, mode, budget_tce)

    assert (found.excess_gce, found.needed) == (tce(excess), certificates)
    assert found.feasible
    assert found.residual_gce == 0
    assert found.to_buy == certificates


def test_where_the_offtake_is_too_small_the_rest_stays_above_budget() -> None:
    """Net: all of 1,600,000 certificates leave 2,790.5 tce."""
    found = mill_plan(budget_tce=1_980_000)

    assert not found.feasible
    assert found.residual_gce == tce("2790.5")
    assert (found.room, found.to_buy) == (1_600_000, 1_600_000)


def test_a_provincial_cap_can_make_it_impossible_too() -> None:
    """What matters is the tighter of offtake and caps."""
    parts = charge(CONSUMPTION, Recognised(200_000 * MWH), terms())
    found = plan(parts, BUDGET, terms(), Room(1_600_000, {IN: 1_000_000, OUT: 400_000}))

    assert found.room == 1_400_000
    assert found.residual_gce == tce("130270.5") - 1_400_000 * tce("0.092175")


def parcel(name: str, expires: date, count: int, **changes: object) -> OwnParcel:
    """Give a parcel of this budget year in the unit's hands."""
    facts: dict[str, object] = {
        "production_year": YEAR,
        "direction": IN,
        "price_fen": 500,
        **changes,
    }
    return OwnParcel(name, f"lot_{name}", expires_on=expires, count=count, **facts)  # type: ignore[arg-type]


SOON, LATER = date(2027, 12, 31), date(2028, 6, 30)


def test_what_expires_soonest_and_then_what_is_cheapest_goes_first() -> None:
    """The last parcel proposed is cut to what is still wanted."""
    parcels = [
        parcel("later", LATER, 100, price_fen=1),
        parcel("dear", SOON, 10, price_fen=600),
        parcel("cheap", SOON, 10, price_fen=400),
    ]
    chosen = propose(parcels, 25, Room(1_000))

    assert [(p.parcel, p.count) for p in chosen] == [("cheap", 10), ("dear", 10), ("later", 5)]


def test_a_plan_takes_own_parcels_of_the_year_and_buys_the_rest() -> None:
    """Another year's certificates cannot serve; a direction without room is left alone."""
    parts = Parts(Decimal(1_000_000), Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    parcels = [
        parcel("old", SOON, 100, production_year=2025),
        parcel("capped", SOON, 4, direction=OUT),
        parcel("own", LATER, 3, price_fen=500),
    ]
    found = plan(parts, 0, terms(k="0"), Room(100, {OUT: 1}), parcels)

    assert found.needed == 9
    assert [(p.parcel, p.count) for p in found.retire] == [("capped", 1), ("own", 3)]
    assert (found.to_buy, found.cost_fen) == (5, 4 * 500)


AMOUNTS = st.decimals(0, 10**15, places=6)
KS = st.decimals(0, Decimal("0.999"), places=3)


@given(excess=AMOUNTS, k=KS, mode=st.sampled_from(Mode))
def test_a_plan_is_enough_and_one_certificate_less_is_not(
    excess: Decimal, k: Decimal, mode: Mode
) -> None:
    """The need is minimal, exactly."""
    marginal = terms(str(k), mode).marginal_gce
    found = needed(excess, marginal)

    assert found * Fraction(marginal) >= Fraction(excess)
    assert found == 0 or (found - 1) * Fraction(marginal) < Fraction(excess)


def test_the_need_is_exact_beyond_the_digits_of_decimal_division() -> None:
    """A measured heat value can leave an excess a hair above what the certificates take off."""
    assert needed(3 * Decimal(92_175), Decimal(92_175)) == 3
    assert needed(Decimal("276525." + "0" * 40 + "1"), Decimal(92_175)) == 4


@given(
    fossil=AMOUNTS,
    more=AMOUNTS,
    budget=st.integers(0, 10**15),
    less=st.integers(0, 10**12),
    room=st.integers(0, 10**10),
)
def test_a_plan_is_monotone(
    fossil: Decimal, more: Decimal, budget: int, less: int, room: int
) -> None:
    """More fuel or less budget never needs fewer certificates, nor leaves a smaller rest."""
    zero = Decimal(0)
    lean = plan(Parts(fossil, zero, zero, zero, zero), budget + less, terms(), Room(room))
    rich = plan(Parts(fossil, zero, more, zero, zero), budget, terms(), Room(room))

    assert rich.needed >= lean.needed
    assert rich.residual_gce >= lean.residual_gce
    assert (rich.residual_gce == 0) is rich.feasible


@given(
    counts=st.lists(st.tuples(st.integers(1, 30), st.sampled_from(Direction)), max_size=6),
    wanted=st.integers(0, 100),
    offtake=st.integers(0, 100),
    cap=st.integers(0, 50),
)
def test_a_proposal_stays_within_the_need_the_room_and_the_holdings(
    counts: list[tuple[int, Direction]], wanted: int, offtake: int, cap: int
) -> None:
    """It takes as much as all three allow."""
    held = dict.fromkeys(Direction, 0)
    for count, direction in counts:
        held[direction] += count
    parcels = [
        parcel(str(n), SOON, count, direction=direction)
        for n, (count, direction) in enumerate(counts)
    ]
    chosen = propose(parcels, wanted, Room(offtake, {OUT: cap}))

    total = sum(proposal.count for proposal in chosen)
    assert total == min(wanted, offtake, held[IN] + min(held[OUT], cap))
    assert all(proposal.count > 0 for proposal in chosen)


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

    assert found.fuel_factors == (
        FactorUsed("raw_coal", "table", Decimal("0.7143"), "kgce/kg", "01"),
        FactorUsed("natural_gas", "measured", Decimal(36_000), "kJ/m3", "15"),
    )


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
