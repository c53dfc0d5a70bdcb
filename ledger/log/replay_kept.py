"""What is kept back of allocations for reductions, and owed again first when some of them return. Pure.

Source: 2025-2026年度配额总量和分配方案, 征求意见稿, notes on 核减 (the example of stage 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.log.replay_ets import place_of
from ledger.log.replay_faults import BodyMismatch
from ledger.log.replay_state import CONTRA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.log.replay_state import Entry, State

_DEBT: Final = "CEA-DEBT"
_KEPT: Final = frozenset({"cea.allocate", "cea.return"})
KEEPING: Final = _KEPT | {"reverse.act"}
"""Kinds that keep back or un-keep, or take that back."""


def note_kept(state: State, entry: Entry) -> None:
    """Count what of a vintage is kept back; a return un-keeps, and taking either back does the opposite."""
    kind = entry.act.kind.name
    did: Mapping[str, Any] = entry.act.reverses or {"kind": kind, "body": entry.act.body}
    if did["kind"] not in _KEPT:
        return
    for posting in entry.record.get("postings", ()):
        for end, other, sign in (("debit", "credit", 1), ("credit", "debit", -1)):
            if posting["instrument"] == _DEBT and posting[other] == CONTRA["discharged"]:
                place = place_of(state.accounts[posting[end]].owner, did["body"]["vintage"])
                units = sign * int(posting["amount"])
                state.ets.kept[place] = state.ets.kept.get(place, 0) + units


def note_return(state: State, entry: Entry) -> None:
    """Add a return to what its request returns of a vintage: owed again of what was kept, and all else."""
    body, group = entry.act.body, entry.group
    place = place_of(state.accounts[body["account"]].owner, body["vintage"])
    group.back = group.back or {}
    row = group.back.setdefault(place, [max(0, state.ets.kept.get(place, 0)), 0, 0])
    row[1] += int(body.get("unkept", 0))
    row[2] += int(body["returned"]) + int(body["debt"])


def check_returned(back: dict[str, list[int]]) -> None:
    """See that what was kept back is owed again before anything else returns, and no more than that.

    Raises:
        BodyMismatch: units went or became a debt before it, or more was un-kept than had been kept.
    """
    for place, (kept, unkept, rest) in back.items():
        if unkept != min(kept, unkept + rest):
            told = f"{unkept} are owed again, and {rest} return"
            raise BodyMismatch(f"of {kept} of {place} that were kept back {told}")
