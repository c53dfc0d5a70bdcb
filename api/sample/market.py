"""A year of the sample's certificates, month by month: read, issued, sold."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import cycle
from typing import Final

from sqlalchemy import text

from api.sample.cast import Cast
from api.sample.desk import Office
from api.sample.enterprises import enterprises
from api.sample.fleet import Fleet
from api.sample.key_units import KeyUnit
from api.sample.readings import SampleReading, readings
from ledger.model.command import Actor, Plain
from ledger.refusals import Refusal
from schemas.calendar import parse_month
from settlement.desk import Decision, Desk, Reader
from settlement.issuance import Due, due
from settlement.readings import Reading, record_readings
from settlement.transfers import TransferOrder, transfer

YEAR: Final = 2025
# Fen per certificate, around the monthly averages published for 2025 (about 1 to 6 CNY).
PRICES_FEN: Final = (150, 210, 260, 320, 380, 430, 480, 520, 566, 560, 540, 515)
_SEED: Final = 2025
_MODES: Final = ("listing", "bilateral", "auction")
_SALES_A_MONTH: Final = 3  # of each seller
_KWH_PER_CERTIFICATE: Final = 1_000


@dataclass(frozen=True)
class Market:
    """The year's market; every draw of a month comes from that month's fixed seed."""

    office: Office
    cast: Cast
    fleet: Fleet

    def live(self, months: Sequence[int], units: Sequence[KeyUnit]) -> Iterator[int]:
        """Live months of the year, and give each when it is over.

        In them key units buy what they want for their budgets, and no more.
        """
        apart = frozenset(unit.party.credit_code for unit in units)
        for month in months:
            self.office.clock.turn(YEAR + month // 12, month % 12 + 1, 10)
            self.meter(month)
            self.issue(month)
            self.office.clock.turn(YEAR + month // 12, month % 12 + 1, 20)
            self.sell(month, apart)
            for unit in units:
                self.supply(unit, months, month)
            yield month

    def meter(self, month: int) -> None:
        """Record a month's readings."""
        name = f"{YEAR}-{month:02}"
        filed = {
            f"reading:{metered.source_id}:{name}": self._reading(metered)
            for metered in self._readings[name]
        }
        self.office.together(self._issuer, record_readings, filed)

    @cached_property
    def _readings(self) -> Mapping[str, Sequence[SampleReading]]:
        by_month: dict[str, list[SampleReading]] = defaultdict(list)
        for metered in readings(self.fleet, YEAR):
            by_month[metered.month].append(metered)
        return by_month

    @property
    def _issuer(self) -> Actor:
        return self.cast.actor(self.cast.kinds["issuer"])

    def _reading(self, metered: SampleReading) -> Reading:
        return Reading(
            plant=self.cast.plants[metered.source_id],
            month=parse_month(metered.month),
            category=metered.category,
            energy_kwh=metered.energy_kwh,
            mechanism=False,
            source="estimate",
            version=1,
        )

    def issue(self, month: int) -> None:
        """Issue whole certificates for a month."""
        first = date(YEAR, month, 1)
        with self.office.desk.reader() as read:
            found = due(read, first)
        issued = {f"issue:{item.plant}:{item.category}:{first}": item for item in found}
        self.office.together(self._issuer, _decisions, issued)

    def sell(self, month: int, apart: frozenset[str]) -> None:
        """Sell some of every generator's tradable certificates to enterprises, but to those apart."""
        self._post(f"sale:{month}", self._sales(month, apart))

    def _sales(self, month: int, apart: frozenset[str]) -> Iterator[TransferOrder]:
        dice = random.Random(f"{_SEED}-{month}")  # noqa: S311 # a fixed draw, no secret
        users = (party for party in enterprises() if "enterprise" in party.kinds)
        parties = [party for party in users if party.credit_code not in apart]
        buyers = cycle(dice.sample(parties, len(parties)))
        for seller, units in tradable_stock(self.office.desk):
            for _ in range(_SALES_A_MONTH):
                quantity = min(units // 20, dice.randint(50, 20_000))
                if quantity > 0:
                    yield TransferOrder(
                        from_account=seller,
                        to_account=self.cast.account(next(buyers).credit_code, "user"),
                        instrument="GEC",
                        quantity=quantity,
                        mode=dice.choice(_MODES),
                        price_fen=PRICES_FEN[month - 1] + dice.randint(-40, 40),
                    )

    def supply(self, unit: KeyUnit, months: Sequence[int], month: int) -> None:
        """Settle a key unit's green power, and sell it certificates, a share each month."""
        power = unit.green_power_kwh // _KWH_PER_CERTIFICATE
        whole = {"green_power": power, "listing": unit.certificates}
        wanted = {mode: share(units, months, month) for mode, units in whole.items()}
        code = unit.party.credit_code
        buyer = self.cast.account(code, "user")
        self._post(f"unit:{code}:{month}", self._supplies(buyer, month, wanted))

    def _supplies(self, buyer: int, month: int, wanted: dict[str, int]) -> Iterator[TransferOrder]:
        price = PRICES_FEN[month - 1]
        for seller, units in sorted(tradable_stock(self.office.desk), key=lambda item: -item[1]):
            for mode, left in wanted.items():
                if quantity := min(left, units // 3):
                    wanted[mode] -= quantity
                    rests_on = settlement(month, quantity) if mode == "green_power" else {}
                    yield TransferOrder(
                        seller, buyer, "GEC", quantity, mode, price_fen=price, evidence=rests_on
                    )
        assert not any(wanted.values()), "there are too few tradable certificates for the key units"

    def _post(self, name: str, orders: Iterable[TransferOrder]) -> None:
        exchange = self.cast.actor(self.cast.kinds["exchange"])
        self.office.once(exchange, transfer, name, lambda: orders)


def share(whole: int, months: Sequence[int], month: int) -> int:
    """Give a month's part of a whole, so that all months together have all of it."""
    done, of = months.index(month), len(months)
    return whole * (done + 1) // of - whole * done // of


def settlement(month: int, certificates: int) -> dict[str, Plain]:
    """Write what a month's green power rests on: its contract, and the energy settled."""
    return {
        "contract_no": f"绿电合同{YEAR}-{month:02}",
        "settled_kwh": certificates * _KWH_PER_CERTIFICATE,
    }


def tradable_stock(desk: Desk) -> list[tuple[int, int]]:
    """List accounts with certificates that may still be sold, and how many."""
    with desk.reader() as read:
        return [(int(row.account), int(row.units)) for row in read.conn.execute(text(_STOCK))]


def _decisions(_read: Reader, _actor: Actor, found: Sequence[Due]) -> list[Decision | Refusal]:
    return [item.decision for item in found]


_STOCK: Final = """
    SELECT p.account, sum(coalesce(n.lo, p.size) - p.lo) AS units
    FROM parcel AS p
    JOIN lot ON lot.id = p.lot AND lot.trade = 'tradable'
    LEFT JOIN LATERAL (SELECT min(lo) AS lo FROM parcel WHERE lot = p.lot AND lo > p.lo) AS n ON true
    WHERE p.hold IS NULL AND p.trades = 0 AND p.account >= 100
    GROUP BY p.account ORDER BY p.account
"""
