"""The postings that must follow from what an act says, for kinds whose body says it all. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ledger.log.replay_allowances import ALLOWANCES
from ledger.log.replay_caps import lines_of_cap, lines_of_part
from ledger.log.replay_duties import DUTIES
from ledger.log.replay_faults import (
    BodyMismatch,
    EnergyMismatch,
    NameTaken,
    ReplayFault,
)
from ledger.log.replay_lots import check_metered, known, plant_of
from ledger.log.replay_state import CONTRA, NEW, Entry, Line, Plant, State, change


def check_lines(state: State, entry: Entry) -> None:
    """Compare the postings of an act's first record with what its body says.

    Raises:
        ReplayFault: they are others.
    """
    expected = _LINES.get(entry.act.kind.name)
    if expected is None:
        return
    wanted = [line for line in expected(state, entry) if line[3]]
    posted = entry.record.get("postings", ())
    if entry.act.kind.name == "opening.lot":
        posted = posted[: len(wanted)]
    if len(posted) != len(wanted):
        raise _wrong(entry, f"{len(posted)} postings where the act asks for {len(wanted)}")
    for line, posting in zip(wanted, posted, strict=True):
        _check_line(state, entry, line, posting)


def _check_line(state: State, entry: Entry, line: Line, posting: dict[str, Any]) -> None:
    debit, credit, code, amount = line
    giver, taker = posting["debit"], posting["credit"]
    same = posting["instrument"] == code and int(posting["amount"]) == amount
    named = (debit is None or debit == giver) and (credit is None or credit == taker)
    if not same or not (named or (_fits(state, debit, giver) and _fits(state, credit, taker))):
        told = f"{posting['amount']} of {posting['instrument']} from {giver} to {taker}"
        raise _wrong(entry, f"{told} is not what the act says")


def _wrong(entry: Entry, sentence: str) -> ReplayFault:
    return _WRONG.get(entry.act.kind.name, BodyMismatch)(sentence)


def _fits(state: State, wanted: str | None, found: str) -> bool:
    if wanted is None or wanted == found:
        return True
    return wanted == NEW and found not in state.accounts


_SOURCE: Final = CONTRA["source"]


def _reading(state: State, entry: Entry) -> list[Line]:
    body, plant = entry.act.body, plant_of(state, entry)
    check_metered(plant, entry)
    place = f"{body['plant_id']} {body['month']} {body['category']}"
    version, before = state.readings.get(place, (0, 0))
    if int(body["version"]) != version + 1:
        raise EnergyMismatch(f"version {body['version']} of {place} follows version {version}")
    state.readings[place] = (version + 1, int(body["energy_kwh"]))
    added = int(body["energy_kwh"]) - before
    return [change(plant.account, "source", f"KWH-{body['category']}", added)]


def _certified(plant: Plant, entry: Entry) -> Line:
    """Describe the energy that a lot takes from its plant."""
    body = entry.act.body
    unit = entry.law.kwh_per_certificate(body["month"])
    return plant.account, CONTRA["certified"], f"KWH-{body['category']}", int(body["count"]) * unit


def _issue(state: State, entry: Entry) -> list[Line]:
    body, postings = entry.act.body, entry.record.get("postings", ())
    plant = state.plants[body["plant_id"]]
    if f"{body['plant_id']} {body['month']} {body['category']}" not in state.readings:
        raise EnergyMismatch(f"{body['month']} of {body['plant_id']} was not metered")
    holder = state.accounts.get(postings[-1]["credit"]) if postings else None
    if holder is not None and holder.owner != plant.party:
        raise EnergyMismatch(f"certificates of {plant.party} were issued to {holder.owner}")
    return [_certified(plant, entry), (_SOURCE, None, "GEC", int(body["count"]))]


def _opening_lot(state: State, entry: Entry) -> list[Line]:
    body, plant = entry.act.body, plant_of(state, entry)
    place = f"{body['plant_id']} {body['month']} {body['category']}"
    check_metered(plant, entry)
    if place in state.readings:
        raise EnergyMismatch(f"{place} was metered here")
    state.readings[place] = (1, int(body["energy_kwh"]))
    energy = _certified(plant, entry)
    return [change(plant.account, "external", energy[2], int(body["energy_kwh"])), energy]


def _budget(state: State, entry: Entry) -> list[Line]:
    body = entry.act.body
    party, year, gce = body["party_id"], body["year"], int(body["budget_gce"])
    known(state, party)
    filed = state.budgets.get(body["budget_id"])
    if filed is None:
        if f"{party} {year}" in state.names:
            raise NameTaken(f"{party} has a budget of {year}")
        state.names.add(f"{party} {year}")
    before = filed or (party, year, 0)
    if before[:2] != (party, year):
        raise NameTaken(f"{body['budget_id']} is another's budget, or another year's")
    state.budgets[body["budget_id"]] = (party, year, gce)
    account = state.own.get((party, "budget", party), NEW)
    return [change(account, "budget.source", f"FEB-{year}", gce - before[2])]


_LINES: Final[dict[str, Callable[[State, Entry], list[Line]]]] = {
    "reading.record": _reading,
    "gec.issue": _issue,
    "opening.lot": _opening_lot,
    "budget.set": _budget,
    **ALLOWANCES,
    **DUTIES,
    "cap.set": lines_of_cap,
    "cap.part": lines_of_part,
}
_WRONG: Final[dict[str, type[ReplayFault]]] = {
    "reading.record": EnergyMismatch,
    "gec.issue": EnergyMismatch,
}
LINED: Final = frozenset(_LINES)
"""Kinds whose postings follow from what their acts say."""
