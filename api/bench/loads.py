"""What the engine is asked in its cases: thousands of commands, made before the clock runs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from api.bench.book import OPERATOR, command
from api.bench.market import PRICE_FEN, REFERENCE, sale
from ledger.model.command import Act, FromHold, Move
from ledger.model.instrument import GEC
from schemas.identifiers import IdPrefix, decode_id
from settlement.desk import Decision
from settlement.retirement import RetirementOrder, retire
from settlement.transfers import HoldOrder, place_hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.bench.market import Market
    from ledger.model.command import Command, Plain
    from settlement.transfers import TransferOrder

_SEED: Final = 2026
_UNITS: Final = (1, 5)  # of a sale
_TOO_MANY: Final = 10**9  # units nobody has
_PER_CENT: Final = {"retire": 10, "hold": 5, "refused": 5}  # the rest trades, or settles


@dataclass(frozen=True, slots=True)
class Load:
    """One batch, and the keys of those of its commands that must be refused."""

    commands: list[Command]
    refused: frozenset[str] = frozenset()


class Trades:
    """Sales: of certificates, each cutting a parcel, or of allowances."""

    def __init__(self, market: Market) -> None:
        """Begin the same row of chances in every run."""
        self._market = market
        self._chance = random.Random(_SEED)

    def split(self, size: int) -> Load:
        """Sell certificates from everywhere to everywhere."""
        return self._sold(size, partial(self._chance.choice, self._market.sellers))

    def hot(self, size: int) -> Load:
        """Sell certificates; one account sells in half of all sales."""
        return self._sold(size, self._one_in_two)

    def fungible(self, size: int) -> Load:
        """Sell allowances from everywhere to everywhere."""
        market, chance = self._market, self._chance
        pairs = (chance.sample(market.traders, 2) for _ in range(size))
        return self._load([sale(a, b, self._units(), market.allowance) for a, b in pairs])

    def _one_in_two(self) -> int:
        sellers, chance = self._market.sellers, self._chance
        return sellers[0] if chance.random() < 1 / 2 else chance.choice(sellers)

    def _sold(self, size: int, seller: Callable[[], int]) -> Load:
        buyers, choice = self._market.buyers, self._chance.choice
        return self._load([sale(seller(), choice(buyers), self._units()) for _ in range(size)])

    def _load(self, orders: list[TransferOrder]) -> Load:
        return Load([command(OPERATOR, decision) for decision in self._market.orders(orders)])

    def _units(self) -> int:
        return self._chance.randint(*_UNITS)


class Mix:
    """Everyone trades crumbs; some retire, hold and settle, or ask for what they do not have."""

    def __init__(self, market: Market) -> None:
        """Begin with the crumbs that are there."""
        self._market = market
        self._chance = random.Random(_SEED)
        self._holders = list(market.crumbs)
        self._units = dict(market.crumbs)
        self._coming: list[tuple[int, int]] = []  # counted when the batch is over: it is shuffled
        self._held: list[Move] = []  # deliveries out of the last batch's holds

    def mixed(self, size: int) -> Load:
        """Make a batch: what was held in the last one is settled in this one."""
        counts = {name: size * share // 100 for name, share in _PER_CENT.items()}
        refused = [sale(*self._pair(), _TOO_MANY) for _ in range(counts["refused"])]
        too_many = [command(OPERATOR, decision) for decision in self._market.orders(refused)]
        done = self._settled() + self._retired(counts["retire"]) + self._opened(counts["hold"])
        traded = [self._traded() for _ in range(size - len(done) - len(too_many))]
        done += self._market.orders(traded)
        commands = too_many + [command(OPERATOR, decision) for decision in done]
        self._chance.shuffle(commands)
        for taker, units in self._coming:
            self._units[taker] += units
        self._coming.clear()
        return Load(commands, frozenset(wanted.key for wanted in too_many))

    def _pair(self) -> tuple[int, int]:
        giver, taker = self._chance.sample(self._holders, 2)
        return giver, taker

    def _take(self) -> tuple[int, int, int]:
        """Choose a giver that surely has what it gives, a taker, and the units."""
        units = self._chance.randint(*_UNITS)
        giver, taker = self._pair()
        while self._units[giver] < units:
            giver, taker = self._pair()
        self._units[giver] -= units
        return giver, taker, units

    def _traded(self) -> TransferOrder:
        giver, taker, units = self._take()
        self._coming.append((taker, units))
        return sale(giver, taker, units)

    def _retired(self, count: int) -> list[Decision]:
        year = self._market.earliest_year
        decisions = []
        with self._market.book.desk.reader() as read:
            for _ in range(count):
                giver, _, units = self._take()
                order = RetirementOrder(
                    giver, units, "BENCH", "bench", "green_power_claim", consumption_year=year
                )
                decisions.append(retire(read, OPERATOR, order))
        return decisions

    def _opened(self, count: int) -> list[Decision]:
        decisions = []
        with self._market.book.desk.reader() as read:
            for _ in range(count):
                giver, taker, units = self._take()
                order = HoldOrder(giver, "GEC", units, "bench order")
                decisions.append(place_hold(read, OPERATOR, order))
                source = FromHold(_hold_of(decisions[-1]))
                self._held.append(Move(giver, taker, GEC, units, source, PRICE_FEN))
        return decisions

    def _settled(self) -> list[Decision]:
        moves, self._held = self._held, []
        self._coming += [(move.credit, move.amount) for move in moves]
        return [Decision((_delivery(move),)) for move in moves]


def _hold_of(decision: Decision) -> int:
    number = decode_id(IdPrefix.HOLD, str(decision.result["hold_id"]))
    assert number is not None
    return number


def _delivery(move: Move) -> Act:
    """Deliver out of a hold that is not in the book yet, so that no verb can decide it now."""
    body: dict[str, Plain] = {"mode": "listing", "quantity": move.amount, "reference": REFERENCE}
    return Act("transfer.listing", (move,), body)
