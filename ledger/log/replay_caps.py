"""Room under provincial caps on certificates: who made it, who takes it, and never more than there is. Pure.

Free room lies on the registry's duty account, what was recognised without a cap on its budget account.
Source: guide 622 of 2026, annex 3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from ledger.log.replay_faults import BodyMismatch, CapPassed, NameTaken, NameUnknown
from ledger.log.replay_state import REGISTRY, Entry, Key, Line, Row, State, change

_WAYS: Final = {"in_province": "in", "out_of_province": "out"}
_PREFIX: Final = "CAP-"


def lines_of_cap(state: State, entry: Entry) -> list[Line]:
    """Describe what setting a cap posts: the difference, and what was recognised before the first.

    Raises:
        NameTaken: it is not the next version.
        NameUnknown: the registry's accounts for caps are not opened.
    """
    body = entry.act.body
    code = code_of(body["province"], body["direction"], body["year"])
    version, before = state.caps.get(code, (0, 0))
    if int(body["version"]) != version + 1:
        raise NameTaken(f"version {body['version']} of {code} follows version {version}")
    cap, free, beyond = int(body["cap"]), ours(state, "duty"), ours(state, "budget")
    state.caps[code] = (version + 1, cap)
    made = change(free, "source", code, cap - before)
    return [made, (free, beyond, code, -lying(state, beyond, code))]


def lines_of_part(state: State, entry: Entry) -> list[Line]:
    """Describe the part of a cap's room that a unit gets."""
    body = entry.act.body
    party, _ = budget_of(state, body)
    duty = state.own.get((party, "duty", party))
    return [(ours(state, "duty"), duty, body["instrument"], int(body["quantity"]))]


def run_apportionment(state: State, entry: Entry) -> None:
    """Take note that a cap is shared out.

    Raises:
        NameTaken: it is not the next run.
        CapPassed: there is other room than is told.
    """
    body = entry.act.body
    code = code_of(body["province"], body["direction"], body["year"])
    if int(body["version"]) != state.apportioned.get(code, 0) + 1:
        raise NameTaken(f"run {body['version']} of {code} is not the next one")
    state.apportioned[code] = int(body["version"])
    free = lying(state, ours(state, "duty"), code)
    if free != int(body["room"]):
        raise CapPassed(f"{free} of {code} are free, and {body['room']} are shared out")


def check_capped(state: State, entry: Entry) -> None:
    """Hold what a restated budget takes of caps against what it says, and against there being a cap.

    Raises:
        CapPassed: it takes room that is not its own to take, beyond a cap perhaps.
        BodyMismatch: it has other room than it says.
    """
    body, told = entry.act.body, entry.act.body.get("capped", {})
    party, year = budget_of(state, body)
    account = state.own.get((party, "budget", party), "")
    province = state.provinces.get(party, "")
    codes = {code_of(province, to, year): int(units) for to, units in told.items()}
    taken = [p for p in entry.record.get("postings", ()) if p["instrument"].startswith(_PREFIX)]
    for posting in taken:
        _check_taking(state, posting, (account, party), codes)
    _note_rooms(state, entry, taken)
    for code, units in codes.items():
        if lying(state, account, code) != units:
            raise BodyMismatch(f"the budget has {lying(state, account, code)} of {code}")


def _note_rooms(state: State, entry: Entry, taken: Collection[dict[str, Any]]) -> None:
    """Keep what lay where before this group: whoever is closed in it was judged by that."""
    moved: Counter[Key] = Counter()
    for posting in taken:
        moved[posting["debit"], posting["instrument"]] -= int(posting["amount"])
        moved[posting["credit"], posting["instrument"]] += int(posting["amount"])
    rooms = entry.group.rooms = entry.group.rooms or {}
    for (account, code), units in moved.items():
        rooms.setdefault((account, code), lying(state, account, code) - units)


def _check_taking(
    state: State, posting: dict[str, Any], own: tuple[str, str], codes: Collection[str]
) -> None:
    (account, party), code = own, posting["instrument"]
    ends = {posting["debit"], posting["credit"]}
    others = {ours(state, "duty"), state.own.get((party, "duty", party))}
    if code not in state.caps:
        others.add(ours(state, "budget"))
    if code not in codes or account not in ends or not ends & others:
        raise CapPassed(f"the budget takes {posting['amount']} of {code} from where it may not")


def code_of(province: str, direction: str, year: str) -> str:
    """Name the room under a province's cap of a direction and year."""
    return f"{_PREFIX}{province}-{_WAYS[direction]}-{year}"


def budget_of(state: State, body: dict[str, Any]) -> tuple[str, str]:
    """Find whose budget of which year an act is about.

    Raises:
        NameUnknown: no record set it.
    """
    filed = state.budgets.get(body["budget_id"])
    if filed is None:
        raise NameUnknown(f"no record set {body['budget_id']}")
    return filed[:2]


def ours(state: State, cls: str) -> str:
    """Find the registry's account of caps: duty is free room, budget what had no cap; or `NameUnknown`."""
    name = state.own.get((REGISTRY, cls, REGISTRY))
    if name is None:
        raise NameUnknown("the registry's accounts for caps are not opened")
    return name


def lying(state: State, account: str, code: str) -> int:
    """Count what an account has of an instrument."""
    return state.balances.get((account, code), Row()).posted
