"""Compliance: verified emissions as duties, surrender, and where an emitter stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ledger.model.account import DISCHARGED, SOURCE, SURRENDERED
from ledger.model.command import Act, Enter, Expect, Move, Plain
from ledger.model.instrument import Instrument, yearly
from ledger.refusals import DutyExceeded, DutyMissing
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.allowances import emitter_of
from settlement.balances import balance_of
from settlement.desk import Decision
from settlement.instruments import instrument_row
from settlement.registration import account_or_opening

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

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


@dataclass(frozen=True, slots=True)
class SurrenderOrder:
    """Allowances handed in for a compliance year: (vintage, quantity) each."""

    account: int
    compliance_year: int
    allowances: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Obligation:
    """Where an emitter stands for a year, from postings: nothing due means complied."""

    party: int
    compliance_year: int
    verified: int
    taken_over: int  # from a predecessor, less what passed on to a successor
    surrendered: int
    due: int
    ccer_room: int

    @property
    def status(self) -> str:
        """Tell the status; it is a function of postings, never a stored flag."""
        if self.verified == 0 and self.taken_over == 0:
            return "NOT_VERIFIED"
        return "COMPLIED" if self.due == 0 else "DUE"


def verify_emissions(read: Reader, actor: Actor, order: EmissionOrder) -> Decision:
    """Turn verified emissions into a duty, with room for CCER; a new version posts the difference.

    Source: 775号 Art. 14 (surrender at least the verified emissions); 管理办法(试行) Art. 29 (CCER
    up to 5 % of the due quantity, here rounded down to whole tonnes).
    """
    year = order.compliance_year
    last = _last_verified(read, order.party, year)
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


def surrender(read: Reader, actor: Actor, order: SurrenderOrder) -> Decision:
    """Hand in allowances and discharge the duty by as much, in one journal; partly is allowed.

    Raises:
        DutyMissing: no emissions of the year are verified for the account's party.
        DutyExceeded: more would be handed in than is due.
    """
    party = emitter_of(read, order.account)
    year, total = order.compliance_year, sum(quantity for _, quantity in order.allowances)
    account, _ = account_or_opening(read, party, "duty")
    due = yearly("DUE-CEA", year)
    balance = balance_of(read, account, due.id)
    if balance is None:
        raise DutyMissing(compliance_year=year)
    if total > balance.posted:
        raise DutyExceeded(compliance_year=year, asked=total, due=balance.posted)
    units = [
        Move(order.account, SURRENDERED, yearly("CEA", vintage).id, quantity)
        for vintage, quantity in order.allowances
    ]
    discharge = Move(account, DISCHARGED, due.id, total)
    body: dict[str, Plain] = {
        "compliance_year": year,
        "allowances": [{"vintage": v, "quantity": q} for v, q in order.allowances],
    }
    result: dict[str, Plain] = body | {"surrendered": total, "due_left": balance.posted - total}
    expect = Expect(account, due.id, balance.version)
    return Decision((Act("cea.surrender", (*units, discharge), body),), (expect,), result)


def obligation(read: Reader, party: int, year: int) -> Obligation:
    """Read where a party stands for a compliance year."""
    account, _ = account_or_opening(read, party, "duty")
    due, room = yearly("DUE-CEA", year), yearly("CCER-ROOM", year)
    owed, space = balance_of(read, account, due.id), balance_of(read, account, room.id)
    last = _last_verified(read, party, year)
    discharged, restored = (
        _sum(read, due, t.posting.c.debit == account, t.posting.c.credit == DISCHARGED),
        _sum(read, due, t.posting.c.credit == account, t.posting.c.debit == DISCHARGED),
    )
    passed_in, passed_on = _passed(read, account, due)
    return Obligation(
        party=party,
        compliance_year=year,
        verified=last.tco2e if last else 0,
        taken_over=passed_in - passed_on,
        surrendered=discharged - restored,
        due=owed.posted if owed else 0,
        ccer_room=space.posted if space else 0,
    )


def _passed(read: Reader, account: int, due: Instrument) -> tuple[int, int]:
    """Sum what came with a predecessor's duty, and what went with this one, to a successor."""
    p, duties = t.posting.c, select(t.account.c.id).where(t.account.c["class"] == "duty")
    return (
        _sum(read, due, p.credit == account, p.debit.in_(duties)),
        _sum(read, due, p.debit == account, p.credit.in_(duties)),
    )


def _sum(read: Reader, instrument: Instrument, *lines: ColumnElement[bool]) -> int:
    p = t.posting.c
    query = select(func.coalesce(func.sum(p.amount), 0)).where(
        p.instrument == instrument.id, *lines
    )
    return int(read.conn.execute(query).scalar_one())


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


def _last_verified(read: Reader, party: int, year: int) -> AnyRow | None:
    v = t.verified_emission.c
    return read.conn.execute(
        select(v.version, v.tco2e)
        .where(v.party == party, v.compliance_year == year)
        .order_by(v.version.desc())
        .limit(1)
    ).first()
