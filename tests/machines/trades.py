"""Meters, certificates and holds: each verb as the engine is asked it, and as the model plays it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from ledger.model.command import Actor, Plain
from ledger.model.instrument import by_id
from ledger.refusals import Refusal
from settlement import retirement, transfers
from settlement.desk import Decision, Reader
from settlement.readings import Reading
from tests.machines.drawn import MONTHS, Args, Sides, Some, one, some_of
from tests.machines.model import Model
from tests.machines.obligations import Obligations, cea
from tests.machines.units import GEC, Claim, Hold, Want
from tests.machines.world import World
from tests.registry import Asked, Registry, issue_month, record

Ids = Mapping[str, int]


class Play(NamedTuple):
    """One act on both sides; `model` is given the ids that the engine gave, if it did."""

    asked: Asked
    model: Callable[[Ids], None]
    alone: bool = False  # decided on facts that others of its batch would change


@dataclass
class Trades:
    """Turns drawn arguments into acts about what there is."""

    registry: Registry
    world: World
    model: Model
    owed: Obligations
    payloads: dict[int, Callable[[Reader], Decision]] = field(default_factory=dict)

    def play(self, name: str, args: Args) -> Play:
        """Make the act that these arguments mean here and now."""
        made: Play = getattr(self, name)(*args)
        return made

    def asked(self, account: int, decide: Callable[[Reader, Actor], Decision]) -> Asked:
        """Let the account's party ask, by its own clerk."""
        party = self.model.accounts[account].party
        return self.registry.asked(self.clerk(party), decide)

    @staticmethod
    def clerk(party: int, name: str = "clerk") -> Actor:
        """Name a person of a party."""
        return Actor(party, f"{name} of {party}", party)

    def sides(self, giver: int, taker: int, allowances: bool, odd: bool) -> tuple[int, int, int]:
        """Choose who gives, who takes, and what; odd ones may be anybody, with or without units."""
        instrument = cea(2025) if allowances else GEC
        everybody = [*self.world.holders, *self.world.emitters, *self.world.traders]
        takers = self.world.traders if allowances else self.world.holders[2:]
        rich = [a for a in everybody if self.model.free(a, instrument)]
        start = one(everybody if odd or not rich else rich, giver)
        others = [a for a in takers if a != start]
        return start, one(everybody if odd else others, taker), instrument

    def want(
        self, account: int, drawn: tuple[int, int | None] | None
    ) -> tuple[Want, transfers.Selection]:
        """Name certificates, to the model by offset and to the engine by serial."""
        free = self.model.pieces(lambda _, u: (u.account, u.hold) == (account, None))
        pieces = free or self.model.pieces(lambda *_: True)
        if drawn is None or not pieces:
            return Want(), transfers.ANY
        lot, lo, _ = one(pieces, drawn[0])
        at = None if drawn[1] is None else lo + drawn[1]
        serial = None if at is None else self.model.lots[lot].first + at
        return Want(lot, at), transfers.Selection(lot, serial)

    def read(self, plant: int, month: date, step: int, kwh: int) -> Play:
        number = one(self.world.plants, plant)
        version = max(1, self.model.readings.get((number, month), (0, 0))[0] + step)
        facts = self.model.plants[number]
        reading = Reading(
            number, month, facts.category, kwh, facts.mechanism, source="grid", version=version
        )
        asked = self.registry.asked(self.clerk(self.world.grid), record(reading))
        return Play(asked, lambda _: self.model.record(number, month, version, kwh))

    def issue(self, plant: int, month: date) -> Play:
        number = one(self.world.plants, plant)
        due = issue_month(number, month, self.model.plants[number].category)
        asked = self.registry.asked(self.clerk(self.world.grid), due)
        return Play(asked, lambda ids: self.model.issue(number, month, ids["lot_id"]))

    def transfer(self, drawn: Sides, amount: int, terms: tuple[str, bool], some: Some) -> Play:
        giver, taker, instrument = self.sides(*drawn)
        want, selection = self.want(giver, some)
        amount = some_of(amount, self.model.free(giver, instrument))
        mode, price = terms[0], None if terms[1] else 500
        mode = "listing" if instrument != GEC and not drawn[3] else mode
        evidence: dict[str, Plain] = {"contract_no": "1", "settled_kwh": amount * 1000}
        order = transfers.TransferOrder(
            giver, taker, by_id(instrument).code, amount, mode, selection, price, evidence
        )

        def decide(read: Reader, actor: Actor) -> Decision:
            return passed(transfers.transfer(read, actor, [order])[0])

        return Play(
            self.asked(giver, decide),
            lambda _: self.model.transfer((giver, taker, instrument), amount, (mode, price), want),
        )

    def hold(self, drawn: Sides, amount: int, named: bool, hours: int | None, some: Some) -> Play:
        account, taker, instrument = self.sides(*drawn)
        want, selection = self.want(account, some)
        amount = some_of(amount, self.model.free(account, instrument))
        expires = None if hours is None else self.model.now + timedelta(hours=hours)
        exchange, receiver = self.world.exchange, taker if named else None
        order = transfers.HoldOrder(
            account,
            by_id(instrument).code,
            amount,
            "order 1",
            selection,
            exchange,
            receiver,
            expires,
        )
        held = Hold(account, instrument, exchange, receiver, amount, expires)
        return Play(
            self.asked(account, lambda r, a: transfers.place_hold(r, a, order)),
            lambda ids: self.model.place(ids["hold_id"], held, want),
        )

    def some_hold(self, index: int, *, odd: bool) -> tuple[int, Hold, Actor]:
        """Choose a hold, mostly an open one, and its controller or somebody else."""
        open_ = [n for n, hold in self.model.holds.items() if hold.remaining]
        number = one(sorted(self.model.holds if odd or not open_ else open_), index)
        hold = self.model.holds[number]
        return number, hold, self.clerk(self.world.grid if odd else hold.controller)

    def settle(self, index: int, taker: int, amount: int, close: bool, odd: bool) -> Play:
        if not self.model.holds:
            return self.issue(0, MONTHS[2])
        number, hold, actor = self.some_hold(index, odd=odd)
        _, to, _ = self.sides(0, taker, hold.instrument != GEC, odd)
        to = to if odd or hold.receiver is None else hold.receiver
        amount = some_of(amount, hold.remaining)
        order = transfers.SettleOrder(number, to, amount, "listing", 1, close=close)
        return Play(
            self.registry.asked(actor, lambda r, a: transfers.settle_hold(r, a, order)),
            lambda _: self.model.settle(number, actor.party, (to, amount, "listing"), close=close),
        )

    def release(self, index: int, amount: int | None, odd: bool) -> Play:
        if not self.model.holds:
            return self.issue(0, MONTHS[2])
        number, hold, actor = self.some_hold(index, odd=odd)
        amount = None if amount is None else some_of(amount, hold.remaining)
        return Play(
            self.registry.asked(actor, lambda r, a: transfers.release_hold(r, a, number, amount)),
            lambda _: self.model.release(number, actor.party, amount),
        )

    def retire(self, index: int, amount: int, odd: tuple[bool, bool], some: Some) -> Play:
        want, order, claim = self.claim(index, amount, odd, some)

        def model(ids: Ids) -> None:
            self.model.retire(order.quantity, want, claim)
            self.model.claims[ids["retirement_id"]] = claim

        return Play(self.asked(order.account, lambda r, a: retirement.retire(r, a, order)), model)

    def claim(
        self, index: int, amount: int, odd: tuple[bool, bool], some: Some
    ) -> tuple[Want, retirement.RetirementOrder, Claim]:
        """Write a claim down, mostly about the year of production and for the unit with a budget."""
        rich = [a for a in self.world.holders if self.model.free(a, GEC)]
        account = int(one(self.world.holders if odd[0] or not rich else rich, index))
        want, selection = self.want(account, some)
        mine = self.model.pieces(lambda _, unit: unit.account == account)
        lot = want.lot or next((piece[0] for piece in mine), None)
        year = 2026 if odd[0] or lot is None else self.model.lots[lot].month.year
        code, purpose = self.world.code, "voluntary" if odd[1] else "fossil_budget"
        count = some_of(amount, self.model.free(account, GEC))
        order = retirement.RetirementOrder(
            account, count, code, "beneficiary", purpose, year, selection
        )
        return want, order, Claim(account, code, purpose, year)


def passed(decision: Decision | Refusal) -> Decision:
    """Raise what was refused."""
    if isinstance(decision, Refusal):
        raise decision
    return decision
