"""Three neighbours who sell each other certificates, before two processes that remember parcels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from itertools import count, cycle
from typing import Any, Final

import psycopg

from ledger.book.book import Book
from ledger.database import Urls
from ledger.model.account import Account, Balance
from ledger.model.command import Act, Actor, Command, Criteria, Exact, Move
from ledger.model.instrument import GEC
from ledger.posting.answers import answer_of
from ledger.posting.batch import Engine, Round, RuleCache
from ledger.posting.judge import judge
from ledger.posting.search import take
from ledger.posting.statement import LOAD
from ledger.posting.wire import Wire
from ledger.store.arrays import column
from schemas.calendar import registry_day
from settlement.transfers import Selection, TransferOrder, transfer
from tests.fronts import check_fronts
from tests.posting.books import command
from tests.registry import Registry, code_of

NOW: Final = datetime(2026, 3, 15, 4, tzinfo=UTC)
JULY: Final = date(2025, 7, 1)
SALE: Final = Criteria(trade="tradable", trades_below=30_000, resold=True)
SIZE: Final = 60  # of each lot


@dataclass
class Street:
    """Three neighbours who sell each other the same few certificates, before two processes."""

    urls: Urls
    conn: psycopg.Connection[Any]
    engines: Sequence[tuple[Engine, Wire]]
    accounts: Sequence[int]
    party: int
    lots: Sequence[int]
    rules: RuleCache = field(default_factory=RuleCache)
    keys: Iterator[int] = field(default_factory=count)

    def post(self, which: int, acts: Sequence[Act], now: datetime = NOW) -> list[Any]:
        """Let one of the processes post a batch; tell what its commands came to."""
        engine, wire = self.engines[which]
        asked = [replace(command(n, act), key=f"{next(self.keys)}") for n, act in enumerate(acts)]
        answers = engine.process(wire, asked, now, keep=True)
        return [_essence(answer.outcome) for answer in answers]

    def post_in_a_row(self, batches: Sequence[Sequence[Act]]) -> list[Any]:
        """Let one process post batches as its writer does: each is begun before the last is answered."""
        told: list[Any] = []
        with self.engines[0][1].row():
            under_way = self._begun(batches[0])
            for batch in (*batches[1:], None):
                under_way.go()
                ended = under_way.end()
                following = self._begun(batch) if batch else None
                answers = under_way.answers()
                ended.wait()
                told += [_essence(answer.outcome) for answer in answers]
                under_way = following or under_way
        return told

    def _begun(self, batch: Sequence[Act]) -> Round:
        engine, wire = self.engines[0]
        asked = [replace(command(n, act), key=f"{next(self.keys)}") for n, act in enumerate(batch)]
        return engine.begin(wire, asked, NOW, keep=True)

    def foretold(self, acts: Sequence[Act], now: datetime = NOW) -> list[Any]:
        """Judge the same acts against everything there is, before they are posted."""
        asked: list[Command] = [command(n, act) for n, act in enumerate(acts)]
        book = self.book()
        outcomes = judge(book, asked, now, registry_day(now), self.rules.current(self.conn))
        tell = partial(answer_of, seqs=range(1000), lots=book.lots)
        return [_essence(tell(*each).outcome) for each in zip(asked, outcomes, strict=True)]

    def book(self) -> Book:
        """Load every parcel of every lot."""
        book = Book()
        ends = [2**31 - 1] * len(self.lots)
        places = {"lots": self.lots, "los": [0] * len(self.lots), "pasts": ends}
        values = {name: column(place, "bigint") for name, place in places.items()}
        for row in self.conn.execute(LOAD["exact_parcels"].source, {**values, "most": 1000}):
            take(book, row)
        for number in self.accounts:
            book.accounts[number] = Account(number, "user", self.party, 0, False, "open")
        for row in self.conn.execute(
            "SELECT account, instrument, posted, held, floor, version FROM balance"
        ):
            book.balances[row[:2]] = Balance(*row[2:])
        return book

    def level(self) -> None:
        """Bring all units to the first neighbour, and a part of them back to the others."""
        balances = self.book().balances
        has = [balances[account, GEC].posted for account in self.accounts]
        self.post(0, [self.sale(giver, 0, has[giver]) for giver in (1, 2) if has[giver]])
        told = self.post(0, [self.sale(0, taker, SIZE // 2) for taker in (1, 2)])
        assert [answer.get("code") for answer in told] == [None, None]

    def check(self) -> int:
        """Hold what both remember against the database; tell how many accounts are remembered as they are."""
        return sum(check_fronts(self.conn, engine.fronts) for engine, _ in self.engines)

    def sale(
        self, giver: int, taker: int, units: int, wanted: Criteria | Exact | None = SALE
    ) -> Act:
        """Sell units from one neighbour to another."""
        pair = self.accounts[giver], self.accounts[taker]
        return Act("transfer.listing", (Move(*pair, GEC, units, wanted, 5),))


def _essence(outcome: Any) -> Any:
    """Leave out of an outcome what numbers it."""
    return {name: told for name, told in outcome.items() if name not in {"journals", "fields"}}


def share_out(
    registry: Registry, clerk: Actor, issuer: int, accounts: Sequence[int], lots: Sequence[int]
) -> None:
    """Sell serial by serial, in turn to each."""
    places = [Selection(lot, at) for lot in lots for at in range(SIZE)]
    orders = [
        TransferOrder(issuer, taker, "GEC", 1, "listing", place, 5)
        for place, taker in zip(places, cycle(accounts), strict=False)
    ]
    sold = [registry.asked(clerk, partial(_one_transfer, order)) for order in orders]
    assert {code_of(answer) for answer in registry.together(sold)} == {None}


def _one_transfer(order: TransferOrder, read: Any, actor: Actor) -> Any:
    return transfer(read, actor, [order])[0]
