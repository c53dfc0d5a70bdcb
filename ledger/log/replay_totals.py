"""What a replay comes to: per instrument, what was made, what became of it, and what is held. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.log.replay_state import State


@dataclass(frozen=True, slots=True)
class Totals:
    """Whole units by instrument and by where they are; sources stand below zero."""

    records: int
    accounts: int
    lots: int
    open_requests: int  # whose last journals are not in the log yet
    by_place: dict[str, dict[str, int]]  # instrument → class of account → units
    statements: int  # on which budgets were closed, and which the log comes to
    untold: tuple[tuple[str, int], ...]  # budgets and indexes of closings that name no statement


def totals_of(state: State) -> Totals:
    """Add up balances by class of account."""
    by_place: dict[str, dict[str, int]] = {}
    for (account, code), row in sorted(state.balances.items()):
        places, cls = by_place.setdefault(code, {}), state.accounts[account].cls
        places[cls] = places.get(cls, 0) + row.posted
    return Totals(
        records=len(state.ids.numbers),
        accounts=sum(not holder.contra for holder in state.accounts.values()),
        lots=len(state.lots),
        open_requests=len(state.groups),
        by_place=by_place,
        statements=state.filed.equal,
        untold=tuple(state.filed.untold),
    )
