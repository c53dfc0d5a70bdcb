"""Reopening a closed year by decision: what was posted stays, and the next closing supersedes.

What the closing retired stays retired; the statement stays as it was served, and the one that
follows names its SHA-256. Who may decide it is the rulebook's `feb.reopen_by`, kinds of parties; until
when, no text read here says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.model.command import Act, Plain
from ledger.rules.rulebook import NotInForce
from ledger.store import tables as t
from settlement.desk import Decision
from settlement.fossil_budget.filed import Filed, filed
from settlement.fossil_budget.restating import event_of
from settlement.refusals import BudgetNotClosed, ReopeningNotYours

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


_NAMED: Final = ("n", "statement_sha256")  # of the statement that stands until the next closing


@dataclass(frozen=True, slots=True)
class ReopenOrder:
    """Why a closed year is opened again, in one line, and the document that says so."""

    reason: str
    document_no: str


def reopen(read: Reader, actor: Actor, budget: int, order: ReopenOrder) -> Decision:
    """Open a closed year again, so that whatever is wrong can be reported, offered or decided anew.

    Raises:
        BudgetUnknown: there is none of this number.
        BudgetNotClosed: its year is open.
        ReopeningNotYours: the rulebook lets others decide that.
        RuleNotInForce: the adopted rulebooks do not cover the year.
    """
    on_file = filed(read, budget)
    if on_file.closing is None:
        raise BudgetNotClosed(on_file.code)
    _check_may(read, actor, on_file)
    decided: dict[str, Plain] = {"reason": order.reason, "document_no": order.document_no}
    names: dict[str, Plain] = {"budget_id": on_file.code, **decided}
    names |= {name: on_file.closing[name] for name in _NAMED if name in on_file.closing}
    act = Act("budget.reopen", (event_of(on_file, "reopen", decided),), names)
    return Decision((act,), (on_file.expect,), names)


def _check_may(read: Reader, actor: Actor, on_file: Filed) -> None:
    try:
        allowed = read.rules.words("feb.reopen_by", date(on_file.year, 1, 1))
    except NotInForce as missing:
        raise missing.refused() from missing
    p = t.party.c
    kinds: list[str] = read.conn.execute(select(p.kinds).where(p.id == actor.party)).scalar_one()
    if allowed.isdisjoint(kinds):
        raise ReopeningNotYours(on_file.code, sorted(allowed))
