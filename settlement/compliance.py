"""Allowances: vintages, allocation, verified emissions as duties, and surrender."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ledger.model.account import DISCHARGED, SOURCE, SURRENDERED
from ledger.model.command import Act, Enter, Expect, Move, Plain
from ledger.model.instrument import Instrument, yearly
from ledger.refusals import DutyExceeded, DutyMissing, InstrumentUnknown
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.registration import account_or_opening

if TYPE_CHECKING:
    from ledger.model.command import Actor, Effect
    from settlement.desk import AnyRow, Reader


@dataclass(frozen=True, slots=True)
class VintageOrder:
    """A vintage opened by a document, and the first units of it for a province."""

    vintage: int
    document_no: str
    province_account: int | None = None
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class AllocationOrder:
    """Allowances from a province to an emitter; `stage` says at which step of the year."""

    province_account: int
    account: int
    vintage: int
    quantity: int
    stage: str
    document_no: str


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
    surrendered: int
    due: int
    ccer_room: int

    @property
    def status(self) -> str:
        """Tell the status; it is a function of postings, never a stored flag."""
        if self.verified == 0:
            return "NOT_VERIFIED"
        return "COMPLIED" if self.due == 0 else "DUE"


def open_vintage(read: Reader, actor: Actor, order: VintageOrder) -> Decision:
    """Open a vintage by document; units created for it go to a province's account."""
    instrument = yearly("CEA", order.vintage)
    body: dict[str, Plain] = {"vintage": order.vintage, "document_no": order.document_no}
    acts = [Act("cea.vintage", (_instrument(instrument),), body)]
    if order.province_account is not None and order.quantity is not None:
        created = Move(SOURCE, order.province_account, instrument.id, order.quantity)
        acts.append(Act("cea.create", (created,), body | {"quantity": order.quantity}))
    return Decision(tuple(acts), result={"vintage": order.vintage, "instrument": instrument.code})


def allocate(read: Reader, actor: Actor, order: AllocationOrder) -> Decision:
    """Allocate from a province's account to an emitter's registry account."""
    instrument = _opened(read, order.vintage)
    body: dict[str, Plain] = {
        "vintage": order.vintage,
        "quantity": order.quantity,
        "stage": order.stage,
        "document_no": order.document_no,
    }
    move = Move(order.province_account, order.account, instrument.id, order.quantity)
    return Decision((Act("cea.allocate", (move,), body),), result=body)


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
        _instrument(due),
        _instrument(room),
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
    held = _balance(read, account, due)
    expect = () if opening else (Expect(account, due.id, held.version if held else 0),)
    return Decision((Act("cea.verify", tuple(effects), body),), expect, body)


def surrender(read: Reader, actor: Actor, order: SurrenderOrder) -> Decision:
    """Hand in allowances and discharge the duty by as much, in one journal; partly is allowed.

    Raises:
        DutyMissing: no emissions of the year are verified for the account's party.
        DutyExceeded: more would be handed in than is due.
    """
    party = int(
        read.conn.execute(
            select(t.account.c.party).where(t.account.c.id == order.account)
        ).scalar_one()
    )
    year, total = order.compliance_year, sum(quantity for _, quantity in order.allowances)
    account, _ = account_or_opening(read, party, "duty")
    due = yearly("DUE-CEA", year)
    balance = _balance(read, account, due)
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
    owed, space = _balance(read, account, due), _balance(read, account, room)
    last = _last_verified(read, party, year)
    p = t.posting.c
    discharged = read.conn.execute(
        select(func.coalesce(func.sum(p.amount), 0)).where(
            p.debit == account, p.credit == DISCHARGED, p.instrument == due.id
        )
    ).scalar_one()
    return Obligation(
        party=party,
        compliance_year=year,
        verified=last.tco2e if last else 0,
        surrendered=int(discharged),
        due=owed.posted if owed else 0,
        ccer_room=space.posted if space else 0,
    )


def _share(tco2e: int, share: Decimal) -> int:
    return int((tco2e * share).to_integral_value(ROUND_FLOOR))


def _instrument(instrument: Instrument) -> Enter:
    row: dict[str, Plain] = {
        "id": instrument.id,
        "code": instrument.code,
        "kind": instrument.kind,
        "unit": instrument.unit,
    }
    return Enter("instrument", row, if_absent=True)


def _opened(read: Reader, vintage: int) -> Instrument:
    instrument = yearly("CEA", vintage)
    known = select(t.instrument.c.id).where(t.instrument.c.id == instrument.id)
    if read.conn.execute(known).first() is None:
        raise InstrumentUnknown(instrument=instrument.code)
    return instrument


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


def _balance(read: Reader, account: int, instrument: Instrument) -> AnyRow | None:
    b = t.balance.c
    return read.conn.execute(
        select(b.posted, b.held, b.version).where(
            b.account == account, b.instrument == instrument.id
        )
    ).first()
