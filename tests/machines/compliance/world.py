"""Who is there when the two years begin: a coal plant, a gas plant, a steelworks, and their province."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from settlement.emitters import Installation, ListOrder, list_many
from settlement.factors import FactorOrder, set_factor
from settlement.quotes import Quote, QuoteOrder, record_quotes
from tests.carbon import DOCUMENT, created, given, key_of
from tests.machines.compliance.model import SOURCE, VINTAGES, Book, Firm, cea
from tests.machines.compliance.plan import BALANCE, Sector, Unit
from tests.registry import OPERATOR, START, Decide, Registry, code_of
from tests.settlement.mill import two_persons

CREATED: Final = 10**9
GIVEN: Final = {2023: 8_000, 2024: 30_000}
"""What everybody was allocated of the vintages that were approved elsewhere, in t CO2e."""
LISTED: Final = (2025, 2026)
PRICED: Final = QuoteOrder(date(2025, 11, 28), (Quote(7_000, 10, 70_013, vintage=2019),))
"""The only trading on file: it makes an average price, and no band for what is traded here."""
GREEN: Final = 60
MONTH: Final = date(2025, 6, 1)
FIRMS: Final[tuple[tuple[Sector, tuple[Unit, ...], bool], ...]] = (
    ("power", (Unit("u1", "power_above_300mw"),), True),
    ("power", (Unit("g1", "power_gas"), Unit("u1", "power_to_300mw")), False),
    ("steel", (Unit("s1", "steel"), Unit("s2", "steel", "closed")), True),
)
"""Sector, installations, and whether the province may keep what it gives."""


@dataclass(frozen=True)
class World:
    """Everything furnished: the book as it is then, and who has certificates where."""

    book: Book
    plants: tuple[int, ...]  # accounts with certificates, in the order of the firms
    key: int  # of the verifier
    names: tuple[str, ...] = field(default=())  # credit codes of the firms

    def begun(self) -> Book:
        """Give a book of one's own."""
        return deepcopy(self.book)


def furnish(registry: Registry) -> World:
    """Register everybody, open the vintages, list the emitters of both years, and give the old ones."""
    registry.adopt_shipped()
    province = registry.party("province")
    pool = registry.account(province, "province")
    for vintage in VINTAGES:
        created(registry, pool, vintage, CREATED)
    firms = tuple(firm(registry, province, n) for n in range(len(FIRMS)))
    key, _ = key_of(registry, OPERATOR.party)
    decide_by_document(registry, firms)
    book = Book(START, pool, firms)
    book.act("furnished", 0)
    for vintage in VINTAGES:
        book.move(SOURCE, pool, cea(vintage), CREATED)
    for each in firms:
        for vintage, units in GIVEN.items():
            given(registry, pool, each.registry, vintage, units)
            book.move(pool, each.registry, cea(vintage), units)
        each.years[2024].allocated = GIVEN[2024]
        each.green = GREEN
    plants = tuple(certified(registry, each.party) for each in firms)
    return World(book, plants, key, tuple(registry.codes[each.party] for each in firms))


def firm(registry: Registry, province: int, number: int) -> Firm:
    """Register one emitter with its accounts, and perhaps one that the province keeps for it."""
    sector, units, kept = FIRMS[number]
    party = registry.party("emitter")
    custody = registry.account(province, "province_custody", owner=party) if kept else None
    return Firm(
        number,
        party,
        sector,
        registry.account(party, "cea_registry"),
        registry.account(party, "cea_trading"),
        registry.account(party, "ccer"),
        custody,
        units,
    )


def decide_by_document(registry: Registry, firms: tuple[Firm, ...]) -> None:
    """List everybody in both years, set the balance values, and have a price on file."""
    orders = [
        ListOrder(
            each.party,
            year,
            "listed",
            each.sector,
            "in the list",
            DOCUMENT,
            tuple(Installation(unit.code, unit.cls) for unit in each.units),
        )
        for each in firms
        for year in LISTED
    ]
    answer = two_persons(registry, lambda read, actor: list_many(read, actor, orders))
    assert code_of(answer) is None, answer
    for year in LISTED:
        registry.must_do(OPERATOR, balance_value(year))
    registry.must_do(OPERATOR, lambda r, a: record_quotes(r, a, PRICED))


def balance_value(year: int) -> Decide:
    """Set the balance value of steel for a year."""
    order = FactorOrder("balance.steel", "00", year, BALANCE, DOCUMENT)
    return lambda read, actor: set_factor(read, actor, order)


def certified(registry: Registry, party: int) -> int:
    """Give a party a plant with certificates; name the account that has them."""
    account = registry.account(party, "generator")
    registry.issue(registry.plant(party), MONTH, GREEN)
    return account


def noon(day: date) -> datetime:
    """Give noon of a registry day."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
