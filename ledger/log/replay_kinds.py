"""What acts say in so many words: who and what comes into being, and which postings must follow. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from ledger.log.replay_accounts import open_account
from ledger.log.replay_allowances import put_on_list
from ledger.log.replay_caps import budget_of, run_apportionment
from ledger.log.replay_ccer import check_claim, check_freeze, register_project
from ledger.log.replay_faults import (
    AccountNotOpen,
    BodyMismatch,
    NameTaken,
    NameUnknown,
    NotTheOwner,
    RulebookMissing,
    StatementMismatch,
    UnitsHeld,
)
from ledger.log.replay_formula import note_balance
from ledger.log.replay_frame import later
from ledger.log.replay_holds import decide_approval, open_approval
from ledger.log.replay_law import Law
from ledger.log.replay_lots import approve_plant, bring_lot, known, register_plant
from ledger.log.replay_moves import located
from ledger.log.replay_state import Entry, Holder, Row, State
from ledger.model.account import floor_of
from ledger.rules.rulebook import Rulebook, RulebookInvalid, Rules

Handler: TypeAlias = Callable[[State, Entry], None]

_NAMES: Final = {
    "party.register": ("party", "credit_code"),
    "client.create": ("client_id",),
    "document.store": ("document_id",),
    "mandate.grant": ("mandate_id",),
    "objection.file": ("objection_id",),
    "plant.register": ("plant_id", "registration_code"),
    "gec.retire": ("retirement_id", "statement_no"),
}
"""Members that name something which comes into being once."""


def enter(state: State, entry: Entry) -> None:
    """Let an act take effect, but for its holds and postings.

    Raises:
        ReplayFault: it names what is not there, or what is there already.
    """
    kind = entry.act.kind.name
    for member in _NAMES.get(kind, ()):
        if member in entry.act.body:
            _name(state, entry.act.body[member])
    handler = _HANDLERS.get(kind)
    if handler is not None:
        handler(state, entry)
    external = entry.record.get("external")
    if external is not None:
        _name(state, f"{external['source']}\n{external['id']}")


def adopt(state: State, entry: Entry, rulebooks: Mapping[str, bytes]) -> None:
    """Let a rulebook rule from the next record on; those of its transaction name the rules before.

    Raises:
        RulebookMissing: its bytes are not there, or are not the next version of that book.
    """
    body = entry.act.body
    try:
        book = Rulebook.parse(rulebooks[body["digest"]])
        before = state.rulesets[state.current]
        others = [other for other in before.rules.books if other.name != book.name]
        rules = Rules((*others, book))
    except (KeyError, RulebookInvalid) as fault:
        raise RulebookMissing(f"the rulebook {body['digest']} cannot be read: {fault}") from fault
    known = [other.version for other in before.rules.books if other.name == book.name]
    stated = (body["name"], int(body["version"]), body["digest"])
    if (book.name, book.version, book.digest) != stated or book.version <= max(known, default=0):
        raise RulebookMissing(f"{body['name']} {body['version']} is not the book of that digest")
    before.until = later(entry.record["at"])
    state.rulesets[rules.digest] = Law(rules)
    state.current = rules.digest


def _name(state: State, name: str) -> None:
    if name in state.names:
        raise NameTaken(f"{name} came into being before")
    state.names.add(name)


def _seat(state: State, entry: Entry) -> None:
    """Note in which province a party has its seat: caps are a province's."""
    if "province" in entry.act.body:
        state.provinces[entry.act.body["party"]] = entry.act.body["province"]


def _open_account(state: State, entry: Entry) -> None:
    body = entry.act.body
    owner, limit = body.get("on_behalf_of", body["party"]), body.get("approval_above")
    for party in {body["party"], owner}:
        known(state, party)
    holder = Holder(
        body["class"],
        body["party"],
        owner,
        floor_of(body["class"]),
        None if limit is None else int(limit),
    )
    open_account(state, body["account"], holder)


def _open_of(state: State, name: str) -> Holder:
    holder = state.accounts.get(name)
    if holder is None:
        raise NameUnknown(f"no record opened {name}")
    if not holder.is_open:
        raise AccountNotOpen(f"{name} is closed")
    return holder


def _freeze(state: State, entry: Entry) -> None:
    body = entry.act.body
    _open_of(state, body["account_id"]).frozen = body["frozen"]


def _close(state: State, entry: Entry) -> None:
    name = entry.act.body["account_id"]
    holder = _open_of(state, name)
    for code in sorted(holder.codes):
        row = state.balances[name, code]
        if row.posted or row.held:
            raise AccountNotOpen(f"{name} was closed with {row.posted} of {code}")
    holder.is_open = False


def _grant(state: State, entry: Entry) -> None:
    body = entry.act.body
    holder = _open_of(state, body["account_id"])
    if (holder.cls, holder.party, holder.owner) != ("agent", body["agent_id"], body["owner_id"]):
        raise NameUnknown(f"{body['account_id']} is not that agent's for that owner")
    granted = (tuple(body["scopes"]), body["valid_from"], body["valid_to"])
    holder.mandates[body["mandate_id"]] = granted
    state.mandates[body["mandate_id"]] = body["account_id"]


def _end_mandate(state: State, entry: Entry) -> None:
    name = entry.act.body["mandate_id"]
    account = state.mandates.pop(name, None)
    if account is None:
        raise NameUnknown(f"no mandate {name} is in force")
    del state.accounts[account].mandates[name]


def _object(state: State, entry: Entry) -> None:
    body = entry.act.body
    if state.ids.index(body["act_id"]) is None:
        raise NameUnknown(f"no record {body['act_id']} is there to object to")
    for name in body["document_ids"]:
        known(state, name)


def _rule_on(state: State, entry: Entry) -> None:
    known(state, entry.act.body["objection_id"])


def _owe(state: State, entry: Entry) -> None:
    known(state, entry.act.body["party"])


def _close_budget(state: State, entry: Entry) -> None:
    """See whether what is told of a budget at its end is what its account has."""
    body = entry.act.body
    party, year = budget_of(state, body)
    row = state.balances.get((state.own.get((party, "budget", party), ""), f"FEB-{year}"), Row())
    if (row.posted, entry.record["rules"]) != (int(body["balance_gce"]), body["rules_digest"]):
        raise BodyMismatch(
            f"the budget closes with {row.posted} gce, under {entry.record['rules']}"
        )


def _reopen_budget(state: State, entry: Entry) -> None:
    """See whether a year that is opened again was closed on the statement that the record names."""
    body = entry.act.body
    budget_of(state, body)
    closed = state.filed.budgets[body["budget_id"]].closed
    said = {"n": str(len(closed)), "statement_sha256": closed[-1] if closed else None}
    if any(body.get(name, value) != value for name, value in said.items()):
        raise StatementMismatch(f"{body['budget_id']} was closed on another statement before")


def _revoke_client(state: State, entry: Entry) -> None:
    known(state, entry.act.body["client_id"])
    state.revoked.setdefault(entry.act.body["client_id"], later(entry.record["at"]))


def _open_vintage(state: State, entry: Entry) -> None:
    state.vintages.add(f"CEA-{entry.act.body['vintage']}")


def _count_on(state: State, place: str, version: str) -> None:
    """See whether a version of a figure is the one after the last."""
    if int(version) != state.factors.get(place, 0) + 1:
        raise NameTaken(f"version {version} of {place} is not the next one")
    state.factors[place] = int(version)


def _list_entity(state: State, entry: Entry) -> None:
    """See whether a party that is there is put on a year's list, or off it, version by version."""
    body = entry.act.body
    known(state, body["party"])
    _count_on(state, f"list {body['party']} {body['year']}", body["version"])
    put_on_list(state, entry)


def _quote(state: State, entry: Entry) -> None:
    """See whether a day's quotes are told version by version."""
    body = entry.act.body
    for one in body["quotes"]:
        _count_on(state, f"quote {body['day']} {one.get('vintage', 0)}", one["version"])


def _set_factor(state: State, entry: Entry) -> None:
    body = entry.act.body
    place = f"{body['name']} {body['province']} {body['year']}"
    _count_on(state, place, body["version"])
    note_balance(state, entry)


def _confirm(state: State, entry: Entry) -> None:
    """See whether energy is confirmed of a budget that is there, version by version of each part."""
    body = entry.act.body
    budget_of(state, body)
    for one in body["confirmed"]:
        _count_on(state, f"{body['budget_id']} {one['part']}", one["version"])


def _set_share(state: State, entry: Entry) -> None:
    """See whether a unit's share is set version by version, for a party that is there."""
    body = entry.act.body
    known(state, body["party_id"])
    place = f"{body['party_id']} {body['metric']} {body['year']}"
    _count_on(state, place, body["version"])


def _claim_share(state: State, entry: Entry) -> None:
    """See whether retirements that are there count towards a metric for the first time, for a party."""
    body = entry.act.body
    known(state, body["party_id"])
    for name in body["retirement_ids"]:
        known(state, name)
        place = f"{name} {body['metric']}"
        if place in state.factors:
            raise NameTaken(f"{name} counts towards {body['metric']} already")
        state.factors[place] = 1


def _consolidate(state: State, entry: Entry) -> None:
    account = entry.act.body["account"]
    _open_of(state, account)
    for run in entry.act.body["runs"]:
        units, lo = located(state, run, int(run["count"]))
        for _, _, piece in units.runs(lo, lo + int(run["count"])):
            if piece[0] != account:
                raise NotTheOwner(f"{account} has not got all of {run['lot']}")
            if piece[1]:
                raise UnitsHeld(f"units of {run['lot']} are under {piece[1]}")


_HANDLERS: Final[dict[str, Handler]] = {
    "party.register": _seat,
    "plant.register": register_plant,
    "plant.approve": approve_plant,
    "account.open": _open_account,
    "account.freeze": _freeze,
    "account.unfreeze": _freeze,
    "account.close": _close,
    "mandate.grant": _grant,
    "mandate.end": _end_mandate,
    "client.revoke": _revoke_client,
    "cea.vintage": _open_vintage,
    "cea.list": _list_entity,
    "cea.quote": _quote,
    "factor.set": _set_factor,
    "cap.apportion": run_apportionment,
    "objection.file": _object,
    "objection.decide": _rule_on,
    "cea.verify": _owe,
    "budget.confirm": _confirm,
    "share.target": _set_share,
    "share.claim": _claim_share,
    "budget.close": _close_budget,
    "budget.reopen": _reopen_budget,
    "gec.issue": bring_lot,
    "opening.lot": bring_lot,
    "units.consolidate": _consolidate,
    "ccer.project": register_project,
    "ccer.freeze": check_freeze,
    "gec.cancel_ccer": check_claim,
    "approval.open": open_approval,
    "approval.approve": decide_approval,
    "approval.reject": decide_approval,
    "approval.expire": decide_approval,
}
ENTERED: Final = frozenset({*_NAMES, *_HANDLERS})
"""Kinds of which something takes effect before their holds and postings."""
