"""Postings of acts on what a year gives an emitter, and what such acts must rest on. Pure.

Sources: 管理办法(试行) Art. 8 to 15; the allocation plans, as `settlement.entitlement` cites them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from ledger.log.replay_caps import lying
from ledger.log.replay_ets import Entitled, Listed, followed, place_of
from ledger.log.replay_faults import (
    BodyMismatch,
    DutyMismatch,
    NameTaken,
    NameUnknown,
    StageMismatch,
)
from ledger.log.replay_formula import check_formula
from ledger.log.replay_kept import note_return
from ledger.log.replay_lots import known
from ledger.log.replay_state import CONTRA, NEW, Entry, Line, Row, State, change
from ledger.rules.stage import is_approved

_SETTLED: Final = ("final", "adjustment")
_DEBT: Final = "CEA-DEBT"
_YEARLY: Final = "DUE-CEA-"


def put_on_list(state: State, entry: Entry) -> None:
    """Note whether a party is under the cap in a year, and with which installations."""
    body = entry.act.body
    place = place_of(body["party"], body["year"])
    units = {one["code"]: one["class"] for one in body["installations"]}
    version = Listed(body["status"], body["sector"], units)
    known_before = state.ets.listed.get(place, [])
    state.ets.listed[place] = followed(known_before, entry.record["at"], version)


def _create(state: State, entry: Entry) -> list[Line]:
    body = entry.act.body
    return [(CONTRA["source"], None, vintage_of(state, entry), int(body["quantity"]))]


def _approve(state: State, entry: Entry) -> list[Line]:
    """Describe what an approval adds to the year's quota, or takes."""
    body = entry.act.body
    place = place_of(body["party"], body["year"])
    known(state, body["party"])
    versions = state.ets.listed.get(place)
    if not versions or versions[-1][1].status != "listed":
        raise NameUnknown(f"{body['party']} is not on the list of {body['year']}")
    _check_verified(state, body, place)
    state.ets.entitled[place] = _approved(state.ets.entitled.get(place, Entitled()), body)
    check_formula(state, entry)
    account = state.own.get((body["party"], "duty", body["party"]), NEW)
    return [change(account, "source", f"QUOTA-CEA-{body['year']}", int(body["change"]))]


def _check_verified(state: State, body: dict[str, Any], place: str) -> None:
    """Hold an approval against the version of the year's emissions that it is worked out from."""
    version, tco2e = state.emissions.get(place, (0, 0))
    settles = body["stage"] in _SETTLED
    wanted = str(version) if settles else None
    if body.get("verified_version") != wanted or (settles and not version):
        raise DutyMismatch(f"the approval rests on another version than {version} of {place}")
    if settles and _steps(body).get("verified", tco2e) != tco2e:
        raise DutyMismatch(f"the approval rests on other emissions than {tco2e} of {place}")


def _approved(before: Entitled, body: dict[str, Any]) -> Entitled:
    """Add an approval to those before it: the next one, each stage in its turn, the sums right."""
    stage, n = body["stage"], before.n + 1
    if int(body["n"]) != n or not _follows(stage, before.stages):
        raise NameTaken(f"{stage} does not follow {before.n} approvals as the {body['n']}.")
    auction = stage == "auction"
    whole = (before.whole if auction else before.auctioned) + _given(body)
    told = (int(body["quantity"]), int(body["change"]), body["vintage"])
    if told != (whole, whole - before.whole, body["year"]):
        raise BodyMismatch(f"{told} is approved, and the steps come to {whole}")
    auctioned = before.auctioned + (whole - before.whole if auction else 0)
    return replace(
        before, n=n, whole=whole, auctioned=auctioned, stages=before.stages | frozenset({stage})
    )


def _follows(stage: str, stages: frozenset[str]) -> bool:
    """Tell whether a stage may come: pre before final, each once, adjustments after it."""
    if stage == "pre":
        return not stages & {"pre", "final"}
    return stage == "auction" or ("final" in stages) == (stage == "adjustment")


def _given(body: dict[str, Any]) -> int:
    """Tell what the steps of an approval come to, without auctions."""
    steps = _steps(body)
    for name in ("asked", "document"):
        if name in steps:
            return steps[name]
    if "formula" in steps:
        return steps["formula"] + steps.get("gap_top_up", 0)
    return steps.get("verified", 0)


def _steps(body: dict[str, Any]) -> dict[str, int]:
    return {step["name"]: int(step["quantity"]) for step in body["steps"]}


def _allocate(state: State, entry: Entry) -> list[Line]:
    body, kept = entry.act.body, int(entry.act.body["kept_back"])
    given = (body["province_account"], body["account"], vintage_of(state, entry))
    duty = duty_of(state, body["account"])
    _check_quota(entry)
    if "compliance_year" in body:
        check_stage(state, entry)
    owed = min(int(body["quantity"]), lying(state, duty, _DEBT))
    if kept != owed:
        raise BodyMismatch(f"{kept} are kept back, and {owed} are to be")
    return [
        (*given, int(body["quantity"]) - kept),
        (duty, CONTRA["discharged"], _DEBT, kept),
        *((duty, CONTRA["discharged"], *quota) for quota in _quota(body)),
    ]


def check_stage(state: State, entry: Entry) -> None:
    """See whether the stage was approved, of the party's year or of those whose quota passed to it.

    Raises:
        StageMismatch: it was not.
    """
    body, ets = entry.act.body, state.ets
    places = [place_of(state.accounts[body["account"]].owner, body["vintage"])]
    for place in places:
        places += sorted(ets.quotas_from.get(place, set()).difference(places))
    stages = {stage for place in places for stage in ets.entitled.get(place, Entitled()).stages}
    if not is_approved(body["stage"], stages):
        raise StageMismatch(
            f"{body['stage']} is none of {stages}, which were approved of {places[0]}"
        )


def note_passed(state: State, entry: Entry) -> None:
    """Note from whom a party's quota of a year came, and whose duty of it went to whom."""
    ets = state.ets
    for posting in entry.record.get("postings", ()):
        family, _, year = posting["instrument"].rpartition("-")
        giver, taker = (state.accounts[posting[end]] for end in ("debit", "credit"))
        if not giver.cls == taker.cls == "duty":
            continue
        gave, took = place_of(giver.owner, year), place_of(taker.owner, year)
        if family == "QUOTA-CEA":
            ets.quotas_from.setdefault(took, set()).add(gave)
        if family == "DUE-CEA":
            ets.passed[gave] = ets.passed.get(gave, 0) - int(posting["amount"])
            ets.passed[took] = ets.passed.get(took, 0) + int(posting["amount"])


def _return(state: State, entry: Entry) -> list[Line]:
    """Describe a return: what lacks becomes a debt only when the account has no more to give."""
    body, returned = entry.act.body, int(entry.act.body["returned"])
    code = vintage_of(state, entry)
    duty = duty_of(state, body["account"])
    _check_quota(entry)
    row = state.balances.get((body["account"], code), Row())
    if int(body["debt"]) and returned != row.posted - row.held:
        raise BodyMismatch(f"{returned} are returned of {row.posted}, and the rest is owed")
    note_return(state, entry)
    return [
        (body["account"], body["province_account"], code, returned),
        (CONTRA["discharged"], duty, _DEBT, int(body.get("unkept", 0))),
        (CONTRA["source"], duty, _DEBT, int(body["debt"])),
        *((CONTRA["discharged"], duty, *quota) for quota in _quota(body)),
    ]


def _check_quota(entry: Entry) -> None:
    """Refuse what goes past an approval where the vintage needs one; others may have one."""
    body = entry.act.body
    needed = entry.law.flag("cea.allocation_by_approval", f"{body['vintage']}-01", otherwise=False)
    told = body.get("compliance_year")
    if told != body["vintage"] and (needed or told is not None):
        raise BodyMismatch(f"{body['vintage']} is allocated by approval: {needed}")


def _quota(body: dict[str, Any]) -> list[tuple[str, int]]:
    """Tell what of a year's quota an allocation uses or a return restores, if the year has one."""
    year = body.get("compliance_year")
    return [(f"QUOTA-CEA-{year}", int(body["quantity"]))] if year else []


def _reduce(state: State, entry: Entry) -> list[Line]:
    body = entry.act.body
    duty, bars = duty_of(state, body["account"]), body["cause"] == "non_surrender"
    if bars and not entry.law.flag("cea.reduction.non_surrender", entry.day, otherwise=True):
        raise BodyMismatch(f"nothing is cut for {body['cause']} on {entry.day}")
    return [(CONTRA["source"], duty, _DEBT, int(body["quantity"]))]


def _release(state: State, entry: Entry) -> list[Line]:
    """Describe what a province lets go: to the emitter it keeps it for, and not what that one owes."""
    body, units = entry.act.body, int(entry.act.body["quantity"])
    code = vintage_of(state, entry)
    kept, taker = body["custody_account"], body["account"]
    duty = duty_of(state, kept)
    if taker not in state.accounts or state.accounts[taker].owner != state.accounts[kept].owner:
        raise BodyMismatch(f"{kept} is not kept for whom {taker} is")
    due = _sum(state, duty, _YEARLY) if duty else 0
    keeps = entry.law.flag("cea.release_keeps_due", entry.day, otherwise=False)
    if due and keeps and _sum(state, kept, "CEA-") - units < due:
        raise DutyMismatch(f"less than {due}, which are due, would be left in {kept}")
    return [(kept, taker, code, units)]


def _sum(state: State, account: str, family: str) -> int:
    codes = (code for code in state.accounts[account].codes if code.startswith(family))
    return sum(lying(state, account, code) for code in codes)


def duty_of(state: State, account: str) -> str:
    """Find the duty account of whom an account is kept for, which may be opened along.

    Raises:
        NameUnknown: no record opened the account.
    """
    emitter = state.accounts.get(account)
    if emitter is None:
        raise NameUnknown(f"no record opened {account}")
    return state.own.get((emitter.owner, "duty", emitter.owner), NEW)


def _moved(giver: str, taker: str) -> Callable[[State, Entry], list[Line]]:
    """Describe allowances of a vintage that go from one named account to another."""

    def lines(state: State, entry: Entry) -> list[Line]:
        body = entry.act.body
        ends = (CONTRA.get(giver) or body[giver], CONTRA.get(taker) or body[taker])
        return [(*ends, vintage_of(state, entry), int(body["quantity"]))]

    return lines


def vintage_of(state: State, entry: Entry) -> str:
    """Name the allowances that an act is about.

    Raises:
        NameUnknown: their vintage was not opened.
    """
    code = f"CEA-{entry.act.body['vintage']}"
    if code not in state.vintages or entry.act.body.get("instrument", code) != code:
        raise NameUnknown(f"{code} was not opened, or is not what the act says")
    return code


ALLOWANCES: Final[dict[str, Callable[[State, Entry], list[Line]]]] = {
    "cea.create": _create,
    "cea.approve": _approve,
    "cea.allocate": _allocate,
    "cea.return": _return,
    "cea.reduce": _reduce,
    "cea.release": _release,
    "cea.move": _moved("from_account", "to_account"),
    "cea.cancel": _moved("account", "cancelled"),
    "opening.balance": _moved("external", "account"),
}
"""The postings of each of these kinds."""
