"""Key units at the end of a budget year: everything reported and retired, nothing closed yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from api.bench.book import OPERATOR, parts
from api.bench.clerk import PROVINCE, Clerk, months_before, readings_of
from api.bench.issuing import issue
from api.bench.market import PRICE_FEN
from api.bench.sample import Sample
from ledger.model.account import RETIRED
from ledger.model.command import Act, Enter, Exact, Move
from ledger.model.instrument import GEC
from ledger.store import tables as t
from schemas.calendar import registry_day
from settlement.desk import Decision, Reader
from settlement.factors import FactorOrder, set_factor
from settlement.fossil_budget.book import BudgetOrder, set_budget
from settlement.fossil_budget.closing_many import close_many
from settlement.fossil_budget.facts import METRIC
from settlement.metrics import use_of

if TYPE_CHECKING:
    from api.bench.book import Book
    from api.bench.scale import Scale
    from ledger.model.command import Plain

_LOTS: Final = 25  # of each of which every unit retires a run
_RUN: Final = 10  # certificates
_CAPACITY_KW: Final = 1_000_000
_TOGETHER: Final = 500  # budgets closed in one group, under one approval
_HANDS: Final = 2  # while one's group is being stored, the other decides
_UNITS: Final = 20_000  # the seconds are told as for so many
_REPORT: Final[dict[str, Plain]] = {
    "fuels": [{"fuel": "raw_coal", "purchased": "1000"}, {"fuel": "diesel", "purchased": "5"}],
    "electricity": {"grid_offtake_kwh": 10_000_000, "physical_kwh": 0, "other_traded_kwh": 0},
    "heat": {"purchased_mj": "0", "fossil_share": "1"},
}


@dataclass(frozen=True, slots=True)
class _Unit:
    """One key unit: its place among all, and what its acts name."""

    place: int
    party: int
    code: str
    account: int


class Budgets:
    """A book in which every unit has retired what it will, and its year is to be closed."""

    def __init__(self, book: Book, scale: Scale, say: Callable[[str], None]) -> None:
        """Register the units, let each buy and retire a run of every lot, and report its year."""
        self.book, self._say = book, say
        self._clerk = Clerk(book.desk, packed=True)
        book.is_packed = True
        months = months_before(registry_day(book.desk.clock()), 24)
        self._year = months[-1].year - 1
        self._months = [month for month in months if month.year == self._year]
        self._clerk.adopt_rulebooks(sold_on=False)
        units = self._register(scale.key_units)
        say(f"budgets: {len(units):,} units retire {len(units) * _LOTS:,} times")
        self._sell(units)
        for part in parts(units, _TOGETHER):
            self._retire(part)
        self._numbers = self._report(units)
        book.vacuum()

    def closings(self) -> Sample:
        """Close every unit's year, 500 at a time; tell the seconds as for 20,000 units."""
        count, seconds = self._closed
        told = {"units": count, "retirements": count * _LOTS, "ms_per_unit": seconds * 1000 / count}
        return Sample(seconds * _UNITS / count, told=told)

    @cached_property
    def _closed(self) -> tuple[int, float]:
        begun = time.perf_counter()
        with ThreadPoolExecutor(_HANDS) as hands:
            closed = sum(hands.map(self._close, parts(self._numbers, _TOGETHER)))
        seconds = time.perf_counter() - begun
        if closed != len(self._numbers):
            self.book.fault(f"{closed} of {len(self._numbers)} budgets were closed")
        return closed, seconds

    def _close(self, budgets: Sequence[int]) -> int:
        return len(self._by_two(_closing(budgets))["closed"])

    def _register(self, count: int) -> list[_Unit]:
        parties = self._clerk.register_parties(count, "key_energy_unit")
        accounts = self._clerk.open_accounts(parties, "user")
        codes = [f"KEY_ENERGY_UNIT{n:08d}" for n in range(count)]

        order = FactorOrder("k", PROVINCE, self._year, Decimal("0.25"), "bench")
        self._clerk.ask(OPERATOR, lambda read: set_factor(read, OPERATOR, order))
        rows = zip(range(count), parties, codes, accounts, strict=True)
        return [_Unit(*row) for row in rows]

    def _sell(self, units: Sequence[_Unit]) -> None:
        """Issue lots large enough for all, and cut every unit a run of each."""
        seller = self._clerk.register_parties(1, "generator")
        [account] = self._clerk.open_accounts(seller, "generator")
        plants = self._clerk.register_plants([(seller[0], "wind")] * 3, _CAPACITY_KW)
        kwh = len(units) * _RUN * 1000
        readings = self._clerk.record_readings(
            one for plant in plants for one in readings_of(plant, self._months, "on_grid", kwh)
        )
        issue(self.book, readings[:_LOTS])
        with self.book.desk.reads.connect() as conn:
            self._lots = list(conn.execute(select(t.lot.c.id).order_by(t.lot.c.id)).scalars())
        for part in parts(self._runs(units), _TOGETHER):
            moves = tuple(
                Move(account, unit.account, GEC, _RUN, source, PRICE_FEN) for unit, source in part
            )
            self._clerk.ask(OPERATOR, _always(Act("transfer.listing", moves)))

    def _runs(self, units: Sequence[_Unit]) -> Iterator[tuple[_Unit, Exact]]:
        return ((unit, Exact(lot, unit.place * _RUN)) for lot in self._lots for unit in units)

    def _retire(self, units: Sequence[_Unit]) -> None:
        """Retire every run by an act of its own, as a unit does over the year."""

        def decided(read: Reader) -> Decision:
            acts = [self._retirement(read, unit, run) for unit, run in self._runs(units)]
            return Decision(tuple(acts))

        self._clerk.ask(OPERATOR, decided)

    def _retirement(self, read: Reader, unit: _Unit, run: Exact) -> Act:
        number = read.numbers.entity()
        row: dict[str, Plain] = {
            "id": number,
            "account": unit.account,
            "party": unit.party,
            "beneficiary_code": unit.code,
            "beneficiary_name": "bench",
            "purpose": METRIC,
            "consumption_year": self._year,
            "quantity": _RUN,
            "statement_no": f"B-{number}",
            "public": False,
            "note": "",
        }
        return Act(
            "gec.retire",
            (Move(unit.account, RETIRED, GEC, _RUN, run), Enter("retirement", row)),
            {"consumption_year": self._year},
        )

    def _report(self, units: Sequence[_Unit]) -> list[int]:
        """Set every budget, and file its report and what is offered; the closing charges them."""
        numbers: list[int] = []
        orders = {u: BudgetOrder(u.party, self._year, 10**9, "net", "bench") for u in units}
        self._by_two(_setting([orders.pop(units[0])]))  # with it the registry's own accounts
        for part in parts(units, _TOGETHER):
            self._by_two(_setting([orders[unit] for unit in part if unit in orders]))
            numbers += self._file(part)
        return numbers

    def _file(self, units: Sequence[_Unit]) -> list[int]:
        b, r = t.fossil_budget.c, t.retirement.c
        mine = [unit.party for unit in units]
        with self.book.desk.reads.connect() as conn:
            held = conn.execute(select(b.party, b.id).where(b.party.in_(mine)))
            budgets = {row.party: row.id for row in held}
            rows = conn.execute(select(r.party, r.id).where(r.party.in_(mine))).all()
        filed = [Enter("fossil_budget_event", _event(number)) for number in budgets.values()]
        uses = [use_of(METRIC, number, budgets[party]) for party, number in rows]
        self._clerk.ask(OPERATOR, _always(Act("budget.restate", (*filed, *uses))))
        return list(budgets.values())

    def _by_two(self, decide: Callable[[Reader], Decision]) -> Mapping[str, Any]:
        """Have two persons do what one may not."""
        return self._clerk.ask_two(b"{}", decide)


def _closing(budgets: Sequence[int]) -> Callable[[Reader], Decision]:
    return lambda read: close_many(read, OPERATOR, budgets)


def _setting(orders: Sequence[BudgetOrder]) -> Callable[[Reader], Decision]:
    def decided(read: Reader) -> Decision:
        decisions = [set_budget(read, OPERATOR, order) for order in orders]
        return Decision(tuple(act for decision in decisions for act in decision.acts))

    return decided


def _event(budget: int) -> dict[str, Plain]:
    body: dict[str, Plain] = {"consumption": _REPORT, "document_ids": []}
    return {"budget": budget, "n": 2, "kind": "consumption", "body": body}


def _always(act: Act) -> Callable[[Reader], Decision]:
    return lambda _: Decision((act,))
