"""Closing many budgets in one group: the ready ones together, the others left open with the reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.model.command import Act, Expect, Plain
from ledger.posting.uncollected import uncollected
from ledger.refusals import Refusal
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.fossil_budget.closing import PARCELS_MAX, Closing, closings
from settlement.fossil_budget.filed import filed_many
from settlement.refusals import ClosedApart

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader

_TOLD: Final = ("budget_id", "status", "balance_gce", "statement_n", "statement_sha256")


def close_many(read: Reader, actor: Actor, budgets: Collection[int]) -> Decision:
    """Close those budgets that are ready; each one as `close` would, in the order asked.

    Of units under one provincial cap one may change the room that is free here: what the next one
    counts would rest on what the group itself changes. `ClosedApart` is the reason of the others.

    Raises:
        BudgetUnknown: there is none of a number.
    """
    group = _Group()
    with uncollected():
        for number, found in closings(read, actor, budgets).items():
            group.add(number, found)
    result: dict[str, Plain] = {"closed": group.closed, "left_open": group.left_open}
    return Decision(tuple(group.acts), tuple(group.expect), result)


def check_many(read: Reader, budgets: Collection[int]) -> None:
    """See whether all these budgets are there, before their closing waits for a second person.

    Raises:
        BudgetUnknown: there is none of a number.
    """
    filed_many(read, budgets)


@dataclass(slots=True)
class _Group:
    """What the closings so far come to."""

    acts: list[Act] = field(default_factory=list)
    expect: dict[Expect, None] = field(default_factory=dict)
    closed: list[Plain] = field(default_factory=list)
    left_open: list[Plain] = field(default_factory=list)
    runs: int = 0
    changed: set[tuple[str | None, int]] = field(default_factory=set)

    def add(self, number: int, found: Closing | Refusal) -> None:
        """Take a closing in, or note why its budget stays open."""
        name = encode_id(IdPrefix.FOSSIL_BUDGET, number)
        if isinstance(found, Closing) and not self._fits(found):
            found = ClosedApart(name)
        if isinstance(found, Refusal):
            told: dict[str, Plain] = {"code": found.code, "facts": dict(found.facts())}
            self.left_open.append({"budget_id": name, **told})
            return
        self.runs += found.runs
        self.changed |= {found.place} if found.changes else set()
        self.acts += found.decision.acts
        self.expect |= dict.fromkeys(found.decision.expect)
        self.closed.append({name: found.decision.result[name] for name in _TOLD})

    def _fits(self, found: Closing) -> bool:
        apart = found.rests and found.place in self.changed
        return self.runs + found.runs <= PARCELS_MAX and not apart
