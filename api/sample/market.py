"""A year of the sample's certificates: read, issued, sold, held, settled, retired."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import text

from api.sample.cast import Cast
from api.sample.desk import Decide, Keyed, Office, asks, id_in
from api.sample.enterprises import enterprises
from api.sample.fleet import Fleet
from api.sample.key_units import KeyUnit
from api.sample.parties import SampleParty
from api.sample.readings import readings
from ledger.model.command import Actor
from ledger.refusals import Refusal
from schemas.calendar import parse_month
from schemas.identifiers import IdPrefix
from settlement.desk import Decision, Desk, Reader
from settlement.issuance import Due, due
from settlement.readings import Reading, record_readings
from settlement.retirement import RetirementOrder, retire
from settlement.transfers import (
    HoldOrder,
    SettleOrder,
    TransferOrder,
    place_hold,
    release_hold,
    settle_hold,
    transfer,
)

YEAR: Final = 2025
_SEED: Final = 20_25
_MODES: Final = ("listing", "bilateral", "auction")
_ORDERS: Final = 40
_ORDER_UNITS: Final = 60
_PARTS: Final = 2  # settlements of an order
# Fen per certificate, around the monthly averages published for 2025 (about 1 to 6 CNY).
_PRICES_FEN: Final = (150, 210, 260, 320, 380, 430, 480, 520, 566, 560, 540, 515)


@dataclass(slots=True)
class Tally:
    """What was done."""

    lots: int = 0
    certificates: int = 0
    transfers: int = 0
    retirements: int = 0


@dataclass(slots=True)
class Market:
    """One year, month by month; every draw comes from one fixed seed."""

    office: Office
    cast: Cast
    fleet: Fleet
    tally: Tally = field(default_factory=Tally)
    dice: random.Random = field(default_factory=lambda: random.Random(_SEED))  # noqa: S311

    def year(self, mill: KeyUnit) -> Tally:
        """Live the year; the mill buys what its budget will need."""
        for month in range(1, 13):
            self.meter(month)
            self.office.clock.turn(YEAR + month // 12, month % 12 + 1, 20)
            self.sell(month)
            self.supply(mill, month)
        self.orders()
        return self.tally

    def meter(self, month: int) -> None:
        """Record a month's readings on the 10th of the next, and issue for them."""
        self.office.clock.turn(YEAR + month // 12, month % 12 + 1, 10)
        grid = self.cast.actor(self.cast.kinds["issuer"])
        name = f"{YEAR}-{month:02d}"
        metered = [reading for reading in readings(self.fleet, YEAR) if reading.month == name]
        for start in range(0, len(metered), 1_000):
            part = metered[start : start + 1_000]
            filed = [
                Reading(
                    plant=self.cast.plants[reading.source_id],
                    month=parse_month(reading.month),
                    category=reading.category,
                    energy_kwh=reading.energy_kwh,
                    mechanism=False,
                    source="estimate",
                    version=1,
                )
                for reading in part
            ]
            self.office.all(
                grid,
                [f"reading:{reading.source_id}:{name}" for reading in part],
                asks(record_readings, grid, filed),
            )
        self.issue(date(YEAR, month, 1), grid)

    def issue(self, month: date, grid: Actor) -> None:
        """Issue whole certificates for a month."""
        with self.office.desk.reader() as read:
            found = due(read, month)
        for start in range(0, len(found), 1_000):
            part = found[start : start + 1_000]
            told = self.office.all(
                grid,
                [f"issue:{item.plant}:{item.category}:{month}" for item in part],
                asks(_decisions, grid, part),
            )
            for outcome in told:
                self._count_lot(outcome["result"])

    def _count_lot(self, lot: dict[str, Any]) -> None:
        self.tally.lots += 1
        self.tally.certificates += int(lot["count"])

    def sell(self, month: int) -> None:
        """Sell some of every generator's tradable certificates to enterprises."""
        stock = tradable_stock(self.office.desk)
        buyers = [party for party in enterprises() if "enterprise" in party.kinds]
        orders = list(self._orders(month, stock, buyers))
        self._transfer([(f"sale:{month}:{n}", order) for n, order in enumerate(orders)])

    def _orders(
        self, month: int, stock: Sequence[tuple[int, int]], buyers: Sequence[SampleParty]
    ) -> Iterator[TransferOrder]:
        for seller, units in stock:
            for _ in range(3):
                quantity = min(units // 20, self.dice.randint(50, 20_000))
                if quantity > 0:
                    buyer = self.dice.choice(buyers)
                    price = _PRICES_FEN[month - 1] + self.dice.randint(-40, 40)
                    yield TransferOrder(
                        from_account=seller,
                        to_account=self.cast.account(buyer.credit_code, "user"),
                        instrument="GEC",
                        quantity=quantity,
                        mode=self.dice.choice(_MODES),
                        price_fen=price,
                    )

    def supply(self, mill: KeyUnit, month: int) -> None:
        """Settle the mill's green power, and sell it what its budget needs, a share each month."""
        user = self.cast.account(mill.party.credit_code, "user")
        power = mill.green_power_kwh // 1000 // 12 + (mill.green_power_kwh // 1000 % 12 >= month)
        left = {"green_power": power, "listing": _MILL_BUYS // 12}
        orders: list[TransferOrder] = []
        for seller, units in sorted(tradable_stock(self.office.desk), key=lambda item: -item[1]):
            for mode, wanted in left.items():
                quantity = min(wanted, units // 3)
                if quantity > 0:
                    left[mode] -= quantity
                    orders.append(
                        TransferOrder(
                            seller, user, "GEC", quantity, mode, price_fen=_PRICES_FEN[month - 1]
                        )
                    )
        assert not any(left.values()), "the sample has too few tradable certificates for the mill"
        self._transfer([(f"mill:{month}:{n}", order) for n, order in enumerate(orders)])

    def _transfer(self, keyed: Sequence[tuple[str, TransferOrder]]) -> None:
        exchange = self.cast.actor(self.cast.kinds["exchange"])
        for start in range(0, len(keyed), 1_000):
            part = keyed[start : start + 1_000]
            self.office.all(
                exchange,
                [key for key, _ in part],
                asks(transfer, exchange, [order for _, order in part]),
            )
        self.tally.transfers += len(keyed)

    def orders(self) -> None:
        """Place orders with the exchange; it settles each in two parts, or gives it back."""
        exchange = self.cast.actor(self.cast.kinds["exchange"])
        buyers = [party for party in enterprises() if "enterprise" in party.kinds]
        stock = [item for item in tradable_stock(self.office.desk) if item[1] >= _ORDER_UNITS][
            :_ORDERS
        ]
        told = self.office.post(
            exchange, [self._place(n, seller, exchange) for n, (seller, _) in enumerate(stock)]
        )
        holds = [id_in(outcome["result"], "hold_id", IdPrefix.HOLD) for outcome in told]
        settled: list[Keyed] = []
        for n, hold in enumerate(holds):
            buyer = self.cast.account(buyers[n % len(buyers)].credit_code, "user")
            if n % 4:
                settled += [
                    self._settle(n, hold, buyer, exchange, part) for part in range(1, _PARTS + 1)
                ]
            else:
                settled.append((f"release:{n}", self._release(hold, exchange)))
        self.office.post(exchange, settled)
        self.tally.transfers += sum(1 for key, _ in settled if key.startswith("settle"))

    def _place(self, n: int, seller: int, exchange: Actor) -> Keyed:
        order = HoldOrder(
            account=seller,
            instrument="GEC",
            quantity=_ORDER_UNITS,
            reference=f"demo order {n}",
            controller=exchange.party,
            expires_at=self.office.clock.now + timedelta(days=30),
        )
        return f"hold:{n}", asks(place_hold, exchange, order)

    def _release(self, hold: int, exchange: Actor) -> Decide:
        return lambda read: release_hold(read, exchange, hold, None)

    def _settle(self, n: int, hold: int, buyer: int, exchange: Actor, part: int) -> Keyed:
        order = SettleOrder(
            hold, buyer, _ORDER_UNITS // 3, "listing", _PRICES_FEN[-1], close=part == _PARTS
        )
        return f"settle:{n}:{part}", asks(settle_hold, exchange, order)

    def retire_some(self, spare: str) -> None:
        """Have every enterprise but one retire part of what it bought, for its use of the year."""
        keyed = [
            (f"retire:{party.credit_code}:{n}", self._retire(party, n))
            for party in enterprises()
            if "enterprise" in party.kinds and party.credit_code != spare
            for n in (1, 2)
        ]
        self.office.post(self.cast.actor(self.cast.kinds["exchange"]), keyed)
        self.tally.retirements += len(keyed)

    def _retire(self, party: SampleParty, n: int) -> Decide:
        order = RetirementOrder(
            account=self.cast.account(party.credit_code, "user"),
            quantity=100 * n,
            beneficiary_code=party.credit_code,
            beneficiary_name=party.name,
            purpose="green_power_claim",
            consumption_year=YEAR,
            public=n == 1,
        )
        actor = self.cast.actor(party)
        return lambda read: retire(read, actor, order)


def tradable_stock(desk: Desk) -> list[tuple[int, int]]:
    """List accounts with certificates that may still be sold, and how many."""
    with desk.reader() as read:
        return [(int(row.account), int(row.units)) for row in read.conn.execute(text(_STOCK))]


def _decisions(_read: Reader, _actor: Actor, found: Sequence[Due]) -> list[Decision | Refusal]:
    return [item.decision for item in found]


_MILL_BUYS: Final = 1_440_000  # certificates: a little more than the mill's budget will need
_STOCK: Final = """
    SELECT p.account, sum(coalesce(n.lo, p.size) - p.lo) AS units
    FROM parcel AS p
    JOIN lot ON lot.id = p.lot AND lot.trade = 'tradable'
    LEFT JOIN LATERAL (SELECT min(lo) AS lo FROM parcel WHERE lot = p.lot AND lo > p.lo) AS n ON true
    WHERE p.hold IS NULL AND p.trades = 0 AND p.account >= 100
    GROUP BY p.account ORDER BY p.account
"""
