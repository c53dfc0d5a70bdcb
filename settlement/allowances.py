"""Allowances once they are there: vintages, own moves, cancellation, whose an account is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.account import CANCELLED, SOURCE
from ledger.model.command import Act, FromHold, Move, Plain
from ledger.model.instrument import Instrument, yearly
from ledger.refusals import InstrumentUnknown
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.instruments import instrument_row

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class VintageOrder:
    """A vintage opened by a document, and the first units of it for a province."""

    vintage: int
    document_no: str
    province_account: int | None = None
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class MoveOrder:
    """Allowances that change between an emitter's registry and trading accounts."""

    from_account: int
    to_account: int
    vintage: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CancellationOrder:
    """Allowances a holder gives up for good (自愿注销)."""

    account: int
    vintage: int
    quantity: int
    reason: str
    public: bool


def open_vintage(read: Reader, actor: Actor, order: VintageOrder) -> Decision:
    """Open a vintage by document; units created for it go to a province's account."""
    instrument = yearly("CEA", order.vintage)
    body: dict[str, Plain] = {"vintage": order.vintage, "document_no": order.document_no}
    acts = [Act("cea.vintage", (instrument_row(instrument),), body)]
    if order.province_account is not None and order.quantity is not None:
        created = Move(SOURCE, order.province_account, instrument.id, order.quantity)
        acts.append(Act("cea.create", (created,), body | {"quantity": order.quantity}))
    return Decision(tuple(acts), result={"vintage": order.vintage, "instrument": instrument.code})


def move_own(read: Reader, actor: Actor, order: MoveOrder) -> Decision:
    """Move allowances between the account an emitter hands in from and the one it trades from."""
    instrument = opened_vintage(read, order.vintage)
    move = Move(order.from_account, order.to_account, instrument.id, order.quantity)
    body: dict[str, Plain] = {
        "from_account": encode_id(IdPrefix.ACCOUNT, order.from_account),
        "to_account": encode_id(IdPrefix.ACCOUNT, order.to_account),
        "vintage": order.vintage,
        "quantity": order.quantity,
    }
    return Decision((Act("cea.move", (move,), body),), result=body)


def cancel(
    read: Reader, actor: Actor, order: CancellationOrder, hold: int | None = None
) -> Decision:
    """Cancel allowances for good; `hold` is the approval's. Source: 管理办法(试行) Art. 19."""
    instrument = opened_vintage(read, order.vintage)
    source = FromHold(hold) if hold else None
    move = Move(order.account, CANCELLED, instrument.id, order.quantity, source)
    body: dict[str, Plain] = {
        "account": encode_id(IdPrefix.ACCOUNT, order.account),
        "vintage": order.vintage,
        "quantity": order.quantity,
        "public": order.public,
        "reason": list(order.reason.split("\n")),
    }
    return Decision((Act("cea.cancel", (move,), body),), result=body | {"reason": order.reason})


def opened_vintage(read: Reader, vintage: int) -> Instrument:
    """Name the allowances of a vintage, or refuse if it is not open here."""
    instrument = yearly("CEA", vintage)
    known = select(t.instrument.c.id).where(t.instrument.c.id == instrument.id)
    if read.conn.execute(known).first() is None:
        raise InstrumentUnknown(instrument=instrument.code)
    return instrument


def emitter_of(read: Reader, account: int) -> int:
    """Name the party an account is for: the one it is kept on behalf of, else its own."""
    a = t.account.c
    row = read.conn.execute(select(a.party, a.on_behalf_of).where(a.id == account)).one()
    return int(row.on_behalf_of or row.party)
