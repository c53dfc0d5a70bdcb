"""What may be sold, and how often. Pure: facts in, refusal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.refusals import (
    CertificateExpired,
    CertificateNotTradable,
    GreenPowerNotResold,
    PriceMissing,
    PriceNotAllowed,
    TradedAlready,
)
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from datetime import date

    from ledger.kinds import Kind
    from ledger.model.command import Move
    from ledger.model.lot import Lot, Parcel


def check_price(move: Move, kind: Kind) -> None:
    """Refuse a trade without a price, and a price where nothing is sold.

    Source: 67号 — platforms push quantity and price; 实施细则 Art. 24 to 26 — assignment has none.
    """
    if kind.rule == "trade" and move.price_fen is None:
        raise PriceMissing(mode=kind.name)
    if kind.rule != "trade" and move.price_fen is not None:
        raise PriceNotAllowed(kind=kind.name)


def check_trade(lot: Lot, parcel: Parcel, day: date, trades_max: int) -> None:
    """Refuse a sale that the law of certificates does not allow.

    Checked in this order: validity, tradability, green power, number of trades.

    Raises:
        CertificateExpired: `day` is past the lot's last day of validity (67号).
        CertificateNotTradable: the lot is of a non-tradable kind (1044号, 67号).
        GreenPowerNotResold: the parcel came with settled green power (实施细则 Art. 23).
        TradedAlready: the parcel was traded `trades_max` times (1044号: once).
    """
    if day > lot.valid_until:
        raise CertificateExpired(lot=_name(lot), valid_until=lot.valid_until.isoformat())
    if lot.trade != "tradable":
        raise CertificateNotTradable(lot=_name(lot))
    if parcel.origin == "green_power":
        raise GreenPowerNotResold(lot=_name(lot))
    if parcel.trades >= trades_max:
        raise TradedAlready(lot=_name(lot), trades_max=trades_max)


def _name(lot: Lot) -> str:
    return encode_id(IdPrefix.LOT, lot.id)
