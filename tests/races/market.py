"""A market to race in: sellers and buyers who share a few lots, and what they ask at random."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from ledger.model.command import Actor
from settlement.desk import Decision, Reader
from settlement.retirement import RetirementOrder, retire
from settlement.transfers import (
    HoldOrder,
    Selection,
    SettleOrder,
    TransferOrder,
    place_hold,
    release_hold,
    settle_hold,
    transfer,
)
from tests.races.books import Acknowledged
from tests.registry import Asked, Decide, Registry, code_of, id_of

MONTH = date(2025, 6, 1)
BOUGHT = 1000  # how often a certificate may be sold here, so that everybody trades everything


@dataclass(frozen=True)
class Market:
    """Accounts that hold certificates, the party that controls holds, and the lots."""

    accounts: tuple[int, ...]
    party: int
    lots: tuple[int, ...]

    @property
    def pair(self) -> tuple[int, int]:
        """Name a seller and a buyer."""
        return self.accounts[0], self.accounts[1]

    @property
    def clerk(self) -> Actor:
        """Name the one who asks."""
        return Actor(self.party, "clerk", 9)


def open_market(registry: Registry, lots: int = 3, size: int = 70) -> Market:
    """Register a generator and three buyers, and issue some lots."""
    registry.adopt_shipped(max_trades=str(BOUGHT))
    party = registry.party("enterprise")
    generator = registry.account(party, "generator")
    users = [registry.account(registry.party("enterprise"), "user") for _ in range(3)]
    plants = [registry.plant(party) for _ in range(lots)]
    issued = tuple(registry.issue(plant, MONTH, size) for plant in plants)
    return Market((generator, *users), party, issued)


def sale(giver: int, taker: int, amount: int, select: Selection | None = None) -> Decide:
    """Sell."""
    order = TransferOrder(giver, taker, "GEC", amount, "listing", select or Selection(), 5)

    def decide(read: Reader, actor: Actor) -> Decision:
        decided = transfer(read, actor, [order])[0]
        if isinstance(decided, Decision):
            return decided
        raise decided

    return decide


def hold_of(account: int, amount: int) -> Decide:
    """Set units aside, controlled by whoever asks."""
    order = HoldOrder(account, "GEC", amount, "order 1")
    return lambda read, actor: place_hold(read, actor, order)


def delivery(hold: int, taker: int, amount: int, *, close: bool = False) -> Decide:
    """Deliver out of a hold."""
    order = SettleOrder(hold, taker, amount, "listing", 5, close=close)
    return lambda read, actor: settle_hold(read, actor, order)


def release(hold: int, amount: int | None = None) -> Decide:
    """Give back."""
    return lambda read, actor: release_hold(read, actor, hold, amount)


def claim(account: int, amount: int) -> Decide:
    """Retire."""
    order = RetirementOrder(account, amount, "code", "name", "voluntary", MONTH.year)
    return lambda read, actor: retire(read, actor, order)


@dataclass
class Trader:
    """One who asks at random, and remembers every answer."""

    registry: Registry
    market: Market
    seed: str

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.random = random.Random(self.seed)
        self.acknowledged: list[Acknowledged] = []
        self.holds: list[int] = []

    def trade(self, until: float, after: Callable[[], None] = lambda: None) -> None:
        """Ask until the time is over."""
        while time.monotonic() < until:
            self.ask(self.something())
            after()

    def ask(self, decide: Decide) -> None:
        """Ask once."""
        asked = Asked(self.market.clerk, decide, f"{self.seed} {len(self.acknowledged)}")
        answer = self.registry.put(asked)
        assert answer.outcome is not None
        self.acknowledged.append((asked.actor.client, asked.key, answer.outcome))
        if code_of(answer) is None and "hold_id" in answer.outcome["result"]:
            self.holds.append(id_of(answer, "hold_id"))

    def something(self) -> Decide:
        """Think of something: sales mostly, holds and what becomes of them, now and then a claim."""
        giver, taker = self.random.sample(self.market.accounts, 2)
        taker = taker if taker != self.market.accounts[0] else self.market.accounts[1]
        amount, dice = self.random.randint(1, 9), self.random.random()
        if dice < 0.15:
            return hold_of(giver, amount)
        if dice < 0.4 and self.holds:
            hold = self.random.choice(self.holds)
            if dice < 0.25:
                return release(hold, self.random.choice((None, amount)))
            return delivery(hold, taker, amount, close=dice < 0.3)
        if dice < 0.43:
            return claim(giver, 1)
        lot = self.random.choice(self.market.lots)
        serial = self.random.choice((None, self.random.randint(0, 60)))
        return sale(giver, taker, amount, self.random.choice((None, Selection(lot, serial))))
