"""Provinces' figures: which there are, and which values they may have."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.refusals import FactorOutOfRange, FactorUnknown
from ledger.rules.factor import CERTIFICATES_MAX, FACTORS, check_factor


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", "0"),
        ("k", "0.25"),
        ("k", "0.999999999"),
        ("line_loss", "0"),
        ("line_loss", "0.999999999"),
        ("cap_in_province", "0"),
        ("cap_out_of_province", str(CERTIFICATES_MAX)),
        ("share.aluminium", "0.252"),
        ("share.rps_total", "1"),
        ("balance.steel", "1.8352"),
    ],
)
def test_a_figure_within_its_interval_is_taken(name: str, value: str) -> None:
    """Both ends of an interval are tried; k never reaches 1, or nothing would be left to buy."""
    check_factor(name, Decimal(value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("k", "1"),
        ("k", "1.5"),
        ("k", "-0.000000001"),
        ("k", "1E-10"),
        ("k", "0.0000000001"),
        ("k", "NaN"),
        ("line_loss", "1"),
        ("line_loss", "-0.000000001"),
        ("line_loss", "0.0000000001"),
        ("k", "Infinity"),
        ("cap_in_province", "-1"),
        ("balance.cement", "0"),
        ("cap_in_province", "0.5"),
        ("cap_out_of_province", str(CERTIFICATES_MAX + 1)),
        ("share.aluminium", "25.2"),
        ("share.rps_total", "-0.1"),
    ],
)
def test_a_figure_that_cannot_be_true_is_refused(name: str, value: str) -> None:
    """Outside its interval, or finer than the arithmetic allows; the interval is told."""
    with pytest.raises(FactorOutOfRange) as refused:
        check_factor(name, Decimal(value))

    assert (refused.value.name, refused.value.allowed) == (name, str(FACTORS[name]))


@pytest.mark.parametrize("name", ["nonsense", "K", "cap_in_provence", "share.", "share.steal"])
def test_a_figure_nobody_asks_for_is_refused(name: str) -> None:
    """A misspelt cap would be no cap, silently; the names there are come with the refusal."""
    with pytest.raises(FactorUnknown) as refused:
        check_factor(name, Decimal(0))

    assert "k" in refused.value.known


def test_an_interval_says_whether_its_end_is_in_it() -> None:
    """As mathematicians write it."""
    assert str(FACTORS["k"]) == "[0, 1), 9 decimals"
    assert str(FACTORS["share.steel"]) == "[0, 1], 9 decimals"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9))
def test_a_k_is_taken_if_it_is_a_part_of_one(value: Decimal) -> None:
    """Exactly the values of [0, 1), whatever else is tried."""
    if 0 <= value < 1:
        check_factor("k", value)
    else:
        with pytest.raises(FactorOutOfRange):
            check_factor("k", value)
