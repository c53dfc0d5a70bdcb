"""The market: accounts that issued and sell, some that buy, some that trade crumbs; everyone's allowances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Final

from api.bench.book import OPERATOR, command, outcomes, parts
from api.bench.clerk import Clerk, accepted, months_before, readings_of
from api.bench.issuing import issue
from api.keys import KeyOrder, issue_key
from ledger.model.instrument import yearly
from schemas.calendar import registry_day
from settlement.allocating import AllocationOrder, allocate
from settlement.allowances import MoveOrder, VintageOrder, move_own, open_vintage
from settlement.desk import Decision
from settlement.emitters import ListOrder, list_many
from settlement.entitlement.approving import approve_many
from settlement.entitlement.worked import EntitlementOrder
from settlement.transfers import TransferOrder, transfer

if TYPE_CHECKING:
    from api.bench.book import Book
    from api.bench.scale import Scale

ALLOWANCE_CLASSES: Final = ("cea_registry", "cea_trading")
"""Where allocation arrives, and from where allowances are traded."""

REFERENCE: Final = "bench: contract 2025-0001 of the provincial exchange, delivery in one part"
PRICE_FEN: Final = 560
CRUMB_UNITS: Final = (1, 2, 3)
CONNECTIONS: Final = 16
_MONTHS: Final = 10
_LOT_UNITS: Final = 1_000_000  # more than a seller sells in a run, so that every sale cuts
_CAPACITY_KW: Final = 2_000_000
_ALLOWANCES: Final = 10_000_000  # of each account
_ACTS: Final = 64  # of one command
_DOCUMENT: Final = "bench-1"


class Market:
    """A book with its accounts: sellers, buyers, holders of crumbs, traders of allowances, API keys."""

    def __init__(self, book: Book, scale: Scale, say: Callable[[str], None]) -> None:
        """Fill the book; takes a minute or two at full scale."""
        self.book, self._scale, self._clerk = book, scale, Clerk(book.desk)
        self._day = registry_day(book.desk.clock())
        self._months = months_before(self._day, _MONTHS)
        half = scale.accounts // 2
        say(f"market: {scale.accounts:,} accounts")
        self._clerk.adopt_rulebooks(sold_on=True)
        self._owners = self._clerk.register_parties(half, "generator")
        self.sellers = self._clerk.open_accounts(self._owners, "generator")
        others = self._clerk.register_parties(half, "enterprise")
        users = self._clerk.open_accounts(others, "user")
        # Apart, so that what is sold to the ones does not pile up before the others' crumbs.
        self.buyers, self._holders = users[: half // 2], users[half // 2 :]
        self.traders = self._clerk.open_accounts([*self._owners, *others], ALLOWANCE_CLASSES[1])
        say(f"market: {scale.lots:,} lots")
        self._issue()
        say(f"market: {scale.crumbs * len(self._holders):,} crumbs, allowances, keys")
        self.crumbs = self._sell_crumbs()
        self._allocate()
        self.keys = self._make_keys()
        book.vacuum()

    @property
    def earliest_year(self) -> int:
        """The year in which all crumbs were produced: the first month's."""
        return self._months[0].year

    def orders(self, orders: Sequence[TransferOrder]) -> list[Decision]:
        """Decide transfers as the door does."""
        with self.book.desk.reader() as read:
            return accepted(transfer(read, OPERATOR, orders))

    def _issue(self) -> None:
        count = self._scale.lots // _MONTHS
        owners = [(self._owners[n % len(self._owners)], "wind") for n in range(count)]
        plants = self._clerk.register_plants(owners, _CAPACITY_KW)
        readings = self._clerk.record_readings(
            reading
            for plant in plants
            for reading in readings_of(plant, self._months, "on_grid", _LOT_UNITS * 1000)
        )
        issue(self.book, readings)

    def _sell_crumbs(self) -> dict[int, int]:
        """Sell a few units at a time; return how many each holder has."""
        held = dict.fromkeys(self._holders, 0)
        orders = []
        for number, (_, buyer) in enumerate(product(range(self._scale.crumbs), self._holders)):
            units = CRUMB_UNITS[number % len(CRUMB_UNITS)]
            held[buyer] += units
            orders.append(sale(self.sellers[number // _ACTS % len(self.sellers)], buyer, units))
        sell_all(self.book, self.orders(orders))
        return held

    def _allocate(self) -> None:
        """Allocate to one emitter, who moves all of it to its trading account and sells it on."""
        province = self._clerk.register_parties(1, "province")
        emitter = self._clerk.register_parties(1, "emitter")
        pool = self._clerk.open_accounts(province, "province")[0]
        registry, trading = (self._clerk.open_accounts(emitter, c)[0] for c in ALLOWANCE_CLASSES)
        year, total = self._day.year, _ALLOWANCES * len(self.traders)
        self.allowance = yearly("CEA", year).code
        ask = self._clerk.ask
        opening = VintageOrder(year, _DOCUMENT, pool, total)
        self._clerk.ask_two(b"vintage", lambda read: open_vintage(read, OPERATOR, opening))
        listing = ListOrder(emitter[0], year, "listed", "power", "benchmark", _DOCUMENT)
        self._clerk.ask_two(b"list", lambda read: list_many(read, OPERATOR, [listing]))
        stage = EntitlementOrder(
            emitter[0], year, "auction", _DOCUMENT, asked=total, allocate=False
        )
        self._clerk.ask_two(b"entitle", lambda read: approve_many(read, OPERATOR, [stage]))
        given = AllocationOrder(pool, registry, year, total, "auction", _DOCUMENT)
        ask(OPERATOR, lambda read: allocate(read, OPERATOR, given))
        moved = MoveOrder(registry, trading, year, total)
        ask(OPERATOR, lambda read: move_own(read, OPERATOR, moved))
        orders = [sale(trading, trader, _ALLOWANCES, self.allowance) for trader in self.traders]
        sell_all(self.book, self.orders(orders))

    def _make_keys(self) -> list[tuple[int, str]]:
        """Make a key for each connection's seller: (account, key)."""
        expires = self.book.desk.clock() + timedelta(days=1)
        return [
            (
                account,
                issue_key(self.book.desk, KeyOrder(party, "bench", "bench", "generator", expires)),
            )
            for party, account in list(zip(self._owners, self.sellers, strict=True))[-CONNECTIONS:]
        ]


def sell_all(book: Book, decisions: Sequence[Decision]) -> None:
    """Make sales, each its own act as an auditor wants it, and many of them in one command."""
    commands = [
        command(OPERATOR, Decision(tuple(act for decision in part for act in decision.acts)))
        for part in parts(decisions, _ACTS)
    ]
    for some in parts(commands, _ACTS):
        book.compare(outcomes(some, book.desk.writer.submit(some)))


def sale(seller: int, buyer: int, units: int, instrument: str = "GEC") -> TransferOrder:
    """Order a sale at a listed price."""
    return TransferOrder(
        seller, buyer, instrument, units, "listing", price_fen=PRICE_FEN, reference=REFERENCE
    )
