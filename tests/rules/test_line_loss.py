"""What lines lose: sent less received, in whole kWh, by the share of what was sent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rules.factor import FACTORS
from ledger.rules.line_loss import LINE_LOSS, lost_kwh

RECEIVED = st.integers(0, 10**15)
SHARES = st.decimals(0, Decimal("0.999999999"), places=9)


@pytest.mark.parametrize(
    ("received", "share", "lost"),
    [
        (0, "0.5", 0),
        (1_000, "0", 0),
        (95_000, "0.05", 5_000),  # 100,000 sent
        (1_000, "0.05", 53),  # 52.63
        (7_000, "0.03", 216),  # 216.49
        (1, "0.333333333", 0),  # just under half a kWh
        (999, "0.333333333", 499),  # just under 499.5
        (1, "0.5", 1),
        (3, "0.2", 1),  # 0.75
        (2, "0.2", 1),  # half a kWh exactly
        (6, "0.2", 2),  # 1.5: up, not to the even one
        (10, "0.2", 3),  # 2.5: up, not to the even one
        (10**15, "0.999999999", 999_999_999 * 10**15),
    ],
)
def test_what_is_lost_is_of_what_was_sent(received: int, share: str, lost: int) -> None:
    """Not of what was received; half a kWh is rounded up, and no digit is lost before."""
    assert lost_kwh(received, Decimal(share)) == lost


@given(RECEIVED, SHARES)
def test_what_was_sent_came_or_was_lost(received: int, share: Decimal) -> None:
    """Of received and lost together, the share is lost, within half a kWh of it; none is below zero."""
    lost = lost_kwh(received, share)
    ppb = int(share * 10**9)

    assert lost >= 0
    assert abs(2 * (lost * (10**9 - ppb) - received * ppb)) <= 10**9 - ppb


@given(RECEIVED, SHARES, SHARES)
def test_who_loses_a_larger_share_loses_no_less(
    received: int, one: Decimal, other: Decimal
) -> None:
    """Monotone in the share; nothing is lost where the share is zero."""
    less, more = sorted((one, other))

    assert lost_kwh(received, less) <= lost_kwh(received, more)
    assert lost_kwh(received, Decimal(0)) == 0


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9))
def test_a_share_is_a_part_of_one(value: Decimal) -> None:
    """Where all is lost nothing is received, and no quotient tells what was sent."""
    assert FACTORS[LINE_LOSS].holds(value) == (0 <= value < 1)
