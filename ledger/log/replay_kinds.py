"""What acts say in so many words: who and what comes into being, and which postings must follow. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from ledger.log.replay_accounts import open_account
from ledger.log.replay_faults import (
    AccountNotOpen,
    NameTaken,
    NameUnknown,
    NotTheOwner,
    RulebookMissing,
    SerialsOverlap,
    UnitsHeld,
)
from ledger.log.replay_frame import later
from ledger.log.replay_holds import decide_approval, open_approval
from ledger.log.replay_moves import located
from ledger.log.replay_state import CONTRA, Entry, Holder, Plant, Ruleset, State
from ledger.log.replay_units import Units
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
    state.rulesets[rules.digest] = Ruleset(rules)
    state.current = rules.digest


def plant_of(state: State, entry: Entry) -> Plant:
    """Find the plant that an act is about.

    Raises:
        NameUnknown: it is not registered, or not approved.
    """
    name = entry.act.body["plant_id"]
    found = state.plants.get(name)
    if found is None or not found.approved:
        raise NameUnknown(f"{name} is not registered and approved")
    return found


def _name(state: State, name: str) -> None:
    if name in state.names:
        raise NameTaken(f"{name} came into being before")
    state.names.add(name)


def _known(state: State, name: str) -> None:
    if name not in state.names:
        raise NameUnknown(f"no record brought {name} into being")


def _register_plant(state: State, entry: Entry) -> None:
    body = entry.act.body
    _known(state, body["party"])
    holder = Holder("plant", body["party"], body["party"], floor_of("plant"))
    open_account(state, body["account_id"], holder)
    state.plants[body["plant_id"]] = Plant(body["account_id"], body["party"])


def _approve_plant(state: State, entry: Entry) -> None:
    name = entry.act.body["plant_id"]
    plant = state.plants.get(name)
    if plant is None or plant.approved:
        raise NameUnknown(f"{name} is not registered, or approved already")
    plant.approved = True


def _open_account(state: State, entry: Entry) -> None:
    body = entry.act.body
    owner, limit = body.get("on_behalf_of", body["party"]), body.get("approval_above")
    for party in {body["party"], owner}:
        _known(state, party)
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


def _revoke_client(state: State, entry: Entry) -> None:
    state.revoked.setdefault(entry.act.body["client_id"], later(entry.record["at"]))


def _open_vintage(state: State, entry: Entry) -> None:
    state.vintages.add(f"CEA-{entry.act.body['vintage']}")


def _set_factor(state: State, entry: Entry) -> None:
    body = entry.act.body
    place = f"{body['name']} {body['province']} {body['year']}"
    if int(body["version"]) != state.factors.get(place, 0) + 1:
        raise NameTaken(f"version {body['version']} of {place} is not the next one")
    state.factors[place] = int(body["version"])


def _bring_lot(state: State, entry: Entry) -> None:
    """Bring a lot into being, all of it with the source it comes from."""
    body, opening = entry.act.body, entry.act.kind.name == "opening.lot"
    plant_of(state, entry)
    name, first, size = body["lot_id"], int(body.get("first_serial", 0)), int(body["count"])
    series = f"{body['plant_id']} {body['month']} {body['category']} {body['trade']}"
    if name in state.lots:
        raise NameTaken(f"{name} came into being before")
    _issue(state.series.setdefault(series, []), first, first + size, series)
    source = CONTRA["external" if opening else "source"]
    state.lots[name] = Units(
        plant=body["plant_id"],
        month=body["month"],
        energy=body["energy"],
        category=body["category"],
        trade=body["trade"],
        mechanism=body["mechanism"],
        first=first,
        size=size,
        valid_until=body["valid_until"],
        starts=[0],
        pieces=[(source, "", 0)],
    )


def _issue(issued: list[tuple[int, int]], first: int, past: int, series: str) -> None:
    place = bisect_left(issued, (first, past))
    after = issued[place : place + 1]
    before = issued[place - 1 : place] if place else []
    if past <= first or (after and after[0][0] < past) or (before and before[0][1] > first):
        raise SerialsOverlap(f"serials {first} to {past - 1} of {series} meet those issued before")
    issued.insert(place, (first, past))


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
    "plant.register": _register_plant,
    "plant.approve": _approve_plant,
    "account.open": _open_account,
    "account.freeze": _freeze,
    "account.unfreeze": _freeze,
    "account.close": _close,
    "mandate.grant": _grant,
    "mandate.end": _end_mandate,
    "client.revoke": _revoke_client,
    "cea.vintage": _open_vintage,
    "factor.set": _set_factor,
    "gec.issue": _bring_lot,
    "opening.lot": _bring_lot,
    "units.consolidate": _consolidate,
    "approval.open": open_approval,
    "approval.approve": decide_approval,
    "approval.reject": decide_approval,
    "approval.expire": decide_approval,
}
