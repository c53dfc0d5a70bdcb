"""Fill a book through the verbs of settlement: many of one kind in one act, so that it takes minutes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeVar

from api.bench.book import OPERATOR, new_key, parts
from ledger.model.account import REGISTRY_PARTY
from ledger.model.command import Act, Actor, Enter, Plain
from ledger.refusals import Refusal
from ledger.rulebooks import shipped
from schemas.identifiers import IdPrefix, decode_id, encode_id
from settlement.approvals import ApprovalOrder, approve, open_approval
from settlement.desk import Decision, Desk, Envelope, Reader
from settlement.readings import Reading, record_readings
from settlement.registration import (
    AccountOrder,
    PartyOrder,
    PlantOrder,
    open_account,
    register_party,
    register_plant,
)
from settlement.rulebooks import adopt_rulebook

if TYPE_CHECKING:
    from ledger.model.command import Effect

Order = TypeVar("Order")
Verb = Callable[[Reader, Actor, Order], Decision]

_CHECKER: Final = Actor(REGISTRY_PARTY, "bench checker", 2)
_TOGETHER: Final = 1_000  # orders in one act
_TRADES_LIMIT: Final = re.compile(
    rb'(?<=\[parameters\."gec\.max_trades"\])([^\[]*\[[^}]*?\bvalue = )[0-9]+'
)
SALES_MAX: Final = 1_000  # how often a certificate may be sold in a book where crumbs go round
PROVINCE: Final = "11"


@dataclass(frozen=True, slots=True)
class Clerk:
    """Posts what a book begins with; whatever is refused is the benchmark's own mistake.

    With `packed`, many orders make one act without a body: a month's million readings are filed in
    minutes, and doctor's look at what acts say of their entries has nothing to compare.
    """

    desk: Desk
    packed: bool = False

    def adopt_rulebooks(self, *, sold_on: bool) -> None:
        """Adopt the rulebooks of this release; with `sold_on`, certificates may change hands often.

        The law allows one sale. A book in which everyone trades crumbs needs more, and is no
        registry of anything.
        """
        for raw in shipped():
            text = _TRADES_LIMIT.sub(rb"\g<1>%d" % SALES_MAX, raw) if sold_on else raw
            self.ask_two(text, _adopting(text))

    def ask_two(self, payload: bytes, decide: Callable[[Reader], Decision]) -> Mapping[str, Any]:
        """Post what two persons decide, and return its result."""
        opened = self.ask(OPERATOR, _opening(payload))
        number = _id(opened, "approval_id", IdPrefix.APPROVAL)
        return self.ask(_CHECKER, _approving(number, decide))

    def register_parties(self, count: int, kind: str, first: int = 0) -> list[int]:
        """Register parties of a kind, numbered from `first`; return their ids."""
        orders = [
            PartyOrder(f"{kind.upper()}{number:08d}", f"bench {kind} {number}", (kind,), PROVINCE)
            for number in range(first, first + count)
        ]
        return self.enter(register_party, orders, "party_id", IdPrefix.PARTY)

    def open_accounts(self, parties: Iterable[int], cls: str) -> list[int]:
        """Open an account of a class for each party; return the accounts' ids."""
        orders = [AccountOrder(party, cls) for party in parties]
        return self.enter(open_account, orders, "account_id", IdPrefix.ACCOUNT)

    def register_plants(self, owners: Iterable[tuple[int, str]], capacity_kw: int) -> list[int]:
        """Register and approve a plant for each owner and energy; return the plants' ids."""
        orders = [_plant(party, energy, capacity_kw) for party, energy in owners]
        plants = self.enter(register_plant, orders, "plant_id", IdPrefix.PLANT)
        for part in parts(plants, _TOGETHER):
            self.ask(OPERATOR, _always(self._together([_approval(plant) for plant in part])))
        return plants

    def record_readings(self, readings: Iterable[Reading]) -> list[int]:
        """Record readings of approved plants; return their ids."""
        ids: list[int] = []
        for part in parts(readings, _TOGETHER):
            ids += self._entered(_reading(part), "reading_id", IdPrefix.READING)
        return ids

    def enter(
        self, verb: Verb[Order], orders: Sequence[Order], name: str, prefix: IdPrefix
    ) -> list[int]:
        """Do a verb for many orders; return the ids it gave under `name`."""
        ids: list[int] = []
        for part in parts(orders, _TOGETHER):
            ids += self._entered(_each(verb, part), name, prefix)
        return ids

    def ask(self, actor: Actor, decide: Callable[[Reader], Decision]) -> Mapping[str, Any]:
        """Post one decision, and return its result."""
        key = new_key()
        answer = self.desk.post(actor, Envelope(key, sha256(key.encode()).digest()), decide)
        assert answer.outcome is not None
        assert "result" in answer.outcome, answer.outcome
        result: Mapping[str, Any] = answer.outcome["result"]
        return result

    def _entered(
        self, decide: Callable[[Reader], list[Decision]], name: str, prefix: IdPrefix
    ) -> list[int]:
        def packed(read: Reader) -> Decision:
            decisions = decide(read)
            names: list[Plain] = [decision.result[name] for decision in decisions]
            return replace(self._together(decisions), result={"made": names})

        made = self.ask(OPERATOR, packed)["made"]
        return [_id({name: text}, name, prefix) for text in made]

    def _together(self, decisions: Sequence[Decision]) -> Decision:
        if self.packed:
            return Decision((pack(decisions),))
        return Decision(tuple(act for decision in decisions for act in decision.acts))


def _approval(plant: int) -> Decision:
    body: dict[str, Plain] = {"plant_id": encode_id(IdPrefix.PLANT, plant)}
    return Decision((Act("plant.approve", (Enter("plant_approval", {"plant": plant}),), body),))


def pack(decisions: Sequence[Decision], body: Mapping[str, Plain] | None = None) -> Act:
    """Make one act of many decisions of one kind: the effects of all of them, in order."""
    effects: list[Effect] = [e for d in decisions for act in d.acts for e in act.effects]
    return Act(decisions[0].acts[0].kind, tuple(effects), body or {})


def months_before(day: date, count: int) -> list[date]:
    """Return the months that are over on a day, so many of the latest, earliest first."""
    found = [day.replace(day=1)]
    while len(found) <= count:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[:0:-1]


def readings_of(plant: int, months: Iterable[date], category: str, kwh: int) -> Iterator[Reading]:
    """Make the same reading for each of some months."""
    for month in months:
        yield Reading(plant, month, category, kwh, mechanism=False, source="grid", version=1)


def accepted(decisions: Iterable[Decision | Refusal]) -> list[Decision]:
    """Return decisions none of which may be a refusal."""
    found = list(decisions)
    assert not any(isinstance(decision, Refusal) for decision in found), found
    return [decision for decision in found if isinstance(decision, Decision)]


def _opening(raw: bytes) -> Callable[[Reader], Decision]:
    return lambda read: open_approval(read, OPERATOR, ApprovalOrder("bench", raw))


def _approving(number: int, decide: Callable[[Reader], Decision]) -> Callable[[Reader], Decision]:
    return lambda read: approve(read, _CHECKER, number, decide(read))


def _adopting(raw: bytes) -> Callable[[Reader], Decision]:
    return lambda read: adopt_rulebook(read, OPERATOR, raw)


def _always(decision: Decision) -> Callable[[Reader], Decision]:
    return lambda _: decision


def _each(verb: Verb[Order], orders: Sequence[Order]) -> Callable[[Reader], list[Decision]]:
    return lambda read: [verb(read, OPERATOR, order) for order in orders]


def _reading(readings: Sequence[Reading]) -> Callable[[Reader], list[Decision]]:
    return lambda read: accepted(record_readings(read, OPERATOR, readings))


def _plant(party: int, energy: str, capacity_kw: int) -> PlantOrder:
    return PlantOrder(
        party=party,
        name="bench plant",
        energy=energy,
        technology="onshore" if energy == "wind" else "photovoltaic",
        capacity_kw=capacity_kw,
        commissioned_on=date(2015, 1, 1),
        province=PROVINCE,
        grid_connection="grid",
        market_based=False,
    )


def _id(result: Mapping[str, Any], name: str, prefix: IdPrefix) -> int:
    number = decode_id(prefix, str(result[name]))
    assert number is not None
    return number
