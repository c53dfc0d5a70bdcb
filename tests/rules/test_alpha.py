"""What steel, cement and aluminium are given: the plan's examples, and α odd, bounded and monotone."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rulebooks import shipped
from ledger.rules.alpha import allocated, alpha
from ledger.rules.rulebook import NotInForce, Rulebook, Rules

RULES = Rules(tuple(map(Rulebook.parse, shipped())))
YEAR = date(2025, 1, 1)
BALANCE = Decimal("1.60")
VALUES = st.decimals("0.000000001", "100", places=9)
INTENSITIES = st.decimals("0", "200", places=9)


@pytest.mark.parametrize(
    ("intensity", "share", "quantity"),
    [
        ("1.50", Fraction("0.009375"), 5_046_875),
        ("1.28", Fraction("0.03"), 5_150_000),
        ("1.20", Fraction("0.03"), 5_150_000),
        ("1.92", Fraction("-0.03"), 4_850_000),
        ("1.60", Fraction(0), 5_000_000),
    ],
)
def test_the_worked_examples(intensity: str, share: Fraction, quantity: int) -> None:
    """V-11: 5,000,000 t at a balance value of 1.60."""
    found = alpha(BALANCE, Decimal(intensity), RULES, YEAR)

    assert (found, allocated(Decimal(5_000_000), found)) == (share, quantity)


@given(VALUES, st.fractions(0, 2))
def test_it_is_odd_about_the_balance_value(balance: Decimal, distance: Fraction) -> None:
    """As far above as below gives as much less as more."""
    step = (Fraction(balance) * distance).limit_denominator(10**9)
    above = Decimal(step.numerator) / Decimal(step.denominator)
    up, down = balance + above, balance - above
    exact = Fraction(up) - Fraction(balance) == Fraction(balance) - Fraction(down)

    if exact:
        assert alpha(balance, up, RULES, YEAR) == -alpha(balance, down, RULES, YEAR)


@given(VALUES, INTENSITIES)
def test_it_is_bounded(balance: Decimal, intensity: Decimal) -> None:
    """By the cap on both sides."""
    assert abs(alpha(balance, intensity, RULES, YEAR)) <= Fraction("0.03")


@given(VALUES, INTENSITIES, INTENSITIES)
def test_who_emits_more_gets_no_more(balance: Decimal, one: Decimal, other: Decimal) -> None:
    """It never rises with the intensity."""
    less, more = sorted((one, other))

    assert alpha(balance, less, RULES, YEAR) >= alpha(balance, more, RULES, YEAR)


@given(st.decimals("0", "1000000000", places=6), VALUES, INTENSITIES)
def test_what_is_given_is_the_exact_product_rounded_down(
    emissions_t: Decimal, balance: Decimal, intensity: Decimal
) -> None:
    """Less than a tonne is lost, and within 3 % of the verified emissions."""
    share = alpha(balance, intensity, RULES, YEAR)
    exact = Fraction(emissions_t) * (1 + share)

    assert allocated(emissions_t, share) <= exact < allocated(emissions_t, share) + 1


def test_a_year_without_a_slope_is_not_worked_out() -> None:
    """The plan of 2027 is not known."""
    with pytest.raises(NotInForce):
        alpha(BALANCE, BALANCE, RULES, date(2027, 1, 1))
