"""Certificates that move by rule instead of by sale. Pure: facts in, refusal out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from ledger.refusals import CertificateExpired, NotAssignable, SettledEnergyShort
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from datetime import date

    from ledger.model.lot import Lot

Assignment: TypeAlias = Literal["hydro", "self_use", "off_grid", "mechanism"]


def check_assignment(lot: Lot, day: date, assignment: Assignment) -> None:
    """Refuse certificates that this assignment is not made for; validity first.

    Source: 绿证管理实施细则(试行) Art. 24 (stock hydro), 25 (self-use), 26 (off-grid sale); its
    provision on provincial accounts (energy under the sustainable price mechanism).

    Raises:
        CertificateExpired: `day` is past the lot's last day of validity (67号).
        NotAssignable: the lot is of another energy, category or price mechanism.
    """
    name = encode_id(IdPrefix.LOT, lot.id)
    if day > lot.valid_until:
        raise CertificateExpired(lot=name, valid_until=lot.valid_until.isoformat())
    fits = {
        "hydro": lot.energy == "hydro"
        and lot.category == "on_grid"
        and lot.trade == "non_tradable",
        "self_use": lot.category == "self_use",
        "off_grid": lot.category == "off_grid",
        "mechanism": lot.mechanism,
    }
    if not fits[assignment]:
        raise NotAssignable(lot=name, assignment=assignment)


def check_settled(units: int, settled_kwh: int, kwh_per_certificate: int) -> None:
    """Refuse more certificates than the energy that was settled.

    Source: 绿证管理实施细则(试行) Art. 23: certificates follow the settled energy.
    """
    if units * kwh_per_certificate > settled_kwh:
        raise SettledEnergyShort(asked=units, settled_kwh=settled_kwh)
