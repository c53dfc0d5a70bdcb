"""What a power unit is given: the plan's worked example, and every part exact and rounded down once."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rulebooks import shipped
from ledger.rules.power import CLASSES, GAS, PowerUnit, gap_capped, power, pre_allocated
from ledger.rules.rulebook import NotInForce, Rulebook, Rules

RULES = Rules(tuple(map(Rulebook.parse, shipped())))
YEAR = date(2025, 1, 1)
FIGURES = st.decimals("0", "100000000", places=6)
FACTORS = st.decimals("0", "2", places=9)
CLASS = st.sampled_from(sorted(CLASSES))
TONNES = st.integers(0, 10**9)


def test_the_worked_example() -> None:
    """V-10: floor(3,000,000 · 0.7902) + floor(2,000,000 · 0.1027), and half of the year before."""
    unit = PowerUnit("power_above_300mw", Decimal(3_000_000), Decimal(2_000_000))

    worked = power(unit, RULES, YEAR)
    assert worked.quantity == 2_576_000
    assert dict(worked.parts)["power"] == 2_370_600
    assert dict(worked.parts)["heat"] == 205_400
    assert pre_allocated(Decimal("0.50"), Decimal("2550000.9")) == 1_275_000


@pytest.mark.parametrize(("verified", "quantity"), [(2_600_000, 2_576_000), (3_300_000, 2_640_000)])
def test_the_gap_is_capped_at_a_fifth(verified: int, quantity: int) -> None:
    """V-10: no exemption at 0.92 %; topped up to 80 % at more than 20 %."""
    assert gap_capped(2_576_000, verified, RULES, YEAR) == quantity


@given(CLASS, FIGURES, FIGURES, FACTORS, FIGURES)
def test_each_part_is_exact_and_rounded_down_once(
    cls: str, power_mwh: Decimal, heat_gj: Decimal, factor: Decimal, emissions_t: Decimal
) -> None:
    """Against fractions; and a gas unit gets its verified emissions at least."""
    worked = power(PowerUnit(cls, power_mwh, heat_gj, factor, emissions_t), RULES, YEAR)
    of_power, of_heat = (
        Fraction(RULES.decimal(f"cea.benchmark.{name}", YEAR)) for name in (cls, CLASSES[cls])
    )
    formula = floor(Fraction(power_mwh) * of_power * Fraction(factor)) + floor(
        Fraction(heat_gj) * of_heat
    )

    wanted = max(formula, floor(emissions_t)) if cls == GAS else formula
    assert worked.quantity == wanted


@pytest.mark.parametrize(("emissions", "quantity"), [("99.9", 99), ("30", 37), ("37.9", 37)])
def test_a_gas_unit_gets_its_verified_emissions_at_least(emissions: str, quantity: int) -> None:
    """Whole tonnes of them; the benchmarks alone give 32 and 5."""
    unit = PowerUnit(GAS, Decimal(100), Decimal(100), emissions_t=Decimal(emissions))

    assert power(unit, RULES, YEAR).quantity == quantity


@given(TONNES, TONNES)
def test_the_cap_only_raises_and_leaves_no_larger_gap(quantity: int, verified: int) -> None:
    """By a whole tonne at most below 80 %, since that is rounded down."""
    raised = gap_capped(quantity, verified, RULES, YEAR)

    assert raised >= quantity
    assert 5 * raised > 4 * verified - 5


@given(TONNES, st.decimals("0", "1", places=4))
def test_a_pre_allocation_never_passes_its_share(verified: int, ratio: Decimal) -> None:
    """And is less than a tonne below it."""
    given_early = pre_allocated(ratio, Decimal(verified))

    assert given_early <= Fraction(ratio) * verified < given_early + 1


def test_a_year_without_benchmarks_is_not_worked_out() -> None:
    """The plan of 2027 is not known."""
    with pytest.raises(NotInForce):
        power(PowerUnit(GAS, Decimal(1), Decimal(1)), RULES, date(2027, 1, 1))
