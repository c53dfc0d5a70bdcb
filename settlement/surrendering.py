"""Surrender (清缴): what is handed in discharges as much of a duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.model.account import DISCHARGED, SURRENDERED
from ledger.model.command import Act, Expect, Move, Plain
from ledger.model.instrument import yearly
from ledger.refusals import DutyExceeded, DutyMissing
from settlement.allowances import emitter_of
from settlement.balances import balance_of
from settlement.desk import Decision
from settlement.registration import account_or_opening

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class SurrenderOrder:
    """Allowances handed in for a compliance year: (vintage, quantity) each."""

    account: int
    compliance_year: int
    allowances: tuple[tuple[int, int], ...]


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
