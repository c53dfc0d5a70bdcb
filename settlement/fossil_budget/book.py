"""Decisions about fossil budgets: set, charge, offset, close. Whatever changes one restates it.

A restatement posts the differences between the whole grams due now and those that stand, so the
balance is floor(budget - fossil) after any order of acts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.model.command import Plain
from settlement.desk import Decision
from settlement.fossil_budget.charging import Report, charge, charge_many
from settlement.fossil_budget.closing import close
from settlement.fossil_budget.facts import Facts, facts
from settlement.fossil_budget.filed import filed, reported_budget
from settlement.fossil_budget.gaps import gaps_of
from settlement.fossil_budget.offering import Offering, offered, retired_own
from settlement.fossil_budget.restating import event_of, expected, moves, restate
from settlement.fossil_budget.setting import BudgetOrder, set_budget
from settlement.fossil_budget.told import tell, tell_gap, tell_head, tell_result

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader

__all__ = [
    "BudgetOrder",
    "Report",
    "charge",
    "charge_many",
    "close",
    "offset",
    "offset_own",
    "set_budget",
    "statement",
]


def offset(read: Reader, actor: Actor, budget: int, retirements: tuple[int, ...]) -> Decision:
    """Offer retirements to a budget.

    What counts is recognised in the same act, the rest is listed with its reason.

    Raises:
        ConsumptionMissing, BudgetUnknown, BudgetClosed: there is nothing to offset.
        RetirementUnknown, RetirementUsedAlready: a retirement cannot be offered.
        TradedAboveOfftake: more energy was traded than taken from the grid; also as `charge`.
    """
    before = facts(read, reported_budget(read, budget))
    return _recognised(read, before, offered(read, before, retirements))


def offset_own(read: Reader, actor: Actor, budget: int, hold: int | None = None) -> Decision:
    """Retire the fewest own certificates that meet a budget, and offer them, in one act.

    `hold` is that of the approval this waited for: what it set aside is used. Refuses as `offset`.
    """
    before = facts(read, reported_budget(read, budget))
    return _recognised(read, before, retired_own(read, actor, before, hold))


def _recognised(read: Reader, before: Facts, offering: Offering) -> Decision:
    on_file, after = before.on_file, before.with_offers(offering.offers)
    judged = after.judge(read)
    result = tell_result(after.after("offset", offering.body), judged) | dict(offering.result)
    if offering.is_empty and not moves(after, judged):
        return Decision((), result=result | {"unchanged": True})
    event = event_of(on_file, "offset", offering.body)
    act = restate(after, judged, (event, *offering.uses), {"event": "offset"} | offering.named)
    return Decision((*offering.acts, act), (*expected(after, judged), *offering.expect), result)


def statement(read: Reader, budget: int) -> dict[str, Plain]:
    """Tell where a budget stands, or how it was closed; `BudgetUnknown` if there is none."""
    on_file = filed(read, budget)
    if on_file.closing is not None:
        return dict(on_file.closing["statement"])
    if on_file.report is None:
        return tell_head(on_file)
    found = facts(read, on_file)
    told = tell(found, found.judge(read))
    return told | {"gaps": [tell_gap(gap) for gap in gaps_of(read, on_file)]}
