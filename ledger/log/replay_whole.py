"""Acts as a whole: what they take back, pass on or withdraw, and what their journals come to. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from ledger.kinds import KINDS
from ledger.log.reading import Record
from ledger.log.replay_caps import lying
from ledger.log.replay_faults import (
    BodyMismatch,
    DutyMismatch,
    EnergyMismatch,
    QuantityMismatch,
    ReversalMismatch,
)
from ledger.log.replay_lots import known
from ledger.log.replay_state import CONTRA, Act, Entry, Holder, Key, State, Way

_REVERSALS: Final = {"approved": "reverse.act", "decision": "reverse.decision"}
_STATED: Final = {"gec.issue": "count", "opening.lot": "count", "gec.revoke": "revoked"}
"""Where an act of these kinds states its certificates; its energy is told apart."""

_ROOM: Final = "CCER-ROOM-"
_ALL_SAID: Final = frozenset({"cea.approve", "cea.carry_over"})
"""Kinds whose postings follow from what they say, each of several quantities."""

_ASIDE: Final = frozenset({"units.freeze", "units.unfreeze", "ccer.freeze"})


def check_reversal(state: State, entry: Entry, original: Record | None) -> None:
    """Let an act take another back: the inverse of its postings, the last first, and only once.

    Raises:
        ReversalMismatch: they are not, or it was taken back, or may not be by such an act.
    """
    record, body = entry.record, entry.act.body
    name = record["reverses"]
    if original is None or name in state.taken_back:
        raise ReversalMismatch(f"{name} is not before this record, or was taken back")
    state.taken_back.add(name)
    first = original.get("continues", original["id"])
    allowed = _REVERSALS.get(KINDS[original["kind"]].reversal)
    stated = (body["journal_id"], body["act_id"], body["kind"], entry.act.kind.name)
    if stated != (name, first, original["kind"], allowed):
        raise ReversalMismatch(f"{name} is not what the act says it takes back, or not so")
    inverse = [_turned(p) for p in reversed(original.get("postings", []))]
    if inverse != [_plain(p) for p in record.get("postings", [])]:
        raise ReversalMismatch(f"the postings are not those of {name}, turned round")
    entry.act.reverses = original


def begin_succession(state: State, entry: Entry) -> None:
    """Take note of what passes from whom to whom; its postings may fill several records.

    Raises:
        NameUnknown: no record registered the successor.
        BodyMismatch: an account is not of the party that the act says.
        DutyMismatch: more room for reductions passes than goes with the part of a duty.
    """
    body = entry.act.body
    due = entry.act.due = dict[Way, int]()
    known(state, body["to_party"])
    for told in body["passed"]:
        giver, taker = (state.accounts.get(told[name]) for name in ("account", "to_account"))
        if giver is None or _of(giver) != body["from_party"]:
            raise BodyMismatch(f"{told['account']} is not of {body['from_party']}")
        if taker is not None and not _succeeds(taker, giver, body["to_party"]):
            raise BodyMismatch(f"{told['to_account']} is not of {body['to_party']}")
        key = (told["account"], told["to_account"], told["instrument"])
        due[key] = due.get(key, 0) + int(told["quantity"])
    _check_rooms(state, entry, due)


def _of(holder: Holder) -> str:
    """Name the party whose units lie there: what a province keeps is the emitter's."""
    return holder.owner if holder.kept else holder.party


def _succeeds(taker: Holder, giver: Holder, party: str) -> bool:
    """Tell whether an account is the successor's, or kept for it by the same province."""
    return _of(taker) == party and (not giver.kept or taker.party == giver.party)


def _check_rooms(state: State, entry: Entry, due: dict[Way, int]) -> None:
    passed: Counter[Key] = Counter()
    for (account, _, code), units in due.items():
        passed[account, code] += units
    for (account, code), units in passed.items():
        if not code.startswith(_ROOM):
            continue
        year = code.removeprefix(_ROOM)
        owed = (account, f"DUE-CEA-{year}")
        left = lying(state, *owed)
        if passed[owed] < left and units > int(passed[owed] * entry.law.ccer_share(year)):
            raise DutyMismatch(f"{units} of {code} pass with {passed[owed]} t of {left}")


def begin_revocation(state: State, entry: Entry) -> None:
    """Take note of the energy that the plant of the lot must get back.

    Raises:
        EnergyMismatch: the lot is not of the plant that the act says.
    """
    body, units = entry.act.body, state.lots.get(entry.act.body["lot_id"])
    if units is None or units.plant != body["plant_id"]:
        raise EnergyMismatch(f"{body['lot_id']} is not of {body['plant_id']}")
    unit = entry.law.kwh_per_certificate(units.month)
    account, code = state.plants[units.plant].account, f"KWH-{units.category}"
    entry.act.due = {(CONTRA["certified"], account, code): int(body["revoked"]) * unit}


def complete(act: Act) -> None:
    """Compare what all journals of an act moved with the quantity that it states.

    Raises:
        QuantityMismatch, EnergyMismatch: they do not come to it.
    """
    if act.due and any(act.due.values()):
        raise BodyMismatch("units did not go where the act says")
    kind = act.kind.name
    stated = act.body.get(_STATED.get(kind, "quantity"))
    if stated is None or kind in _ALL_SAID:
        return
    moved = act.moved.get("GEC", 0) if kind in _STATED else _units(act.moved)
    if kind in _ASIDE:
        moved = act.opened or act.closed
    if moved != int(stated):
        raise QuantityMismatch(f"the act states {stated} and moved {moved}")
    if "settled_kwh" in act.kind.evidence:
        _check_settled(act)


def _units(moved: dict[str, int]) -> int:
    """Sum what moved, but for the quota that an allocation uses beside its units."""
    total = 0
    for code, units in moved.items():  # a sum over a generator takes twice as long
        if not code.startswith("QUOTA-CEA-"):
            total += units
    return total


def _check_settled(act: Act) -> None:
    settled = int(act.body.get("evidence", {}).get("settled_kwh", 0))
    unit = act.law.kwh_per_certificate(act.day)
    if act.moved.get("GEC", 0) * unit > settled:
        raise EnergyMismatch(f"{act.moved.get('GEC', 0)} certificates for {settled} kWh")


def _turned(posting: dict[str, Any]) -> tuple[Any, ...]:
    debit, credit, *rest = _plain(posting)
    return (credit, debit, *rest)


def _plain(posting: dict[str, Any]) -> tuple[Any, ...]:
    names = ("debit", "credit", "instrument", "amount", "lot", "first")
    return tuple(posting.get(name) for name in names)
