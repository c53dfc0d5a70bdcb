"""How far the price of an allowance may go from the last close, and which quantities are blocks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Final

from ledger.refusals import BlockQuantity, PriceOutsideBand

if TYPE_CHECKING:
    from datetime import date

    from ledger.rules.rulebook import Rules

BANDS: Final = {"listing": "cea.price_band.listed", "bilateral": "cea.price_band.block"}
"""Which band holds for a mode of trade: 挂牌协议 is listing, 大宗协议 bilateral (own reading); a
one-way auction (单向竞价) has none."""


@dataclass(frozen=True, slots=True)
class Traded:
    """A trade of allowances: its mode, quantity in t CO2e, and price in fen per t."""

    mode: str
    quantity: int
    price_fen: int


def check_band(traded: Traded, close_fen: int, rules: Rules, day: date) -> None:
    """Refuse a quantity that its mode does not take, and a price outside the day's band.

    `close_fen` is the last close, in fen per t. Limits belong to the band. Whether they are rounded
    to the tick was not read: `cea.price_band.rounding` says so.

    Source: 关于全国碳排放权交易相关事项的公告 (2021): listed below 100,000 t within 10 %, block from
    100,000 t on within 30 % of the previous close.

    Raises:
        BlockQuantity: listed from `cea.block_min` on, or bilateral below it.
        PriceOutsideBand: the price is below or above the band.
    """
    band = BANDS.get(traded.mode)
    if band is None:
        return
    block_min = rules.integer("cea.block_min", day)
    if (traded.quantity >= block_min) != (traded.mode == "bilateral"):
        raise BlockQuantity(mode=traded.mode, quantity=traded.quantity, block_min=block_min)
    least, most = limits(close_fen, rules, day, band)
    if not least <= traded.price_fen <= most:
        raise PriceOutsideBand(
            mode=traded.mode,
            price_fen=traded.price_fen,
            close_fen=close_fen,
            least_fen=ceil(least),
            most_fen=floor(most),
        )


def limits(close_fen: int, rules: Rules, day: date, band: str) -> tuple[Fraction, Fraction]:
    """Give the least and the most price of a band, in fen per t; rounded to the tick if the rule says so."""
    share = Fraction(rules.decimal(band, day))
    least, most = close_fen * (1 - share), close_fen * (1 + share)
    if rules.text("cea.price_band.rounding", day) == "half_up":
        tick = rules.integer("cea.tick_fen", day)
        return _to_tick(least, tick), _to_tick(most, tick)
    return least, most


def _to_tick(limit: Fraction, tick: int) -> Fraction:
    return Fraction(floor(limit / tick + Fraction(1, 2)) * tick)
