"""Verified emissions: they become a duty, with room for CCER."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.account import SOURCE
from ledger.model.command import Act, Enter, Expect, Move, Plain
from ledger.model.instrument import Instrument, yearly
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.balances import balance_of
from settlement.desk import Decision
from settlement.instruments import instrument_row
from settlement.registration import account_or_opening

if TYPE_CHECKING:
    from ledger.model.command import Actor, Effect
    from settlement.desk import AnyRow, Reader


@dataclass(frozen=True, slots=True)
class EmissionOrder:
    """A year's emissions as verified, in t CO2e; a change is the next version."""

    party: int
    compliance_year: int
    tco2e: int
    verifier: int
    document_no: str


def verify_emissions(read: Reader, actor: Actor, order: EmissionOrder) -> Decision:
    """Turn verified emissions into a duty, with room for CCER; a new version posts the difference.

    Source: 775号 Art. 14 (surrender at least the verified emissions); 管理办法(试行) Art. 29 (CCER
    up to 5 % of the due quantity, here rounded down to whole tonnes).
    """
    year = order.compliance_year
    last = last_verified(read, order.party, year)
    before = last.tco2e if last else 0
    version = (last.version if last else 0) + 1
    account, opening = account_or_opening(read, order.party, "duty")
    due, room = yearly("DUE-CEA", year), yearly("CCER-ROOM", year)
    share = read.rules.decimal("ccer.cap", date(year, 1, 1))
    effects: list[Effect] = [
        *opening,
        instrument_row(due),
        instrument_row(room),
        _version(order, version),
    ]
    effects += _change(account, due, order.tco2e - before)
    effects += _change(account, room, _share(order.tco2e, share) - _share(before, share))
    body: dict[str, Plain] = {
        "party": encode_id(IdPrefix.PARTY, order.party),
        "compliance_year": year,
        "tco2e": order.tco2e,
        "version": version,
        "verifier": encode_id(IdPrefix.PARTY, order.verifier),
        "document_no": order.document_no,
    }
    held = balance_of(read, account, due.id)
    expect = () if opening else (Expect(account, due.id, held.version if held else 0),)
    return Decision((Act("cea.verify", tuple(effects), body),), expect, body)


def last_verified(read: Reader, party: int, year: int) -> AnyRow | None:
    """Find the latest version of a party's verified emissions of a year: its number and t CO2e."""
    v = t.verified_emission.c
    return read.conn.execute(
        select(v.version, v.tco2e)
        .where(v.party == party, v.compliance_year == year)
        .order_by(v.version.desc())
        .limit(1)
    ).first()


def _share(tco2e: int, share: Decimal) -> int:
    return int((tco2e * share).to_integral_value(ROUND_FLOOR))


def _change(account: int, instrument: Instrument, amount: int) -> list[Move]:
    if amount > 0:
        return [Move(SOURCE, account, instrument.id, amount)]
    return [Move(account, SOURCE, instrument.id, -amount)] if amount < 0 else []


def _version(order: EmissionOrder, version: int) -> Enter:
    return Enter(
        "verified_emission",
        {
            "party": order.party,
            "compliance_year": order.compliance_year,
            "version": version,
            "tco2e": order.tco2e,
            "verifier": order.verifier,
            "document_no": order.document_no,
        },
    )
