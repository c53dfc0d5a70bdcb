"""When a certificate is over. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.refusals import CertificateExpired, CertificateNotExpired
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from datetime import date

    from ledger.model.lot import Lot


def has_expired(valid_until: date, day: date) -> bool:
    """Tell whether validity ended before `day`: the last day itself is valid until 24:00 (67号)."""
    return valid_until < day


def check_valid(lot: Lot, day: date) -> None:
    """Refuse to move a certificate past its last day of validity (67号)."""
    if has_expired(lot.valid_until, day):
        raise CertificateExpired(
            lot=encode_id(IdPrefix.LOT, lot.id), valid_until=lot.valid_until.isoformat()
        )


def check_expiry(lot: Lot, day: date) -> None:
    """Refuse to write off a certificate that is still valid on the registry day `day`."""
    if not has_expired(lot.valid_until, day):
        raise CertificateNotExpired(
            lot=encode_id(IdPrefix.LOT, lot.id), valid_until=lot.valid_until.isoformat()
        )
