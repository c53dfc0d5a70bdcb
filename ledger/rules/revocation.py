"""What may still be withdrawn. Pure: facts in, refusal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.refusals import NotWithFirstHolder
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from ledger.model.lot import Lot, Parcel


def check_untraded(lot: Lot, parcel: Parcel) -> None:
    """Refuse to withdraw certificates that have left their first holder.

    A buyer in good faith keeps; the energy is deducted from the plant's later months instead. The
    power to adjust quantities is found (实施细则), the order of steps is a choice of this house.
    """
    if parcel.trades or parcel.origin != "issued":
        raise NotWithFirstHolder(lot=encode_id(IdPrefix.LOT, lot.id))
