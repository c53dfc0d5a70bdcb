"""Prices and quantities at which allowances are traded."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.refusals.refusal import Refusal


@dataclass(eq=False)
class PriceOutsideBand(Refusal):
    """The price is further from the last close than the day's trading may go (涨跌幅)."""

    code = "price_outside_band"
    mode: str
    price_fen: int
    close_fen: int
    least_fen: int
    most_fen: int


@dataclass(eq=False)
class BlockQuantity(Refusal):
    """The quantity is one of block agreements (大宗协议) and not listed, or too small to be one."""

    code = "block_quantity"
    mode: str
    quantity: int
    block_min: int
