"""What may be retired for which claim. Pure: facts in, refusal out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.refusals import CertificateExpired, YearMismatch
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from datetime import date

    from ledger.model.lot import Lot


def check_retirement(lot: Lot, day: date, consumption_year: int, *, same_year: bool) -> None:
    """Refuse a retirement the rulebook does not allow; validity first, then the year.

    Raises:
        CertificateExpired: `day` is past the lot's last day of validity (67号).
        YearMismatch: `same_year` is in force and the production year is another
            (绿证管理实施细则(试行), 622号 §5).
    """
    name = encode_id(IdPrefix.LOT, lot.id)
    if day > lot.valid_until:
        raise CertificateExpired(lot=name, valid_until=lot.valid_until.isoformat())
    if same_year and lot.month.year != consumption_year:
        raise YearMismatch(
            lot=name, production_year=lot.month.year, consumption_year=consumption_year
        )
