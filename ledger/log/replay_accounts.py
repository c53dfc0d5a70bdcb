"""Accounts as acts open them, by name or along with something else, and who may act on them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.log.replay_faults import MandateMissing, NameTaken, NameUnknown
from ledger.log.replay_state import Entry, Holder, State
from ledger.model.account import ACCOUNT_CLASSES, floor_of

Whose = tuple[str, str, str]
"""Class, party and owner of an account that an act opens along."""


def open_account(state: State, name: str, holder: Holder) -> None:
    """Put an account on file; a party has one of each class, and one for each party it acts for.

    Raises:
        NameTaken: there is such an account already.
        NameUnknown: there is no such class.
    """
    place = (holder.party, holder.cls, holder.owner)
    if holder.cls not in ACCOUNT_CLASSES:
        raise NameUnknown(f"there are no accounts of class {holder.cls}")
    if name in state.accounts or (holder.cls != "plant" and place in state.own):
        raise NameTaken(f"{holder.party} has an account of class {holder.cls}, or {name} is taken")
    state.own[place] = name
    state.accounts[name] = holder


def account_of(state: State, entry: Entry, name: str) -> Holder:
    """Find an account that units come from or go to, or see it opened along by the act.

    Raises:
        NameUnknown: no act opened it.
    """
    found = state.accounts.get(name)
    if found is not None:
        return found
    along = _ALONG.get(entry.act.kind.name)
    if along is None:
        raise NameUnknown(f"no record opened {name}")
    cls, party, owner = along(state, entry, name)
    holder = Holder(cls, party, owner, floor_of(cls))
    open_account(state, name, holder)
    return holder


def check_mandate(giver: Holder, account: str, entry: Entry) -> None:
    """Refuse an agent what the owner's mandates do not let it do on this day.

    Raises:
        MandateMissing: none of them does.
    """
    scope = entry.act.kind.mandate
    if giver.cls != "agent" or giver.owner == giver.party or scope is None:
        return
    allowed = (
        scope in scopes and first <= entry.day <= last
        for scopes, first, last in giver.mandates.values()
    )
    if not any(allowed):
        raise MandateMissing(f"nobody lets the agent of {account} {scope} on {entry.day}")


def _own(cls: str, party: str) -> Whose:
    return cls, party, party


def _duty_named(_: State, entry: Entry, __: str) -> Whose:
    return _own("duty", entry.act.body["party"])


def _budget_named(_: State, entry: Entry, __: str) -> Whose:
    return _own("budget", entry.act.body["party_id"])


def _budget_filed(state: State, entry: Entry, _: str) -> Whose:
    """A budget of nothing is set without a posting, so its account is first named here."""
    filed = state.budgets.get(entry.act.body["budget_id"])
    if filed is None:
        raise NameUnknown(f"no record set {entry.act.body['budget_id']}")
    return _own("budget", filed[0])


def _duty_of_account(state: State, entry: Entry, _: str) -> Whose:
    emitter = state.accounts.get(entry.act.body["account"])
    if emitter is None:
        raise NameUnknown(f"no record opened {entry.act.body['account']}")
    return _own("duty", emitter.owner)


def _succeeding(state: State, entry: Entry, name: str) -> Whose:
    for passed in entry.act.body["passed"]:
        if passed["to_account"] == name and passed["account"] in state.accounts:
            giver, heir = state.accounts[passed["account"]], entry.act.body["to_party"]
            return giver.cls, giver.party if giver.kept else heir, heir
    raise NameUnknown(f"no record opened {name}")


_ALONG: Final[dict[str, Callable[[State, Entry, str], Whose]]] = {
    "cea.verify": _duty_named,
    "cea.approve": _duty_named,
    "cea.carry_over": _duty_of_account,
    "cea.reduce": _duty_of_account,
    "cea.return": _duty_of_account,
    "budget.set": _budget_named,
    "budget.restate": _budget_filed,
    "party.succession": _succeeding,
}
