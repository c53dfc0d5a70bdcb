"""What a process remembers of parcels changes no answer, and does not outlive a change by others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count, cycle
from typing import Any, Final

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.book import Book
from ledger.database import Urls
from ledger.model.account import Account, Balance
from ledger.model.command import Act, Actor, Command, Consolidate, Criteria, Exact, Move
from ledger.model.instrument import GEC
from ledger.model.lot import Parcel, lot_floor, lot_id
from ledger.posting import fronts, needs, wants
from ledger.posting.answers import answer_of
from ledger.posting.asked import Asked, Opened
from ledger.posting.batch import Engine, Round, RuleCache
from ledger.posting.fronts import Found
from ledger.posting.judge import judge
from ledger.posting.search import Search, take
from ledger.posting.statement import LOAD, Statement
from ledger.posting.wire import Reply, Wire
from ledger.posting.writer import Writer
from ledger.store.arrays import column
from ledger.store.engine import by_key
from schemas.calendar import registry_day
from settlement.transfers import Selection, TransferOrder, transfer
from tests.databases import Clones
from tests.fronts import check_fronts
from tests.posting.books import USER, command, make_book
from tests.registry import NAME, Registry, code_of, opened

NOW: Final = datetime(2026, 3, 15, 4, tzinfo=UTC)
JULY, JUNE = date(2025, 7, 1), date(2025, 6, 1)
SALE: Final = Criteria(trade="tradable", trades_below=10**6, resold=True)
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


@pytest.fixture(scope="module")
def street(clones: Clones) -> Iterator[Street]:
    """Issue two lots, and share them out as crumbs."""
    with clones.fresh() as urls:
        with opened(urls.app) as registry:
            registry.adopt_shipped(max_trades=str(10**6))
            party = registry.party("enterprise")
            issuer = registry.account(party, "generator")
            accounts = [registry.account(registry.party("enterprise"), "user") for _ in range(3)]
            plant = registry.plant(party, "wind", 1000)
            lots = [registry.issue(plant, month, SIZE) for month in (JUNE, JULY)]
            share_out(registry, Actor(party, "clerk", 9), issuer, accounts, lots)
        connect = partial(
            psycopg.connect, urls.app, autocommit=True, options=f"{by_key()} -c search_path={NAME}"
        )
        with connect() as conn, connect() as one, connect() as two:
            engines = [(Engine(NAME, RuleCache()), Wire(each)) for each in (one, two)]
            yield Street(urls, conn, engines, accounts, party, lots)


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


@st.composite
def acts(draw: st.DrawFn, street: Street) -> list[Act]:
    """Draw what neighbours do in one batch: sales by rule, of a month, of a serial, and tidying up."""
    made = []
    for _ in range(draw(st.integers(1, 6))):
        giver, taker = draw(st.permutations(range(3)))[:2]
        wanted: Criteria | Exact | None = draw(
            st.sampled_from((SALE, SALE, None, replace(SALE, month=JULY), Criteria(year=2025)))
        )
        units = draw(st.integers(1, 4) | st.integers(1, 40))
        what = draw(st.integers(0, 9))
        if what == 0:
            wanted, units = (
                Exact(draw(st.sampled_from(street.lots)), draw(st.integers(0, SIZE - 1))),
                1,
            )
        if what == 1:
            at = draw(st.integers(0, SIZE - 2))
            lot, size = draw(st.sampled_from(street.lots)), draw(st.integers(2, 6))
            whole = Consolidate(street.accounts[giver], lot, at, min(size, SIZE - at))
            made.append(Act("units.consolidate", (whole,)))
        else:
            made.append(street.sale(giver, taker, units, wanted))
    return made


@given(st.data())
def test_what_is_remembered_is_so_and_changes_no_answer(
    street: Street, data: st.DataObject
) -> None:
    """However little is kept, in however many parts a batch goes, and whoever posts between."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(needs, "ACTS_OF_A_PART", data.draw(st.sampled_from((1, 2, 400))))
        patch.setattr(fronts, "PARCELS_KEPT", data.draw(st.sampled_from((1, 3, 48))))
        patch.setattr(wants, "_ASKED_MIN", data.draw(st.sampled_from((1, 3, 24))))
        for _ in range(data.draw(st.integers(1, 4))):
            asked = data.draw(acts(street))
            expected = street.foretold(asked)

            assert street.post(data.draw(st.integers(0, 1)), asked) == expected
            street.check()


@given(st.data())
def test_a_batch_begun_before_the_last_is_answered_misses_nothing(
    street: Street, data: st.DataObject
) -> None:
    """What was asked behind a front that has been cut back since does not count as all there is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fronts, "PARCELS_KEPT", data.draw(st.sampled_from((1, 3, 48))))
        patch.setattr(wants, "_ASKED_MIN", data.draw(st.sampled_from((1, 3, 24))))
        batches = data.draw(st.lists(acts(street), min_size=2, max_size=4))
        expected = street.foretold([act for batch in batches for act in batch])

        assert street.post_in_a_row(batches) == expected
        street.check()


def test_a_front_that_may_not_do_is_not_waited_for_twice(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes behind it is asked with the first question; nothing is asked again."""
    monkeypatch.setattr(wants, "_ASKED_MIN", 1)
    monkeypatch.setattr(Opened, "reach", lambda *_: 1)
    street.level()
    street.post(0, [street.sale(1, 0, 1), street.sale(2, 0, 1)])
    street.engines[0][0].fronts.forget()
    street.post(0, [street.sale(0, 1, 1)])
    asked: list[int] = []
    ask = wants.Pick._ask

    def counted(pick: wants.Pick, searches: list[Search]) -> Asked:
        asked.append(len(searches))
        return ask(pick, searches)

    monkeypatch.setattr(wants.Pick, "_ask", counted)
    street.post(0, [street.sale(0, 1, 1)])

    assert asked == [1, 0]


def test_what_one_process_did_another_does_not_sell_again(street: Street) -> None:
    """Both remember the same parcels; one sells them all, and the other looks again."""
    street.level()
    for which in (0, 1):
        street.post(which, [street.sale(1, 2, 1), street.sale(2, 1, 1)])
    has = street.book().balances[street.accounts[1], GEC].posted
    assert street.post(0, [street.sale(1, 2, has)])[0].get("code") is None
    refused, back, again = street.post(
        1, [street.sale(1, 2, 1), street.sale(2, 1, 2), street.sale(1, 2, 1)]
    )

    assert refused["code"] == "units_short"
    assert sum(n for *_, n in back["moved"]) == 2
    assert sum(n for *_, n in again["moved"]) == 1
    assert street.check() > 0


def test_remembered_parcels_are_not_asked_for_again(street: Street) -> None:
    """The second sale of an account asks the server for no parcel."""
    street.level()
    street.post(0, [street.sale(0, 1, 2)])
    sent: list[bytes] = []
    send = Wire.send

    def overheard(wire: Wire, statement: Statement, values: Sequence[bytes | None]) -> Reply:
        sent.append(statement.text)
        return send(wire, statement, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Wire, "send", overheard)
        street.post(0, [street.sale(0, 1, 1)])

    assert LOAD["lock_balances"].text in sent
    assert LOAD["pick_parcels"].text not in sent


def test_what_is_found_later_leaves_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """More is found than is kept, and then the one that lies behind it."""
    monkeypatch.setattr(fronts, "PARCELS_KEPT", 1)
    lot, key = lot_id(GEC, date(2027, 5, 31), 1), (USER, GEC)
    parcels = [Parcel(lot, lo, lo + 1, USER, None, (1, lo + 1), 0, "issued") for lo in range(4)]
    book, floor = make_book(parcels), lot_floor(GEC, NOW.date())
    found = (
        Found(key, floor, (floor, -1), (lot, 2), parcels[:3]),
        Found(key, floor, (lot, 2), None, parcels[3:]),
    )
    remembered = fronts.Fronts()
    remembered.learn(book, dict(book.balances), [], found)
    front = remembered.current(key, 1, floor)

    assert front is not None
    assert (front.parcels, front.last) == (parcels[:1], (lot, 0))


def test_a_dry_run_is_not_remembered(street: Street) -> None:
    """It was rolled back; what it found and did is as if it had never been."""
    street.level()
    engine, wire = street.engines[0]
    tried = replace(command(0, street.sale(0, 1, 2)), key="tried")
    engine.process(wire, [tried], NOW, keep=False)
    street.post(1, [street.sale(0, 1, 5)])  # in the versions that the other would have made

    street.check()


@contextmanager
def no_commit(url: str) -> Iterator[None]:
    """Have every COMMIT of a journal fail in the database."""
    with psycopg.connect(url, autocommit=True, options=f"-c search_path={NAME}") as owner:
        owner.execute(
            "CREATE FUNCTION not_today() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$"
        )
        owner.execute(
            "CREATE CONSTRAINT TRIGGER not_today AFTER INSERT ON journal"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION not_today()"
        )
        yield
        owner.execute("DROP FUNCTION not_today CASCADE")


def test_a_batch_whose_commit_failed_is_not_remembered(street: Street) -> None:
    """What it taught while the server was at its COMMIT is forgotten; others may make its versions."""
    street.level()
    with closing(Writer(street.urls.app, NAME, lambda: NOW)) as writer:
        writer.submit([replace(command(0, street.sale(0, 1, 1)), key="committed")])
        with no_commit(street.urls.owner), pytest.raises(psycopg.Error, match="not today"):
            writer.submit([replace(command(0, street.sale(0, 1, 2)), key="not committed")])
        street.post(1, [street.sale(0, 1, 5)])

        check_fronts(street.conn, writer._engine.fronts)
        writer.submit([replace(command(0, street.sale(0, 1, 1)), key="committed, too")])
        assert check_fronts(street.conn, writer._engine.fronts) > 0


def test_what_has_expired_since_is_not_sold(street: Street) -> None:
    """Remembered the day before its validity ends, a parcel is passed over the day after."""
    street.level()
    late = NOW + timedelta(days=5 * 365)
    asked = [street.sale(0, 1, 1)]

    expected = street.foretold(asked, late)
    assert street.post(0, asked, late) == expected
    assert expected[0]["code"] == "too_few_eligible"
