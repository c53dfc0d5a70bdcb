"""What every record must say alike: its log, number, time, rules, request and place in a group. Pure."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Final, NoReturn

from ledger.log.reading import Record
from ledger.log.replay_faults import (
    ClientRevoked,
    DayMismatch,
    GroupBroken,
    IdSeen,
    KeySeen,
    OtherRegistry,
    RulesUnknown,
    TimeBackwards,
)
from ledger.log.replay_law import Law
from ledger.log.replay_state import Group, State
from schemas.calendar import instant_text, parse_instant, registry_day

TRANSACTION_MAX: Final = timedelta(minutes=5)
"""How long a transaction may last: one that began earlier may come later into the log."""

_KEY_DIGITS: Final = 24  # of the digest: 96 bits never meet by chance, and take less room


def placed(state: State, record: Record) -> tuple[Group, Law]:
    """Take note of a record's number, instant and request; give its group and its rules.

    Raises:
        ReplayFault: the first thing that is wrong, in the order of the checks below.
    """
    if record["log"] != state.log:
        _begin(state, record)
    if not state.ids.add(record["id"]):
        raise IdSeen(f"{record['id']} came before")
    at: str = record["at"]
    if at > state.latest:
        state.latest = at
    elif at < state.latest and _later(at) < state.latest:
        raise TimeBackwards(f"{at} comes after {state.latest}")
    if record["day"] != _day(at):
        raise DayMismatch(f"{record['day']} is not the registry's day at {at}")
    if state.revoked and at > state.revoked.get(record["actor"]["client"], at):
        raise ClientRevoked(f"{record['actor']['client']} was revoked before")
    law = state.rulesets.get(record["rules"]) or _unruled(record)
    if law.until is not None and at > law.until:
        raise RulesUnknown(f"the rules {record['rules']} were followed by others")
    return _group(state, record), law


def _begin(state: State, record: Record) -> None:
    """Let the first record name the log."""
    if state.log:
        raise OtherRegistry(f"the record is of {record['log']}, the log of {state.log}")
    state.log = record["log"]


def later(instant: str) -> str:
    """Tell until when what was true at an instant may still be relied on."""
    return instant_text(parse_instant(instant) + TRANSACTION_MAX)


@lru_cache(maxsize=256)  # the records of a batch have one instant
def _day(at: str) -> str:
    try:
        return registry_day(parse_instant(at)).isoformat()
    except ValueError as fault:
        raise DayMismatch(f"{at} is no instant") from fault


_later: Final = lru_cache(maxsize=256)(later)


def _unruled(record: Record) -> NoReturn:
    raise RulesUnknown(f"no rulebooks adopted so far have the digest {record['rules']}")


def _group(state: State, record: Record) -> Group:
    part, parts, name = record["part"], record["parts"], record["group"]
    if part == 1:
        _check_first(state, record)
        if parts == 1:
            return Group((), 1, 1)  # nothing will be held against its head
    head = (record["at"], record["actor"], record["req"], record["rules"], parts)
    if part == 1:
        group = state.groups[name] = Group(head, parts)
    else:
        group = _open_group(state, record)
        if group.head != head or "key" in record:
            raise GroupBroken(f"{record['id']} is not of one request with {name}")
    if part != group.part + 1 or part > parts:
        raise GroupBroken(f"part {part} of {name} follows part {group.part}")
    group.part = part
    return group


def _open_group(state: State, record: Record) -> Group:
    group = state.groups.get(record["group"])
    if group is None:
        raise GroupBroken(f"{record['id']} goes on with {record['group']}, which is not open")
    return group


def _check_first(state: State, record: Record) -> None:
    if record["group"] != record["id"] or "key" not in record:
        raise GroupBroken(f"{record['id']} begins a group and is not named so")
    client = record["actor"]["client"]
    used = state.keys.get(client)
    if used is None:
        used = state.keys[client] = set()
    before = len(used)
    used.add(int(record["key"][:_KEY_DIGITS], 16))
    if len(used) == before:  # asked once: such a set is too large for the processor's caches
        raise KeySeen(f"{client} used this key before")
