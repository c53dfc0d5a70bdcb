"""The postings that must follow from what an act says, for kinds whose body says it all. Pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final, TypeAlias

from ledger.kinds import KINDS
from ledger.log.reading import Record
from ledger.log.replay_faults import (
    BodyMismatch,
    DutyMismatch,
    EnergyMismatch,
    NameTaken,
    NameUnknown,
    QuantityMismatch,
    ReplayFault,
    ReversalMismatch,
    RuleMissing,
)
from ledger.log.replay_kinds import plant_of
from ledger.log.replay_rules import day, whole
from ledger.log.replay_state import CONTRA, Act, Entry, State
from ledger.rules.rulebook import NotInForce, RulebookInvalid

Line: TypeAlias = tuple[str | None, str | None, str, int]
"""Debit, credit, instrument, amount; an account that the body does not name is None."""

_NEW: Final = ""
"""An account that is not on file yet: the act opens it along."""

_REVERSALS: Final = {"approved": "reverse.act", "decision": "reverse.decision"}
_ONLY_CERTIFICATES: Final = frozenset({"gec.issue", "opening.lot", "gec.revoke"})


def check_lines(state: State, entry: Entry) -> None:
    """Compare the postings of an act's first record with what its body says.

    Raises:
        ReplayFault: they are others.
    """
    expected = _LINES.get(entry.act.kind.name)
    if expected is None:
        return
    lines, wrong = expected(state, entry), _WRONG.get(entry.act.kind.name[:4], BodyMismatch)
    wanted = [line for line in lines if line[3]]
    posted = entry.record.get("postings", [])
    if entry.act.kind.name == "opening.lot":
        posted = posted[: len(wanted)]
    if len(posted) != len(wanted):
        raise wrong(f"{len(posted)} postings where the act asks for {len(wanted)}")
    for line, posting in zip(wanted, posted, strict=True):
        _check_line(state, line, posting, wrong)


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


def complete(act: Act) -> None:
    """Compare what all journals of an act moved with the quantity that it states.

    Raises:
        QuantityMismatch, EnergyMismatch: they do not come to it.
    """
    kind, body = act.kind.name, act.body
    member = "count" if kind in ("gec.issue", "opening.lot") else "quantity"
    stated = body.get("revoked" if kind == "gec.revoke" else member)
    if kind == "party.succession":
        stated = sum(int(passed["quantity"]) for passed in body["passed"])
    if stated is None:
        return
    moved = act.moved.get("GEC", 0) if kind in _ONLY_CERTIFICATES else sum(act.moved.values())
    done = {"units.freeze": act.opened, "units.unfreeze": act.closed}.get(kind, moved)
    if done != int(stated):
        raise QuantityMismatch(f"the act states {stated} and moved {done}")


def _check_line(
    state: State, line: Line, posting: dict[str, Any], wrong: type[ReplayFault]
) -> None:
    debit, credit, code, amount = line
    giver, taker = posting["debit"], posting["credit"]
    same = (posting["instrument"], int(posting["amount"])) == (code, amount)
    if not (same and _fits(state, debit, giver) and _fits(state, credit, taker)):
        told = f"{posting['amount']} of {posting['instrument']} from {giver} to {taker}"
        raise wrong(f"{told} is not what the act says")


def _fits(state: State, wanted: str | None, found: str) -> bool:
    if wanted is None or wanted == found:
        return True
    return wanted == _NEW and found not in state.accounts


def _turned(posting: dict[str, Any]) -> tuple[Any, ...]:
    debit, credit, *rest = _plain(posting)
    return (credit, debit, *rest)


def _plain(posting: dict[str, Any]) -> tuple[Any, ...]:
    names = ("debit", "credit", "instrument", "amount", "lot", "first")
    return tuple(posting.get(name) for name in names)


def _change(account: str | None, source: str, code: str, amount: int) -> Line:
    """Describe what comes from a source, or goes back to it where the amount is below zero."""
    if amount < 0:
        return (account, CONTRA[source], code, -amount)
    return (CONTRA[source], account, code, amount)


def _reading(state: State, entry: Entry) -> list[Line]:
    body, plant = entry.act.body, plant_of(state, entry)
    place = f"{body['plant_id']} {body['month']} {body['category']}"
    version, before = state.readings.get(place, (0, 0))
    if int(body["version"]) != version + 1:
        raise EnergyMismatch(f"version {body['version']} of {place} follows version {version}")
    state.readings[place] = (version + 1, int(body["energy_kwh"]))
    change = int(body["energy_kwh"]) - before
    return [_change(plant.account, "source", f"KWH-{body['category']}", change)]


def _certified(state: State, entry: Entry) -> tuple[Line, str]:
    """Describe the energy that a lot takes from its plant."""
    body, plant = entry.act.body, plant_of(state, entry)
    unit = whole(entry.rules, "gec.kwh_per_cert", day(body["month"]))
    code = f"KWH-{body['category']}"
    return (plant.account, CONTRA["certified"], code, int(body["count"]) * unit), plant.party


def _issue(state: State, entry: Entry) -> list[Line]:
    energy, party = _certified(state, entry)
    postings = entry.record.get("postings", [])
    holder = state.accounts.get(postings[-1]["credit"]) if postings else None
    if holder is not None and holder.owner != party:
        raise EnergyMismatch(f"certificates of {party}'s plant were issued to {holder.owner}")
    return [energy, (CONTRA["source"], None, "GEC", int(entry.act.body["count"]))]


def _opening_lot(state: State, entry: Entry) -> list[Line]:
    body, plant = entry.act.body, plant_of(state, entry)
    place = f"{body['plant_id']} {body['month']} {body['category']}"
    if place in state.readings:
        raise EnergyMismatch(f"{place} was metered here")
    state.readings[place] = (1, int(body["energy_kwh"]))
    energy, _ = _certified(state, entry)
    return [_change(plant.account, "external", energy[2], int(body["energy_kwh"])), energy]


def _verify(state: State, entry: Entry) -> list[Line]:
    """Describe a duty and its room; the share is the rulebook's for the compliance year."""
    body, year = entry.act.body, entry.act.body["compliance_year"]
    place = f"{body['party']} {year}"
    version, before = state.emissions.get(place, (0, 0))
    if int(body["version"]) != version + 1:
        raise DutyMismatch(f"version {body['version']} of {place} follows version {version}")
    now = int(body["tco2e"])
    state.emissions[place] = (version + 1, now)
    try:
        share = entry.rules.decimal("ccer.cap", day(f"{year}-01"))
    except (NotInForce, RulebookInvalid) as fault:
        raise RuleMissing(str(fault)) from fault
    room = _share(now, share) - _share(before, share)
    account = state.own.get((body["party"], "duty", body["party"]), _NEW)
    return [
        _change(account, "source", f"DUE-CEA-{year}", now - before),
        _change(account, "source", f"CCER-ROOM-{year}", room),
    ]


def _share(tco2e: int, share: Decimal) -> int:
    return int((tco2e * share).to_integral_value(ROUND_FLOOR))


def _surrender(state: State, entry: Entry) -> list[Line]:
    body, postings = entry.act.body, entry.record.get("postings", [])
    emitter = state.accounts.get(postings[0]["debit"]) if postings else None
    if emitter is None:
        raise DutyMismatch("nothing was handed in")
    duty = state.own.get((emitter.owner, "duty", emitter.owner))
    if duty is None:
        raise DutyMismatch(f"{emitter.owner} has no duty")
    handed = [(f"CEA-{one['vintage']}", int(one["quantity"])) for one in body["allowances"]]
    total = sum(quantity for _, quantity in handed)
    units = [(postings[0]["debit"], CONTRA["surrendered"], *one) for one in handed]
    due = (duty, CONTRA["discharged"], f"DUE-CEA-{body['compliance_year']}", total)
    return [*units, due]


def _create(state: State, entry: Entry) -> list[Line]:
    body = entry.act.body
    return [(CONTRA["source"], None, _vintage(state, entry), int(body["quantity"]))]


def _allocate(state: State, entry: Entry) -> list[Line]:
    body, kept = entry.act.body, int(entry.act.body["kept_back"])
    given = (body["province_account"], body["account"], _vintage(state, entry))
    duty = _duty_of(state, body["account"])
    return [
        (*given, int(body["quantity"]) - kept),
        (duty, CONTRA["discharged"], "CEA-DEBT", kept),
    ]


def _return(state: State, entry: Entry) -> list[Line]:
    body = entry.act.body
    given = (body["account"], body["province_account"], _vintage(state, entry))
    duty = _duty_of(state, body["account"])
    return [
        (*given, int(body["returned"])),
        (CONTRA["source"], duty, "CEA-DEBT", int(body["debt"])),
    ]


def _reduce(state: State, entry: Entry) -> list[Line]:
    body = entry.act.body
    duty = _duty_of(state, body["account"])
    return [(CONTRA["source"], duty, "CEA-DEBT", int(body["quantity"]))]


def _duty_of(state: State, account: str) -> str:
    """Find the duty account of whom an account is kept for, which may be opened along."""
    emitter = state.accounts.get(account)
    if emitter is None:
        raise NameUnknown(f"no record opened {account}")
    return state.own.get((emitter.owner, "duty", emitter.owner), _NEW)


def _moved(giver: str, taker: str) -> Callable[[State, Entry], list[Line]]:
    """Describe allowances of a vintage that go from one named account to another."""

    def lines(state: State, entry: Entry) -> list[Line]:
        body = entry.act.body
        ends = (CONTRA.get(giver) or body[giver], CONTRA.get(taker) or body[taker])
        return [(*ends, _vintage(state, entry), int(body["quantity"]))]

    return lines


def _vintage(state: State, entry: Entry) -> str:
    code = f"CEA-{entry.act.body['vintage']}"
    if code not in state.vintages or entry.act.body.get("instrument", code) != code:
        raise NameUnknown(f"{code} was not opened, or is not what the act says")
    return code


def _budget(state: State, entry: Entry) -> list[Line]:
    body = entry.act.body
    party, year, gce = body["party_id"], body["year"], int(body["budget_gce"])
    known = state.budgets.get(body["budget_id"])
    if known is None:
        if f"{party} {year}" in state.names:
            raise NameTaken(f"{party} has a budget of {year}")
        state.names.add(f"{party} {year}")
    before = known or (party, year, 0)
    if before[:2] != (party, year):
        raise NameTaken(f"{body['budget_id']} is another's budget, or another year's")
    state.budgets[body["budget_id"]] = (party, year, gce)
    account = state.own.get((party, "budget", party), _NEW)
    return [_change(account, "budget.source", f"FEB-{year}", gce - before[2])]


_LINES: Final[dict[str, Callable[[State, Entry], list[Line]]]] = {
    "reading.record": _reading,
    "gec.issue": _issue,
    "opening.lot": _opening_lot,
    "cea.verify": _verify,
    "cea.surrender": _surrender,
    "cea.create": _create,
    "cea.allocate": _allocate,
    "cea.return": _return,
    "cea.reduce": _reduce,
    "cea.release": _moved("custody_account", "account"),
    "cea.move": _moved("from_account", "to_account"),
    "cea.cancel": _moved("account", "cancelled"),
    "opening.balance": _moved("external", "account"),
    "budget.set": _budget,
}
_WRONG: Final[dict[str, type[ReplayFault]]] = {"read": EnergyMismatch, "gec.": EnergyMismatch}
