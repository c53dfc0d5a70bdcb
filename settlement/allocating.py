"""Allocation: what a province gives an emitter and gets back, and cuts by decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, or_, select

from ledger.model.account import DISCHARGED, SOURCE
from ledger.model.command import Act, Effect, Expect, Move, Plain
from ledger.model.instrument import CEA_DEBT, Instrument, yearly
from ledger.rules.rulebook import NotInForce
from ledger.rules.stage import is_approved
from ledger.store import tables as t
from ledger.store.queries.acts import record
from schemas.identifiers import IdPrefix, encode_id
from settlement.allowances import emitter_of, opened_vintage
from settlement.balances import balance_of
from settlement.desk import Decision
from settlement.entitlement.quota import stages_of, used_of
from settlement.entitlement.returning import Return, returns
from settlement.refusals import (
    AllocationAboveApproved,
    ReductionBarred,
    ReturnAboveAllocated,
    ReturnWithoutProvince,
    StageNotApproved,
)
from settlement.registration import account_or_opening

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from ledger.rules.rulebook import Rules
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
    """Allowances an emitter gives its province back; of the account they came from if none is named."""

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
class Duty:
    """An emitter's duty account as allocation sees it: what is owed, and what may be allocated yet.

    `quota` is None for vintages whose approval was elsewhere; figures in t CO2e, with their versions.
    """

    account: int
    is_open: bool = True
    debt: int = 0
    debt_version: int = 0
    quota: int | None = None
    quota_version: int = 0

    def expects(self, vintage: int) -> tuple[Expect, ...]:
        """State what an allocation rests on: no reduction came, nor another allocation."""
        if not self.is_open:
            return ()
        owed = Expect(self.account, CEA_DEBT, self.debt_version)
        if self.quota is None:
            return (owed,)
        return owed, Expect(self.account, yearly("QUOTA-CEA", vintage).id, self.quota_version)


def by_approval(rules: Rules, vintage: int) -> bool:
    """Say whether a vintage is allocated within what two persons approved; its year is the compliance year.

    Raises:
        RuleNotInForce: no rule says so.
    """
    try:
        return rules.flag("cea.allocation_by_approval", date(vintage, 1, 1))
    except NotInForce as missing:
        raise missing.refused() from missing


def allocate(read: Reader, actor: Actor, order: AllocationOrder) -> Decision:
    """Allocate to an emitter, or into custody for it, within what is approved.

    Raises:
        AllocationAboveApproved: more than is approved and not allocated yet.
        StageNotApproved: what is approved has no such stage.
        RuleNotInForce: no rule says whether the vintage needs an approval.
    """
    opened_vintage(read, order.vintage)
    duty = _duty(read, order)
    if duty.quota is not None and order.quantity > duty.quota:
        raise AllocationAboveApproved(
            account=encode_id(IdPrefix.ACCOUNT, order.account),
            asked=order.quantity,
            quota=duty.quota,
        )
    if duty.quota is not None:
        _check_stage(read, order)
    act = allocation(order, duty)
    result = {**act.body, "debt_left": duty.debt - kept_back(order, duty)}
    return Decision((act,), duty.expects(order.vintage), result)


def _check_stage(read: Reader, order: AllocationOrder) -> None:
    """Refuse a stage that was not approved of the year: a record says by which approval it allocates."""
    party = emitter_of(read, order.account)
    if not is_approved(order.stage, stages_of(read, order.vintage, party)):
        raise StageNotApproved(party=encode_id(IdPrefix.PARTY, party), stage=order.stage)


def kept_back(order: AllocationOrder, duty: Duty) -> int:
    """Count what of an allocation is kept back for what the emitter owes from reductions."""
    return min(order.quantity, duty.debt)


def allocation(order: AllocationOrder, duty: Duty) -> Act:
    """Give the act of an allocation that was found to be in order.

    Source: the allocation plan's notes on 核减 (draft text): a reduction decided earlier is carried
    across pre-allocation and approval until it is kept back in full.
    """
    instrument, kept = yearly("CEA", order.vintage), kept_back(order, duty)
    effects: list[Effect] = []
    if order.quantity > kept:
        effects.append(
            Move(order.province_account, order.account, instrument.id, order.quantity - kept)
        )
    if kept:
        effects.append(Move(duty.account, DISCHARGED, CEA_DEBT, kept))
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
    if duty.quota is not None:
        quota = yearly("QUOTA-CEA", order.vintage)
        effects.append(Move(duty.account, DISCHARGED, quota.id, order.quantity))
        body["compliance_year"] = order.vintage
    return Act("cea.allocate", tuple(effects), body)


def _duty(read: Reader, order: AllocationOrder) -> Duty:
    account, opening = account_or_opening(read, emitter_of(read, order.account), "duty")
    debt = balance_of(read, account, CEA_DEBT)
    duty = Duty(account, not opening, *((debt.posted, debt.version) if debt else ()))
    if not by_approval(read.rules, order.vintage):
        return duty
    quota = balance_of(read, account, yearly("QUOTA-CEA", order.vintage).id)
    left, version = (quota.posted, quota.version) if quota else (0, 0)
    return replace(duty, quota=left, quota_version=version)


def return_allowances(read: Reader, actor: Actor, order: ReturnOrder) -> Decision:
    """Send allowances of one's own back to the province: what was kept back first, a debt at last (多退少补).

    Raises:
        ReturnAboveAllocated: more than was allocated of the vintage and not returned yet.
        ReturnWithoutProvince: no province is named, and none allocated this vintage to the account.
    """
    instrument, party = opened_vintage(read, order.vintage), emitter_of(read, order.account)
    quota = by_approval(read.rules, order.vintage)
    duty, opening = account_or_opening(read, party, "duty")
    balance = balance_of(read, order.account, instrument.id)
    allocated, kept = (
        used_of(read, yearly("QUOTA-CEA", order.vintage), [party]).get(party, (0, 0))
        if quota
        else _allocated_freely(read, party, duty, instrument)
    )
    if order.quantity > allocated:
        raise ReturnAboveAllocated(
            account=encode_id(IdPrefix.ACCOUNT, order.account),
            asked=order.quantity,
            allocated=allocated,
        )
    acts = returns(
        Return(
            order.vintage,
            order.quantity,
            order.stage,
            order.document_no,
            order.province_account or _allocated_by(read, order.account, instrument),
            duty,
            opening,
            kept,
            ((order.account, balance.posted - balance.held if balance else 0),),
            quota,
        )
    )
    expect = [Expect(order.account, instrument.id, balance.version if balance else 0)]
    if not opening:
        debt = balance_of(read, duty, CEA_DEBT)
        expect.append(Expect(duty, CEA_DEBT, debt.version if debt else 0))
    return Decision(acts, tuple(expect), acts[0].body)


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


def _allocated_freely(
    read: Reader, party: int, duty: int, instrument: Instrument
) -> tuple[int, int]:
    """Sum what was allocated of a vintage that needs no approval, and what of it was kept back.

    Units between the province and the emitter's accounts, what was kept back, less what could not be
    returned and became a debt.
    """
    a, p = t.account.c, t.posting.c
    own = select(a.id).where(or_(a.party == party, a.on_behalf_of == party))
    provinces = select(a.id).where(a["class"] == "province")
    units = _net(read, instrument.id, p.debit.in_(provinces), p.credit.in_(own))
    units -= _net(read, instrument.id, p.credit.in_(provinces), p.debit.in_(own))
    of_vintage, debt = _of_vintage(instrument.year), CEA_DEBT
    kept = _net(read, debt, p.debit == duty, p.credit == DISCHARGED, of_vintage)
    kept -= _net(read, debt, p.credit == duty, p.debit == DISCHARGED, of_vintage)
    owed = _net(read, debt, p.credit == duty, p.debit == SOURCE, of_vintage)
    owed -= _net(read, debt, p.debit == duty, p.credit == SOURCE, of_vintage)
    return units + kept - owed, kept


def _net(read: Reader, instrument: int, *lines: ColumnElement[bool]) -> int:
    p = t.posting.c
    query = select(func.coalesce(func.sum(p.amount), 0)).where(p.instrument == instrument, *lines)
    return int(read.conn.execute(query).scalar_one())


def _of_vintage(vintage: int) -> ColumnElement[bool]:
    """Write the condition that a posting is of an act on this vintage, or took one back."""
    j, as_is = t.journal.c, t.journal.alias("as_is").c
    body = record()["body"]["vintage"].astext
    return (
        select(as_is.seq)
        .where(
            as_is.seq == t.posting.c.journal,
            j.seq == func.coalesce(as_is.reverses, as_is.seq),
            j.kind.in_(("cea.allocate", "cea.return")),
            body == str(vintage),
        )
        .exists()
    )
