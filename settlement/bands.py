"""The day's price bands of allowances, for the trades that have one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ledger.rules.price_band import BANDS, Traded, check_band
from settlement.quotes import last_closes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.model.instrument import Instrument
    from settlement.desk import Reader


class Trade(Protocol):
    """What is asked of a trade: its mode, its quantity, and its price in fen per unit."""

    @property
    def mode(self) -> str:
        """Name the way it is traded."""

    @property
    def quantity(self) -> int:
        """Give the units traded."""

    @property
    def price_fen(self) -> int | None:
        """Give the price, None if there is none."""


@dataclass(frozen=True, slots=True)
class Bands:
    """The last closes before today, in fen per t, by vintage."""

    read: Reader
    closes: Mapping[int, int]

    def check(self, instrument: Instrument, trade: Trade) -> None:
        """Refuse a trade of allowances outside its band; where nothing was quoted, nothing is checked.

        That a registry whose exchange tells no quotes checks no band is this ledger's own reading.

        Raises:
            BlockQuantity, PriceOutsideBand: `check_band` refuses it.
        """
        close = self.closes.get(instrument.year) if instrument.family == "CEA" else None
        if close is not None and trade.price_fen is not None:
            traded = Traded(trade.mode, trade.quantity, trade.price_fen)
            check_band(traded, close, self.read.rules, self.read.day)


def bands(read: Reader, trades: Iterable[tuple[Instrument | None, Trade]]) -> Bands:
    """Read the closes that these trades are judged by; asks nothing where no allowances are traded."""
    vintages = {
        instrument.year
        for instrument, trade in trades
        if instrument and instrument.family == "CEA" and trade.mode in BANDS
    }
    return Bands(read, last_closes(read, vintages, read.day) if vintages else {})
