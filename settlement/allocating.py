"""Allocation: what a province gives an emitter and gets back, keeps in custody, and cuts by decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.account import DISCHARGED, SOURCE
from ledger.model.command import Act, Expect, Move, Plain
from ledger.model.instrument import CEA_DEBT, Instrument
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.allowances import emitter_of, opened_vintage
from settlement.balances import balance_of
from settlement.desk import Decision
from settlement.refusals import NotInCustodyFor, ReductionBarred, ReturnWithoutProvince
from settlement.registration import account_or_opening

if TYPE_CHECKING:
    from ledger.model.command import Actor, Effect
    from settlement.desk import Reader


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
class ReturnOrder:
    """Allowances an emitter owes its province back; of the account they came from if none is named."""

    account: int
    vintage: int
    quantity: int
    stage: str
    document_no: str
    province_account: int | None = None


@dataclass(frozen=True, slots=True)
class ReductionOrder:
    """A decision (核减) that cuts what an emitter is allocated from now on, in t CO2e."""

    account: int
    quantity: int
    cause: str  # non_surrender, fraud
    document_no: str


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """Allowances a province lets go out of its custody to the emitter."""

    custody_account: int
    account: int
    vintage: int
    quantity: int
    document_no: str


def allocate(read: Reader, actor: Actor, order: AllocationOrder) -> Decision:
    """Allocate to an emitter, or into custody for it; what it owes from reductions is kept back.

    Source: the allocation plan's notes on 核减 (draft text): a reduction decided earlier is carried
    across pre-allocation and approval until it is kept back in full.
    """
    instrument = opened_vintage(read, order.vintage)
    duty, opening = account_or_opening(read, emitter_of(read, order.account), "duty")
    debt = None if opening else balance_of(read, duty, CEA_DEBT)
    kept = min(order.quantity, debt.posted) if debt else 0
    moves: list[Effect] = []
    if order.quantity > kept:
        moves.append(
            Move(order.province_account, order.account, instrument.id, order.quantity - kept)
        )
    if kept:
        moves.append(Move(duty, DISCHARGED, CEA_DEBT, kept))
    body: dict[str, Plain] = {
        "account": encode_id(IdPrefix.ACCOUNT, order.account),
        "province_account": encode_id(IdPrefix.ACCOUNT, order.province_account),
        "instrument": instrument.code,
        "vintage": order.vintage,
        "quantity": order.quantity,
        "kept_back": kept,
        "stage": order.stage,
        "document_no": order.document_no,
    }
    expect = (Expect(duty, CEA_DEBT, debt.version),) if debt and kept else ()
    left = debt.posted - kept if debt else 0
    return Decision((Act("cea.allocate", tuple(moves), body),), expect, body | {"debt_left": left})


def return_allowances(read: Reader, actor: Actor, order: ReturnOrder) -> Decision:
    """Send over-allocation back to the province; what the emitter lacks becomes a debt (多退少补).

    Raises:
        ReturnWithoutProvince: no province is named, and none allocated this vintage to the account.
    """
    instrument = opened_vintage(read, order.vintage)
    province = order.province_account or _allocated_by(read, order.account, instrument)
    balance = balance_of(read, order.account, instrument.id)
    free = balance.posted - balance.held if balance else 0
    given = min(order.quantity, free)
    lacking = order.quantity - given
    effects: list[Effect] = []
    if given:
        effects.append(Move(order.account, province, instrument.id, given))
    if lacking:
        duty, opening = account_or_opening(read, emitter_of(read, order.account), "duty")
        effects += [*opening, Move(SOURCE, duty, CEA_DEBT, lacking)]
    body: dict[str, Plain] = {
        "account": encode_id(IdPrefix.ACCOUNT, order.account),
        "province_account": encode_id(IdPrefix.ACCOUNT, province),
        "instrument": instrument.code,
        "vintage": order.vintage,
        "quantity": order.quantity,
        "returned": given,
        "debt": lacking,
        "stage": order.stage,
        "document_no": order.document_no,
    }
    expect = (Expect(order.account, instrument.id, balance.version if balance else 0),)
    return Decision((Act("cea.return", tuple(effects), body),), expect, body)


def reduce_allocation(read: Reader, actor: Actor, order: ReductionOrder) -> Decision:
    """Put a decided reduction on the emitter as a debt that later allocations keep back.

    Raises:
        ReductionBarred: for non-surrender, from 2026-08-15 (国令843号 dropped the equal deduction).
    """
    if order.cause == "non_surrender" and not read.rules.flag(
        "cea.reduction.non_surrender", read.day
    ):
        raise ReductionBarred(cause=order.cause, day=read.day.isoformat())
    duty, opening = account_or_opening(read, emitter_of(read, order.account), "duty")
    debt = None if opening else balance_of(read, duty, CEA_DEBT)
    body: dict[str, Plain] = {
        "account": encode_id(IdPrefix.ACCOUNT, order.account),
        "quantity": order.quantity,
        "cause": order.cause,
        "document_no": order.document_no,
    }
    owed = Move(SOURCE, duty, CEA_DEBT, order.quantity)
    expect = (Expect(duty, CEA_DEBT, debt.version),) if debt else ()
    result = body | {"debt_left": (debt.posted if debt else 0) + order.quantity}
    return Decision((Act("cea.reduce", (*opening, owed), body),), expect, result)


def release(read: Reader, actor: Actor, order: ReleaseOrder) -> Decision:
    """Let allowances in custody go to the emitter they are kept for.

    Raises:
        NotInCustodyFor: the receiving account is not that emitter's.
    """
    instrument = opened_vintage(read, order.vintage)
    if emitter_of(read, order.custody_account) != emitter_of(read, order.account):
        raise NotInCustodyFor(account=encode_id(IdPrefix.ACCOUNT, order.account))
    move = Move(order.custody_account, order.account, instrument.id, order.quantity)
    body: dict[str, Plain] = {
        "custody_account": encode_id(IdPrefix.ACCOUNT, order.custody_account),
        "account": encode_id(IdPrefix.ACCOUNT, order.account),
        "vintage": order.vintage,
        "quantity": order.quantity,
        "document_no": order.document_no,
    }
    return Decision((Act("cea.release", (move,), body),), result=body)


def _allocated_by(read: Reader, account: int, instrument: Instrument) -> int:
    """Find the province account that allocated last."""
    p, a = t.posting.c, t.account.c
    found = read.conn.execute(
        select(p.debit)
        .join_from(t.posting, t.account, a.id == p.debit)
        .where(p.credit == account, p.instrument == instrument.id, a["class"] == "province")
        .order_by(p.journal.desc())
        .limit(1)
    ).scalar()
    if found is None:
        raise ReturnWithoutProvince(account=encode_id(IdPrefix.ACCOUNT, account))
    return int(found)
