"""Postings of acts on duties: verified, surrendered for, made up for by reductions, carried into. Pure.

Sources: 775号 Art. 14; 管理办法(试行) Art. 28 and 29; 2023–24 allocation plan, Annex 5.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Final

from ledger.log.replay_allowances import duty_of, vintage_of
from ledger.log.replay_ets import place_of
from ledger.log.replay_faults import (
    BodyMismatch,
    DutyMismatch,
    NameTaken,
    NameUnknown,
    WrongYear,
)
from ledger.log.replay_law import day
from ledger.log.replay_past import check_past
from ledger.log.replay_state import CONTRA, NEW, Entry, Line, State, change


def _verify(state: State, entry: Entry) -> list[Line]:
    """Describe a duty and its room; the share is the rulebook's for the compliance year."""
    body, year = entry.act.body, entry.act.body["compliance_year"]
    place = place_of(body["party"], year)
    version, before = state.emissions.get(place, (0, 0))
    if int(body["version"]) != version + 1:
        raise DutyMismatch(f"version {body['version']} of {place} follows version {version}")
    if state.ets.passed.get(place, 0) < 0:
        raise DutyMismatch(f"a successor owes {place}, and its next version is the successor's")
    if "key_id" not in body and entry.law.flag("cea.verifier_signs", f"{year}-01", otherwise=False):
        raise DutyMismatch(f"nobody signed the emissions of {place}")
    now = int(body["tco2e"])
    state.emissions[place] = (version + 1, now)
    account = state.own.get((body["party"], "duty", body["party"]), NEW)
    return [
        change(account, "source", f"DUE-CEA-{year}", now - before),
        change(account, "source", f"CCER-ROOM-{year}", _room(state, entry, place, (before, now))),
    ]


def _room(state: State, entry: Entry, place: str, tco2e: tuple[int, int]) -> int:
    """Tell the room that a version grants: what it gives in all, less what was granted before it.

    A record that does not say how much is one from before it had to: its own share counts twice.
    """
    body, (before, now) = entry.act.body, tco2e
    share = entry.law.ccer_share(body["compliance_year"])
    granted = state.ets.rooms.get(place, 0)
    room = _share(now, share) - (granted if "room" in body else _share(before, share))
    if int(body.get("room", room)) != room:
        raise DutyMismatch(f"{body['room']} of room are granted, and {room} are to be")
    state.ets.rooms[place] = granted + room
    return room


def _share(tco2e: int, share: Decimal) -> int:
    return int((tco2e * share).to_integral_value(ROUND_FLOOR))


def _surrender(state: State, entry: Entry) -> list[Line]:
    body, postings = entry.act.body, entry.record.get("postings", [])
    giver = state.accounts.get(postings[0]["debit"]) if postings else None
    if giver is None:
        raise DutyMismatch("nothing was handed in")
    debtor = body.get("party", giver.owner)
    duty = state.own.get((debtor, "duty", debtor))
    if duty is None or (giver.cls == "province_custody" and debtor != giver.owner):
        raise DutyMismatch(f"{debtor} has no duty, or what is kept for another serves it")
    _check_vintages(entry)
    for one in body.get("ccer", ()):
        _check_reduction(state, entry, one["instrument"])
    brought = state.own.get((giver.party, "ccer", giver.party), NEW)
    year, handed = body["compliance_year"], _handed(body, postings[0]["debit"], brought)
    reductions = sum(line[3] for line in handed if line[2].startswith("CCER-"))
    return [
        *handed,
        (duty, CONTRA["discharged"], f"DUE-CEA-{year}", sum(line[3] for line in handed)),
        (duty, CONTRA["discharged"], f"CCER-ROOM-{year}", reductions),
    ]


def _handed(body: dict[str, Any], giver: str, brought: str) -> list[Line]:
    """Describe what is handed in: allowances from one account, reductions from the holder's other."""
    sink = CONTRA["surrendered"]
    allowances = [
        (giver, sink, f"CEA-{one['vintage']}", int(one["quantity"])) for one in body["allowances"]
    ]
    reductions = [
        (brought, sink, str(one["instrument"]), int(one["quantity"]))
        for one in body.get("ccer", ())
    ]
    return [*allowances, *reductions]


def _check_vintages(entry: Entry) -> None:
    """Refuse vintages that the due year does not take, or does not take any more."""
    body, year = entry.act.body, entry.act.body["compliance_year"]
    if not body["allowances"]:
        return
    late = day(entry.day) > entry.law.named_day("cea.surrender_deadline", f"{year}-01")
    first, last = entry.law.vintages("cea.vintage.arrears_" if late else "cea.vintage.", year)
    if not all(first <= int(one["vintage"]) <= last for one in body["allowances"]):
        raise WrongYear(f"{year} takes vintages {first} to {last} on {entry.day}")


def _check_reduction(state: State, entry: Entry, code: str) -> None:
    """Refuse reductions that the due year does not take."""
    year, found = entry.act.body["compliance_year"], state.ets.imports.get(code)
    if found is None:
        raise NameUnknown(f"no record brought {code} in")
    registered_on, inside = found
    after = entry.law.first_registered(year)
    if after is not None and day(registered_on) <= after:
        raise WrongYear(f"{code} was registered on {registered_on}: too early for {year}")
    if inside and not entry.law.flag("ccer.inside_ets_allowed", f"{year}-01", otherwise=False):
        raise DutyMismatch(f"{code} is of a project under the cap")


def _import(state: State, entry: Entry) -> list[Line]:
    """Describe reductions that come in, each cancellation once, as units of their own."""
    body = entry.act.body
    code, cancelled = body["instrument"], f"cancelled {body['cancellation_no']}"
    if code in state.ets.imports or cancelled in state.names:
        raise NameTaken(f"{code} or {cancelled} came in before")
    state.names.add(cancelled)
    state.ets.imports[code] = (body["registered_on"], body["inside_ets"])
    return [(CONTRA["external"], body["account"], code, int(body["quantity"]))]


def _carry(state: State, entry: Entry) -> list[Line]:
    """Describe allowances that give way to as many of a later vintage, and the room for it."""
    body, year = entry.act.body, entry.act.body["year"]
    old, units, duty = vintage_of(state, entry), int(body["quantity"]), _check_carried(state, entry)
    place = place_of(state.accounts[body["account"]].owner, year)
    granted, most = state.ets.carried.get(place, 0), _carried_most(entry)
    told = int(body["t_max"]), int(body["room_change"])
    if told != (most, most - granted):
        raise BodyMismatch(f"{told} may be carried, and the figures give {most}, {granted} before")
    check_past(state, entry)
    state.ets.carried[place] = most
    room = f"CARRY-ROOM-{year}"
    return [
        (body["account"], CONTRA["converted"], old, units),
        (CONTRA["source"], body["account"], f"CEA-{year}", units),
        change(duty, "source", room, most - granted),
        (duty, CONTRA["discharged"], room, units),
    ]


def _check_carried(state: State, entry: Entry) -> str:
    """See whether a vintage is carried into a year, and was asked for in its days; give the duty account."""
    body, year = entry.act.body, entry.act.body["year"]
    duty = duty_of(state, body["account"])
    if f"CEA-{year}" not in state.vintages:
        raise NameUnknown(f"CEA-{year} was not opened")
    first, last = entry.law.vintages("cea.carry.vintage_", year)
    if not first <= int(body["vintage"]) <= last:
        raise WrongYear(f"vintages {first} to {last} are carried into {year}")
    asked = _asked_on(state, entry)
    opens = entry.law.named_day("cea.carry.sales_to", f"{year}-01")
    closes = entry.law.named_day("cea.carry.apply_until", f"{year}-01")
    late = day(asked) > closes and entry.law.refuses_late("carry_over", asked)
    if day(asked) <= opens or late:
        raise BodyMismatch(f"asked on {asked}, after {opens} and until {closes} it may be")
    return duty


def _asked_on(state: State, entry: Entry) -> str:
    """Tell on which day it was asked for: when the units that it takes were set aside."""
    name = entry.act.body.get("hold")
    if name is None:
        return entry.day
    if name not in {told["hold"] for told in entry.record.get("holds", ())}:
        raise BodyMismatch(f"nothing is taken out of {name}")
    return state.holds[name].opened_on if name in state.holds else entry.day


def _carried_most(entry: Entry) -> int:
    body = entry.act.body
    net = max(0, int(body["sold"]) - int(body["bought"]))
    most = entry.law.carried_most(body["year"], int(body["holdings"]), net)
    return most if body["on_time"] else 0


DUTIES: Final[dict[str, Callable[[State, Entry], list[Line]]]] = {
    "cea.verify": _verify,
    "cea.surrender": _surrender,
    "ccer.import": _import,
    "cea.carry_over": _carry,
}
"""The postings of each of these kinds."""
