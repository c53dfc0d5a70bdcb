"""The month: a book of a thousand lots that grows by a million, while some accounts stay as they are."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from itertools import product
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from api.bench.book import OPERATOR, new_key
from api.bench.clerk import Clerk, accepted, months_before, readings_of
from api.bench.issuing import issue
from api.bench.market import sale, sell_all
from api.bench.sample import P95, Sample, quantile
from ledger.store import tables as t
from schemas.calendar import registry_day
from settlement.desk import Decision, Envelope
from settlement.transfers import Selection, TransferOrder, transfer

if TYPE_CHECKING:
    from api.bench.book import Book
    from api.bench.scale import Scale
    from settlement.desk import Reader

_SEED: Final = 2026
_WATCHED: Final = 8  # accounts whose transfers are timed
_LOTS: Final = 125  # of each of them: a thousand in all
_CUTS: Final = 8  # single units sold out of each lot, so that each account has over 1,000 parcels
_ENERGIES: Final = ("wind", "solar")  # by halves: who asks for the second passes over the first
_UNITS: Final = 100_000  # of a lot
_CAPACITY_KW: Final = 200_000
_OWNERS: Final = 5_000  # of the million lots, besides the giant
_CATEGORIES: Final = ("on_grid", "self_use")  # two lots of each plant
_MILLION: Final = 1_000_000


class Month:
    """A book in which a month is issued, and the accounts that are timed before and after."""

    def __init__(self, book: Book, scale: Scale, say: Callable[[str], None]) -> None:
        """Register everybody; issue the thousand lots and cut them into parcels."""
        self.book, self._scale, self._say = book, scale, say
        self._clerk, self._chance = Clerk(book.desk, packed=True), random.Random(_SEED)
        book.is_packed = True
        self._month = months_before(registry_day(book.desk.clock()), 1)
        self._clerk.adopt_rulebooks(sold_on=False)
        self._owners = self._clerk.register_parties(_WATCHED, "generator")
        self._watched = self._clerk.open_accounts(self._owners, "generator")
        buyers = self._clerk.register_parties(_WATCHED, "enterprise")
        self._buyers = self._clerk.open_accounts(buyers, "user")
        say(f"month: {_WATCHED * _LOTS:,} lots, in over {_WATCHED * _LOTS * _CUTS:,} parcels")
        self._issue_first()
        self._cut()
        book.vacuum()

    def single(self) -> Sample:
        """Time single transfers picked by criteria, from the accounts watched."""
        return self._timed(self._watched, Selection(energy=_ENERGIES[-1]))

    def giant(self) -> Sample:
        """Time single transfers from the one account that holds very many parcels."""
        return self._timed([self._grown[0]], Selection())

    def small(self) -> Sample:
        """Time single transfers from accounts that hold a few parcels."""
        return self._timed(self._grown[1:], Selection())

    def issuance(self) -> Sample:
        """Tell how long the month's issuance took, as seconds for a million lots."""
        lots, seconds = self._issued
        told = {"lots": lots, "lots_per_s": int(lots / seconds)}
        return Sample(seconds * _MILLION / lots, told=told)

    def grown(self) -> Month:
        """Issue the month, unless that was done."""
        assert self._issued
        return self

    @cached_property
    def _issued(self) -> tuple[int, float]:
        """Lots and seconds of the month's issuance; readings are on file before it begins."""
        self.book.examine()
        plants, giants = self._scale.month_lots // 2, self._scale.giant_parcels // 2
        count = min(_OWNERS, plants - giants)
        self._say(f"month: {plants:,} plants and {plants * 2:,} readings")
        owners = self._clerk.register_parties(count + 1, "generator", first=_WATCHED)
        self._grown = self._clerk.open_accounts(owners, "generator")
        owning = [owners[0]] * giants
        owning += [owners[1 + n % count] for n in range(plants - giants)]
        energies = [(party, _ENERGIES[n % 2]) for n, party in enumerate(owning)]
        readings = self._read(self._clerk.register_plants(energies, _CAPACITY_KW), _CATEGORIES)
        self.book.vacuum()
        self._say(f"month: issuing {len(readings):,} lots")
        seconds = issue(self.book, readings)
        self.book.vacuum()
        return len(readings), seconds

    def _issue_first(self) -> None:
        energies = [_ENERGIES[n * 2 // _LOTS] for n in range(_LOTS)]
        owners = [(party, energy) for energy, party in product(energies, self._owners)]
        plants = self._clerk.register_plants(owners, _CAPACITY_KW)
        issue(self.book, self._read(plants, _CATEGORIES[:1]))

    def _read(self, plants: Sequence[int], categories: Sequence[str]) -> list[int]:
        return self._clerk.record_readings(
            reading
            for plant, category in product(plants, categories)
            for reading in readings_of(plant, self._month, category, _UNITS * 1000)
        )

    def _cut(self) -> None:
        """Sell single serials out of the middle of every lot."""
        p, step = t.parcel.c, _UNITS // (_CUTS + 1)
        query = select(p.account, p.lot).where(p.account.in_(self._watched)).order_by(p.lot)
        with self.book.desk.reads.connect() as conn:
            held = [(row.account, row.lot) for row in conn.execute(query)]
        orders = [
            replace(sale(account, buyer, 1), select=Selection(lot=lot, first_serial=cut * step))
            for (account, lot), cut in product(held, range(1, _CUTS + 1))
            for buyer in self._chance.sample(self._buyers, 1)
        ]
        with self.book.desk.reader() as read:
            decisions = accepted(transfer(read, OPERATOR, orders))
        sell_all(self.book, decisions)

    def _timed(self, sellers: Sequence[int], selection: Selection) -> Sample:
        """Time transfers one after the other, from the decision to the answer."""
        times = []
        for _ in range(self._scale.singles):
            order = sale(self._chance.choice(sellers), self._chance.choice(self._buyers), 1)
            key = new_key()
            envelope = Envelope(key, sha256(key.encode()).digest())
            decide = _deciding(replace(order, select=selection))
            begun = time.perf_counter()
            answer = self.book.desk.post(OPERATOR, envelope, decide)
            times.append((time.perf_counter() - begun) * 1000)
            if "journals" not in (answer.outcome or {}):
                self.book.fault(f"a transfer that was timed was not made: {answer.outcome}")
            self.book.compare({(OPERATOR.client, key): answer.outcome or {}})
        told = {"accounts": len(sellers)}
        return Sample(quantile(times, P95), tuple(times), told)


def _deciding(order: TransferOrder) -> Callable[[Reader], Decision]:
    return lambda read: accepted(transfer(read, OPERATOR, [order]))[0]
