"""Units set aside, settled, released, frozen: what holds have and mark, and who may end them. Pure."""

from __future__ import annotations

from typing import Any, Final

from ledger.kinds.kind import FROZEN_KINDS
from ledger.log.replay_accounts import check_mandate
from ledger.log.replay_faults import (
    AccountIsFrozen,
    AccountNotOpen,
    BalanceBelowFloor,
    HoldMismatch,
    HoldNotTheirs,
    NameTaken,
    NameUnknown,
    NotApproved,
    NotTheOwner,
    UnitsHeld,
)
from ledger.log.replay_moves import SERIAL, check_second, located, row_of
from ledger.log.replay_past import is_pending, note_pending
from ledger.log.replay_state import REGISTRY, Entry, Held, State, Waiting

_CAUSES: Final = {"court_order": "judicial", "ccer": "ccer"}
_MOVED: Final = frozenset({"settle", "take"})
_ENDING: Final = frozenset({"hold.release", "hold.expire", "units.unfreeze"})


def tell_holds(state: State, entry: Entry) -> None:
    """Perform what a record says of holds: what ends first, what begins last.

    Raises:
        ReplayFault: a hold has not got it, marks other serials, or is not this actor's to end.
    """
    told = entry.record["holds"]
    for event in told:
        if event["event"] != "open":
            _end(state, entry, event)
    for event in told:
        if event["event"] == "open":
            _open(state, entry, event)


def open_approval(state: State, entry: Entry) -> None:
    """Let an act wait for a second person, with the units it would take."""
    body, told = entry.act.body, entry.record.get("holds", ())
    if body["approval_id"] in state.approvals:
        raise NameTaken(f"{body['approval_id']} was opened before")
    hold = told[0]["hold"] if told else None
    maker = entry.record["actor"]["person"]
    state.approvals[body["approval_id"]] = Waiting(maker, body["expires_at"], hold)


def decide_approval(state: State, entry: Entry) -> None:
    """Let a second person approve or reject, once and in time; or time end what nobody decided.

    Raises:
        NotApproved: it was decided before, too late, too early, or by who asked.
    """
    name, record = entry.act.body["approval_id"], entry.record
    waiting = state.approvals.get(name)
    if waiting is None:
        raise NameUnknown(f"no record opened {name}")
    lapses = entry.act.kind.name == "approval.expire"
    if not waiting.pending or lapses != (record["at"] >= waiting.expires_at):
        raise NotApproved(f"{name} is not to be decided at {record['at']}")
    if not lapses and record["actor"]["person"] == waiting.maker:
        raise NotApproved(f"{name} was decided by who asked for it")
    waiting.pending = False
    entry.group.approved |= entry.act.kind.name == "approval.approve"
    if waiting.hold is not None:
        entry.group.granted |= {waiting.hold}


def _open(state: State, entry: Entry, event: dict[str, Any]) -> None:
    hold, amount = _opened(state, entry, event["hold"]), int(event["amount"])
    account, code = hold.key
    giver, act = state.accounts[account], entry.act
    if not giver.is_open:
        raise AccountNotOpen(f"{account} is closed")
    if giver.frozen and not act.kind.seizes:
        raise AccountIsFrozen(f"{account} is frozen")
    row = row_of(state, hold.key)
    row.held += amount
    hold.remaining += amount
    act.opened += amount
    note_pending(state, hold, entry.day, amount)
    entry.changed[hold.key] = row
    if amount <= 0 or row.posted - row.held < giver.floor:
        raise BalanceBelowFloor(f"{account} has {row.posted} of {code}, of which {row.held} held")
    _mark(state, event, account, ("", event["hold"]))
    check_mandate(giver, account, entry)
    check_second(entry, giver, account, amount)


def _opened(state: State, entry: Entry, name: str) -> Held:
    """Find the hold that the act opens, in this record or an earlier one of it."""
    if "continues" in entry.record and entry.act.opens == name:
        return state.holds[name]
    if name in state.holds or entry.act.opens:
        raise NameTaken(f"{name} was opened before, or with another")
    hold = state.holds[name] = _new(state, entry, name)
    hold.opened_on = entry.day
    entry.act.opens = name
    return hold


def _new(state: State, entry: Entry, name: str) -> Held:
    body, kind, touched = entry.act.body, entry.act.kind.name, entry.record["touched"]
    if len(touched) != 1 or body.get("hold", name) != name:
        raise HoldMismatch(f"{name} is of no single balance, or not the hold that the act names")
    key = (touched[0]["account"], touched[0]["instrument"])
    stated = (body.get("account", key[0]), body.get("instrument", key[1]))
    if stated != key or key[0] not in state.accounts:
        raise HoldMismatch(f"{name} is of {key[0]}, and the act says {stated[0]}")
    if kind in ("units.freeze", "ccer.freeze"):
        cause = _CAUSES.get(body["cause"], "freeze")
        return Held(cause, key, body["controller"], None, None, 0)
    if kind == "hold.open":
        receiver, ends = body.get("beneficiary"), body.get("expires_at")
        return Held("order", key, body["controller"], receiver, ends, 0)
    if kind == "approval.open":
        pending = is_pending(key[1], body["operation"])
        return Held("approval", key, REGISTRY, None, None, 0, pending=pending)
    raise HoldMismatch(f"{kind} opens no holds")


def _end(state: State, entry: Entry, event: dict[str, Any]) -> None:
    name, amount, what = event["hold"], int(event["amount"]), event["event"]
    hold = state.holds.get(name)
    if hold is None:
        raise NameUnknown(f"no record opened {name}")
    if not 0 < amount <= hold.remaining:
        raise HoldMismatch(f"{amount} units leave {name}, which has {hold.remaining}")
    _check_may(entry, hold, name, what)
    hold.remaining -= amount
    row = entry.changed[hold.key] = row_of(state, hold.key)
    row.held -= amount
    note_pending(state, hold, entry.day, -amount)
    leaves = what in _MOVED or entry.act.kind.rule == "expire"
    stated = entry.act.body.get("hold", name)
    if stated != name and (leaves or entry.act.kind.name in _ENDING):
        raise HoldMismatch(f"the act is about {stated}, not about {name}")
    if not leaves:
        entry.act.closed += amount
        _mark(state, event, hold.key[0], (name, ""))
        return
    entry.act.settles = True
    if what == "settle":  # certificates that fall void leave a hold as well, to nobody it was for
        entry.act.receiver = hold.beneficiary
    if hold.key[1] == SERIAL:
        due = entry.group.due = entry.group.due or {}
        due[name] = due.get(name, 0) + amount


def _check_may(entry: Entry, hold: Held, name: str, what: str) -> None:
    """Refuse an end that this actor, kind of act or instant does not give the hold."""
    kind, at = entry.act.kind, entry.record["at"]
    takes, frozen = hold.kind in kind.takes, hold.kind in FROZEN_KINDS
    granted = name in entry.group.granted
    controls = not frozen and entry.party == hold.controller
    lapsed = hold.expires_at is not None and at >= hold.expires_at
    may = {
        "settle": not takes and not frozen and (granted or controls) and not lapsed,
        "release": granted or takes or controls,
        "expire": takes if kind.rule == "expire" else lapsed,
        "freeze": kind.seizes and not frozen,
        "take": takes,
    }
    if not may[what]:
        raise HoldNotTheirs(f"{what} of {name} by {entry.party} at {at} in {kind.name}")


def _mark(state: State, event: dict[str, Any], account: str, marks: tuple[str, str]) -> None:
    """Put the event's runs under a hold, or free them; `marks` are the hold before and after."""
    runs, told = event.get("runs", ()), 0
    before, after = marks
    for run in runs:
        count = int(run["count"])
        units, lo = located(state, run, count)
        for start, past, piece in units.runs(lo, lo + count):
            if piece[0] != account:
                raise NotTheOwner(f"{account} has not got all {count} of {run['lot']}")
            if piece[1] != before:
                raise UnitsHeld(f"units of {run['lot']} are not under {before or 'no hold'}")
            units.put(start, past, (account, after, piece[2]))
        told += count
    key = state.holds[event["hold"]].key
    if told != (int(event["amount"]) if key[1] == SERIAL else 0):
        raise HoldMismatch(f"{event['hold']}: {event['amount']} units in runs of {told}")
