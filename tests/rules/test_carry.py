"""What may be carried over: the plan's figures, exact to the tonne."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rulebooks import shipped
from ledger.rules.carry import carried_most, window_of
from ledger.rules.rulebook import NotInForce, Rulebook, Rules

RULES = Rules(tuple(map(Rulebook.parse, shipped())))
TONNES = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("holdings", "net", "most"),
    [
        (500_000, 120_000, 190_000),
        (6_000, 0, 6_000),
        (100_000, 12_345, 28_517),
        (0, 12_345, 0),
        (10_000, 0, 10_000),
        (10_002, 1, 10_001),
    ],
)
def test_what_may_be_carried_is_the_plan_s(holdings: int, net: int, most: int) -> None:
    """2023–24 plan, Annex 5: floor(10,000 + 1.5 × net sales), and never more than is held."""
    assert carried_most(RULES, 2025, holdings, net) == most


@given(TONNES, TONNES)
def test_it_is_rounded_down_exactly(holdings: int, net: int) -> None:
    """Of the two bounds the lower one holds, and one tonne more passes it."""
    most, bound = carried_most(RULES, 2025, holdings, net), 10_000 + Fraction(3, 2) * net

    assert most <= holdings
    assert most <= bound
    assert most + 1 > min(Fraction(holdings), bound)


@given(TONNES, TONNES, TONNES)
def test_more_sold_never_carries_less(holdings: int, net: int, more: int) -> None:
    """Nor does more that was held."""
    most = carried_most(RULES, 2025, holdings, net)

    assert carried_most(RULES, 2025, holdings, net + more) >= most
    assert carried_most(RULES, 2025, holdings + more, net) >= most


def test_nothing_is_carried_into_other_years() -> None:
    """The rule is of 2025 alone."""
    assert window_of(RULES, 2025).on_time_years == (2023, 2024)
    with pytest.raises(NotInForce):
        window_of(RULES, 2026)
