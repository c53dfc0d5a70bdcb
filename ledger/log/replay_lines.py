"""The postings that must follow from what an act says, for kinds whose body says it all. Pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final

from ledger.log.replay_caps import lines_of_cap, lines_of_part
from ledger.log.replay_faults import (
    BodyMismatch,
    DutyMismatch,
    EnergyMismatch,
    NameTaken,
    NameUnknown,
    ReplayFault,
)
from ledger.log.replay_lots import check_metered, known, plant_of
from ledger.log.replay_state import CONTRA, Entry, Line, Plant, State, change

_NEW: Final = ""
"""An account that is not on file yet: the act opens it along."""


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
    return wanted == _NEW and found not in state.accounts


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


def _verify(state: State, entry: Entry) -> list[Line]:
    """Describe a duty and its room; the share is the rulebook's for the compliance year."""
    body, year = entry.act.body, entry.act.body["compliance_year"]
    place = f"{body['party']} {year}"
    version, before = state.emissions.get(place, (0, 0))
    if int(body["version"]) != version + 1:
        raise DutyMismatch(f"version {body['version']} of {place} follows version {version}")
    now = int(body["tco2e"])
    state.emissions[place] = (version + 1, now)
    share = entry.law.ccer_share(year)
    room = _share(now, share) - _share(before, share)
    account = state.own.get((body["party"], "duty", body["party"]), _NEW)
    return [
        change(account, "source", f"DUE-CEA-{year}", now - before),
        change(account, "source", f"CCER-ROOM-{year}", room),
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


def _approve(state: State, entry: Entry) -> list[Line]:
    """Describe what an approval adds to the year's quota, or takes."""
    body = entry.act.body
    account = state.own.get((body["party"], "duty", body["party"]), _NEW)
    return [change(account, "source", f"QUOTA-CEA-{body['year']}", int(body["change"]))]


def _allocate(state: State, entry: Entry) -> list[Line]:
    body, kept = entry.act.body, int(entry.act.body["kept_back"])
    given = (body["province_account"], body["account"], _vintage(state, entry))
    duty = _duty_of(state, body["account"])
    return [
        (*given, int(body["quantity"]) - kept),
        (duty, CONTRA["discharged"], "CEA-DEBT", kept),
        *((duty, CONTRA["discharged"], *quota) for quota in _quota(body)),
    ]


def _return(state: State, entry: Entry) -> list[Line]:
    body = entry.act.body
    given = (body["account"], body["province_account"], _vintage(state, entry))
    duty = _duty_of(state, body["account"])
    return [
        (*given, int(body["returned"])),
        (CONTRA["discharged"], duty, "CEA-DEBT", int(body.get("unkept", 0))),
        (CONTRA["source"], duty, "CEA-DEBT", int(body["debt"])),
        *((CONTRA["discharged"], duty, *quota) for quota in _quota(body)),
    ]


def _quota(body: dict[str, Any]) -> list[tuple[str, int]]:
    """Tell what of a year's quota an allocation uses or a return restores, if the year has one."""
    year = body.get("compliance_year")
    return [(f"QUOTA-CEA-{year}", int(body["quantity"]))] if year else []


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
    account = state.own.get((party, "budget", party), _NEW)
    return [change(account, "budget.source", f"FEB-{year}", gce - before[2])]


_LINES: Final[dict[str, Callable[[State, Entry], list[Line]]]] = {
    "reading.record": _reading,
    "gec.issue": _issue,
    "opening.lot": _opening_lot,
    "cea.verify": _verify,
    "cea.surrender": _surrender,
    "cea.create": _create,
    "cea.approve": _approve,
    "cea.allocate": _allocate,
    "cea.return": _return,
    "cea.reduce": _reduce,
    "cea.release": _moved("custody_account", "account"),
    "cea.move": _moved("from_account", "to_account"),
    "cea.cancel": _moved("account", "cancelled"),
    "opening.balance": _moved("external", "account"),
    "budget.set": _budget,
    "cap.set": lines_of_cap,
    "cap.part": lines_of_part,
}
_WRONG: Final[dict[str, type[ReplayFault]]] = {
    "reading.record": EnergyMismatch,
    "gec.issue": EnergyMismatch,
}
