"""Planning: a key unit that holds very many parcels asks what its budget takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from api.bench.book import OPERATOR, parts
from api.bench.clerk import PROVINCE, Clerk, accepted, months_before, readings_of
from api.bench.issuing import issue
from api.bench.market import sale, sell_all
from api.bench.sample import P50, P95, Sample, quantile
from ledger.store import tables as t
from schemas.calendar import registry_day
from schemas.identifiers import IdPrefix, decode_id
from settlement.factors import FactorOrder, set_factor
from settlement.fossil_budget import book as budgets
from settlement.fossil_budget import planning
from settlement.fossil_budget.book import BudgetOrder
from settlement.transfers import Selection, transfer

if TYPE_CHECKING:
    from api.bench.book import Book
    from api.bench.scale import Scale

SHARES: Final = (10, 50, 100)
"""How much of its certificates the unit needs, in per cent."""
_TIMED: Final = 5  # plans of each share in one round
_PLANTS: Final = 10
_MONTHS: Final = 6  # at most, of one year
_CAPACITY_KW: Final = 2_000_000
_LOT_UNITS: Final = 1_000_000
_UNITS: Final = (1, 2, 3)  # of a parcel, in turn
_PRICES_FEN: Final = (520, 560, 540, 555, 525)
_KWH: Final = 1_000  # of a certificate
_GCE: Final = 122_900  # of a certificate, where k is nothing
_DOCUMENT: Final = "bench-1"
_SOLD_TOGETHER: Final = 20_000


class Planning:
    """A book with one key unit: a budget, and the parcels it bought one by one."""

    def __init__(self, book: Book, scale: Scale, say: Callable[[str], None]) -> None:
        """Fill the book: each purchase is a parcel of its own, beside another of another price."""
        self.book, self._clerk, self._parcels = book, Clerk(book.desk), scale.giant_parcels
        months = months_before(registry_day(book.desk.clock()), _MONTHS)
        self._months = [month for month in months if month.year == months[-1].year]
        say(f"planning: one unit buys {self._parcels:,} times")
        self._clerk.adopt_rulebooks(sold_on=False)
        (self._unit,) = self._clerk.register_parties(1, "key_energy_unit")
        (self._user,) = self._clerk.open_accounts([self._unit], "user")
        self._certificates = self._buy()
        self._budget = self._set(0)
        self._charge()
        book.vacuum()

    def plan(self) -> Sample:
        """Time plans of every share; the slowest share's median is the value, in ms."""
        told: dict[str, float | int] = {}
        times: list[float] = []
        for share in SHARES:
            needed = self._certificates * share // 100
            self._set((self._certificates - needed) * _GCE)
            some = [self._timed(needed) for _ in range(_TIMED)]
            told[f"ms_{share}_per_cent"] = quantile(some, P50)
            times += some
        slowest = max(told.values())
        told |= {"p95_ms": quantile(times, P95), "parcels": self._parcels}
        return Sample(slowest, tuple(times), told)

    def _timed(self, needed: int) -> float:
        begun = time.perf_counter()
        with self.book.desk.reader() as read:
            told = planning.plan(read, self._budget)
        elapsed = (time.perf_counter() - begun) * 1000
        if (told["needed"], told["own"], told["to_buy"]) != (needed, needed, 0):
            self.book.fault(f"a plan of {needed} says {told['own']}, to buy {told['to_buy']}")
        return elapsed

    def _buy(self) -> int:
        """Let the unit buy a few certificates at a time; return how many it has."""
        (owner,) = self._clerk.register_parties(1, "generator")
        (seller,) = self._clerk.open_accounts([owner], "generator")
        lots = self._issue(owner)
        for some in parts(range(self._parcels), _SOLD_TOGETHER):
            orders = [
                replace(
                    sale(seller, self._user, _UNITS[n % len(_UNITS)]),
                    select=Selection(lot=lots[n % len(lots)]),
                    price_fen=_PRICES_FEN[n % len(_PRICES_FEN)],
                )
                for n in some
            ]
            with self.book.desk.reader() as read:
                decisions = accepted(transfer(read, OPERATOR, orders))
            sell_all(self.book, decisions)
        return sum(_UNITS[n % len(_UNITS)] for n in range(self._parcels))

    def _issue(self, owner: int) -> list[int]:
        plants = self._clerk.register_plants([(owner, "wind")] * _PLANTS, _CAPACITY_KW)
        readings = self._clerk.record_readings(
            reading
            for plant in plants
            for reading in readings_of(plant, self._months, "on_grid", _LOT_UNITS * _KWH)
        )
        issue(self.book, readings)
        with self.book.desk.reads.connect() as conn:
            return list(conn.execute(select(t.lot.c.id)).scalars())

    def _set(self, budget_gce: int) -> int:
        order = BudgetOrder(self._unit, self._months[0].year, budget_gce, "net", _DOCUMENT)
        told = self._clerk.ask_two(b"{}", lambda read: budgets.set_budget(read, OPERATOR, order))
        number = decode_id(IdPrefix.FOSSIL_BUDGET, str(told["budget_id"]))
        assert number is not None
        return number

    def _charge(self) -> None:
        """Report as much energy as the unit has certificates for; none of it is apportioned."""
        year = self._months[0].year
        factor = FactorOrder("k", PROVINCE, year, Decimal(0), _DOCUMENT)
        self._clerk.ask(OPERATOR, lambda read: set_factor(read, OPERATOR, factor))
        report = {"electricity": {"grid_offtake_kwh": self._certificates * _KWH}}
        self._clerk.ask(OPERATOR, lambda read: budgets.charge(read, OPERATOR, self._budget, report))
