"""What if: other production, another k, later years; worked cases and laws."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.factor import Figure
from ledger.rules.rulebook import Rules
from settlement.fossil_budget.charge import Recognised
from settlement.fossil_budget.energy import Consumption, FuelLine
from settlement.fossil_budget.planner import Plan
from settlement.fossil_budget.statement import compute
from settlement.fossil_budget.whatif import Change, Known, Outlook, scale, what_if
from settlement.refusals import ApportionmentFactorInvalid, TradedAboveOfftake
from tests.settlement.fossil_cases import (
    CONSUMPTION,
    GCE_PER_TCE,
    MWH,
    YEAR,
    case,
    retired,
    rules,
    tce,
)


def planned(outlook: Outlook) -> Plan:
    """Read the plan of a year that the rules cover."""
    assert outlook.statement is not None
    return outlook.statement.posting.plan


def test_nothing_changed_is_the_statement_itself() -> None:
    """The budget's own year, with what is recognised in it."""
    facts = case(retired=(retired(1_000),))

    assert what_if(facts, Change(), {}, rules()) == (Outlook(YEAR, (), compute(facts, rules())),)


def test_a_tenth_less_production_may_meet_the_budget() -> None:
    """Fuels and grid energy fall alike; the traded energy stays."""
    (found,) = what_if(case(), Change(production=Decimal("0.9")), {}, rules())
    assert found.statement is not None
    parts = found.statement.posting.parts

    assert parts.direct == tce("1982790.5") * Decimal("0.9")
    assert parts.power - parts.traded == (1_620_000 - 200_000) * 1_000 * tce("0.000092175")
    assert planned(found).needed == 0


def test_another_k_needs_what_the_worked_case_says() -> None:
    """V-5: 1,459,972 certificates with k = 0, and no k of one."""
    (found,) = what_if(case(), Change(k=Decimal(0)), {}, rules())

    assert planned(found).needed == 1_459_972
    with pytest.raises(ApportionmentFactorInvalid):
        what_if(case(), Change(k=Decimal(1)), {}, rules())


def test_later_years_have_their_own_budget_k_and_rules_and_no_certificates() -> None:
    """What is not on file for them is taken over, and named."""
    facts = case(retired=(retired(1_413_296),), traded_kwh=7 * MWH)
    k = Figure("k", "11", YEAR + 1, 1, Decimal("0.5"), "doc k")
    later = {YEAR + 1: Known(budget_gce=1_980_000 * GCE_PER_TCE, k=k)}
    this, next_, last = what_if(facts, Change(years=3), later, rules())

    assert planned(this).needed == 0
    assert next_.statement is not None
    assert (next_.statement.case.k, next_.assumed) == (Decimal("0.5"), ("consumption", "caps"))
    assert next_.statement.recognised == Recognised(200_000 * MWH, 0)
    assert last.assumed == ("budget_gce", "k", "consumption", "caps")
    assert planned(last).needed == 1_413_296


def test_a_year_that_no_rule_covers_is_told_and_not_guessed() -> None:
    """Rules that end with the budget's year say nothing of the next."""
    ended = Rules(())
    (found,) = what_if(case(), Change(), {}, ended)

    assert (found.statement, found.missing is None) == (None, False)


def test_so_little_offtake_that_more_was_traded_is_refused() -> None:
    """The energy that was traded does not fall with production."""
    with pytest.raises(TradedAboveOfftake):
        what_if(case(), Change(production=Decimal("0.1")), {}, rules())


@given(
    production=st.tuples(*[st.decimals(Decimal("0.2"), 3, places=3)] * 2),
    k=st.decimals(0, Decimal("0.999"), places=3),
)
def test_more_production_never_needs_fewer_certificates(
    production: tuple[Decimal, Decimal], k: Decimal
) -> None:
    """In every year, whatever k is."""
    less, more = (what_if(case(), Change(by, k, years=2), {}, rules()) for by in sorted(production))

    for small, large in zip(less, more, strict=True):
        assert planned(small).needed <= planned(large).needed


@given(production=st.decimals(0, 9, places=3))
def test_fuels_scale_to_the_thousandth_and_no_more_leaves_than_came_in(production: Decimal) -> None:
    """Where that was so before; by one it is the report itself."""
    line = FuelLine("raw_coal", Decimal("0.003"), sold=Decimal("0.001"), feedstock=Decimal("0.002"))
    (scaled,) = scale(Consumption(fuels=(line,)), production).fuels

    assert scale(CONSUMPTION, Decimal(1)) == CONSUMPTION
    assert scaled.came_in >= scaled.left + scaled.material
    assert abs(scaled.purchased - line.purchased * production) < Decimal("0.001")
