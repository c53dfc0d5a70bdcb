"""The day's price band of allowances: V-16, both roundings, and what no band holds."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.refusals import BlockQuantity, PriceOutsideBand, Refusal
from ledger.rulebooks import shipped
from ledger.rules.price_band import Traded, check_band
from ledger.rules.rulebook import Rulebook, Rules

DAY = date(2026, 3, 2)
CLOSE = 6236
BLOCK = 100_000
SHIPPED = Rules(tuple(map(Rulebook.parse, shipped())))


def rounding_half_up() -> Rules:
    """Give the shipped rules with the limits rounded to the tick."""
    told = [raw.decode() for raw in shipped()]
    name = '[parameters."cea.price_band.rounding"]'
    changed = [
        text.partition(name)[0] + name + text.partition(name)[2].replace('"none"', '"half_up"', 1)
        if name in text
        else text
        for text in told
    ]
    assert changed != told
    return Rules(tuple(Rulebook.parse(text.encode()) for text in changed))


HALF_UP = rounding_half_up()


def refused(mode: str, quantity: int, price_fen: int, rules: Rules = SHIPPED) -> Refusal | None:
    """Tell what stands against a trade after a close of 62.36."""
    try:
        check_band(Traded(mode, quantity, price_fen), CLOSE, rules, DAY)
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize(
    ("mode", "quantity", "price_fen", "code"),
    [
        ("listing", 1, 6859, None),
        ("listing", 1, 6860, "price_outside_band"),
        ("listing", 1, 6861, "price_outside_band"),
        ("listing", 1, 5613, None),
        ("listing", 1, 5612, "price_outside_band"),
        ("bilateral", BLOCK, 8106, None),
        ("bilateral", BLOCK, 8107, "price_outside_band"),
        ("bilateral", BLOCK, 8108, "price_outside_band"),
        ("bilateral", BLOCK, 4366, None),
        ("bilateral", BLOCK, 4365, "price_outside_band"),
        ("listing", BLOCK - 1, CLOSE, None),
        ("listing", BLOCK, CLOSE, "block_quantity"),
        ("bilateral", BLOCK - 1, CLOSE, "block_quantity"),
        ("auction", 1, 1, None),
        ("auction", BLOCK, 10**9, None),
    ],
)
def test_v16(mode: str, quantity: int, price_fen: int, code: str | None) -> None:
    """56.124 to 68.596 listed, 43.652 to 81.068 as a block; 68.60 is refused while nothing is rounded."""
    found = refused(mode, quantity, price_fen)

    assert (found.code if found else None) == code


def test_a_refusal_names_the_prices_that_would_do() -> None:
    """Whole fen within the band, so that its reader need not work them out."""
    outside, small = refused("listing", 1, 6861), refused("bilateral", 7, CLOSE)

    assert isinstance(outside, PriceOutsideBand)
    assert (outside.least_fen, outside.most_fen, outside.close_fen) == (5613, 6859, CLOSE)
    assert isinstance(small, BlockQuantity)
    assert (small.mode, small.quantity, small.block_min) == ("bilateral", 7, BLOCK)


def test_limits_may_be_rounded_to_the_tick() -> None:
    """O-13: 68.596 becomes 68.60, 81.068 becomes 81.07, and 56.124 becomes 56.12."""
    assert refused("listing", 1, 6860, HALF_UP) is None
    assert refused("listing", 1, 6861, HALF_UP) is not None
    assert refused("listing", 1, 5612, HALF_UP) is None
    assert refused("bilateral", BLOCK, 8107, HALF_UP) is None
    assert refused("bilateral", BLOCK, 8108, HALF_UP) is not None


@given(
    close_fen=st.integers(1, 10**7),
    price_fen=st.integers(1, 2 * 10**7),
    quantity=st.integers(1, 2 * BLOCK),
)
def test_a_band_is_exact(close_fen: int, price_fen: int, quantity: int) -> None:
    """In whole numbers alone: ten times the price against nine and eleven times the close."""
    mode, tenths = ("listing", 1) if quantity < BLOCK else ("bilateral", 3)
    within = abs(10 * price_fen - 10 * close_fen) <= tenths * close_fen
    traded = Traded(mode, quantity, price_fen)
    expected: Any = nullcontext() if within else pytest.raises(PriceOutsideBand)

    with expected:
        check_band(traded, close_fen, SHIPPED, DAY)
