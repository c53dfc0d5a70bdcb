"""What may be sold, and how often. Pure: facts in, refusal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.refusals import CertificateExpired, CertificateNotTradable, PriceMissing, TradedAlready
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from datetime import date

    from ledger.model.command import Move
    from ledger.model.lot import Lot, Parcel


def check_price(move: Move, mode: str) -> None:
    """Refuse a trade without a price. Source: 67号 — platforms push quantity and price."""
    if move.price_fen is None:
        raise PriceMissing(mode=mode)


def check_trade(lot: Lot, parcel: Parcel, day: date, trades_max: int) -> None:
    """Refuse a sale that the law of certificates does not allow.

    Checked in this order: validity, tradability, number of trades.

    Raises:
        CertificateExpired: `day` is past the lot's last day of validity (67号).
        CertificateNotTradable: the lot is of a non-tradable kind (1044号, 67号).
        TradedAlready: the parcel was traded `trades_max` times (1044号: once).
    """
    name = encode_id(IdPrefix.LOT, lot.id)
    if day > lot.valid_until:
        raise CertificateExpired(lot=name, valid_until=lot.valid_until.isoformat())
    if lot.trade != "tradable":
        raise CertificateNotTradable(lot=name)
    if parcel.trades >= trades_max:
        raise TradedAlready(lot=name, trades_max=trades_max)
