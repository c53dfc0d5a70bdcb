"""What a batch looks up suffices: it is answered as from a book that has every parcel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.book.book import Book
from ledger.book.pick import PARCELS_MAX, fits
from ledger.database import Urls
from ledger.model.account import EXPIRED, RETIRED, Account, Balance
from ledger.model.command import Act, Actor, Command, Criteria, Exact, Move, OpenHold, Plain
from ledger.model.instrument import GEC
from ledger.model.lot import Parcel, lot_id
from ledger.posting import needs, wants
from ledger.posting.answers import answer_of
from ledger.posting.asked import Opened
from ledger.posting.batch import Engine, RuleCache
from ledger.posting.judge import judge
from ledger.posting.search import take, widest_of
from ledger.posting.statement import LOAD
from ledger.posting.wire import Wire
from ledger.store.arrays import column
from schemas.calendar import registry_day
from settlement.retirement import RetirementOrder, retire
from settlement.transfers import ANY, Selection, TransferOrder, transfer
from tests.databases import Clones
from tests.posting.books import command, lot_of
from tests.registry import NAME, Asked, Registry, code_of, opened

NOW: Final = datetime(2027, 5, 15, 4, tzinfo=UTC)
MAY, JUNE, JULY = (date(2025, month, 1) for month in (5, 6, 7))
CRUMBS: Final = 40  # of each lot, with as many sold or retired ones between them
SALE: Final = Criteria(trade="tradable", trades_below=1000, resold=True)
CLAIM: Final = Criteria(year=2025)
EVIDENCE: Final[Mapping[str, Plain]] = {"contract_no": "1", "settled_kwh": 1000}


@dataclass
class Town:
    """A generator and a user who hold crumbs of the same lots, one of them expired; and another user."""

    conn: psycopg.Connection[Any]
    wire: Wire
    rules: RuleCache
    accounts: tuple[int, int, int]
    party: int
    lots: tuple[int, ...]

    def answers(self, asked: Sequence[Command], acts_of_a_part: int, units: int) -> list[Any]:
        """Process a batch and roll it back; the process remembers parcels of so many units, if any."""
        opened = Opened()
        if units:
            opened.learn_reach((account, 1, units) for account in self.accounts)
            opened.learn({(account, GEC): Balance(200, 0, 0, 1) for account in self.accounts})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(needs, "ACTS_OF_A_PART", acts_of_a_part)
            patch.setattr(wants, "_ASKED_MIN", 1)
            engine = Engine(NAME, self.rules, opened)
            answers = engine.process(self.wire, asked, NOW, keep=False)
        return [essence(answer.outcome) for answer in answers]

    def answers_of_all(self, asked: Sequence[Command]) -> list[Any]:
        """Judge the same commands against everything there is."""
        book = self.book()
        outcomes = judge(book, asked, NOW, registry_day(NOW), self.rules.current(self.conn))
        tell = partial(answer_of, seqs=range(1000), lots=book.lots)
        return [essence(tell(*each).outcome) for each in zip(asked, outcomes, strict=True)]

    def book(self) -> Book:
        """Load every parcel of every lot."""
        book = Book()
        places = {"lots": self.lots, "los": [0] * 4, "pasts": [2**31 - 1] * 4}
        values = {name: column(place, "bigint") for name, place in places.items()}
        for row in self.conn.execute(LOAD["exact_parcels"].source, {**values, "most": 1000}):
            take(book, row)
        for number, cls in zip((*self.accounts, RETIRED, EXPIRED), CLASSES, strict=True):
            book.accounts[number] = Account(number, cls, self.party, 0, False, "open")
        for row in self.conn.execute(
            "SELECT account, instrument, posted, held, floor, version FROM balance"
        ):
            book.balances[row[:2]] = Balance(*row[2:])
        return book


CLASSES: Final = ("generator", "user", "user", "retired", "expired")


def essence(outcome: Any) -> Any:
    """Leave out of an outcome what numbers it."""
    return {name: told for name, told in outcome.items() if name not in {"journals", "fields"}}


@pytest.fixture(scope="module")
def town(clones: Clones) -> Iterator[Town]:
    """Issue wind of three months and old hydro, and break all of it to crumbs."""
    with clones.fresh() as urls, opened(urls.app) as registry:
        registry.adopt_shipped(max_trades="1000")
        party = registry.party("enterprise")
        giver = registry.account(party, "generator")
        users = [registry.account(registry.party("enterprise"), "user") for _ in range(2)]
        wind, hydro = (registry.plant(party, energy, 1000) for energy in ("wind", "hydro"))
        lots = tuple(registry.issue(wind, month, 2 * CRUMBS) for month in (MAY, JUNE, JULY))
        lots += (registry.issue(hydro, JUNE, 2 * CRUMBS),)
        clerk = Actor(party, "clerk", 9)
        break_up(registry, clerk, (giver, *users), lots)
        options = f"-c search_path={NAME}"
        with psycopg.connect(urls.app, autocommit=True, options=options) as conn:
            yield Town(conn, Wire(conn), RuleCache(), (giver, users[0], users[1]), party, lots)


def break_up(
    registry: Registry, clerk: Actor, accounts: Sequence[int], lots: Sequence[int]
) -> None:
    """Sell every other serial of wind, some as green power, some thrice; retire those of hydro."""
    giver, user, other = accounts
    *wind, hydro = lots
    places = [Selection(lot, at) for lot in wind for at in range(1, 2 * CRUMBS, 2)]
    sold = [
        asked_sale(registry, clerk, (giver, user), place, ("listing", "green_power")[n % 3 == 0])
        for n, place in enumerate(places)
    ]
    there, back = (
        [asked_sale(registry, clerk, pair, place, "listing") for place in places[1::3]]
        for pair in ((user, other), (other, user))
    )
    orders = [
        RetirementOrder(giver, 1, "code", "x", "voluntary", 2025, select=Selection(hydro, at))
        for at in range(1, 2 * CRUMBS, 2)
    ]
    retired = [registry.asked(clerk, partial(lambda o, r, a: retire(r, a, o), o)) for o in orders]
    for some in (sold, there, back, retired):
        assert {code_of(answer) for answer in registry.together(some)} == {None}


def asked_sale(
    registry: Registry,
    clerk: Actor,
    pair: tuple[int, int],
    place: Selection = ANY,
    mode: str = "listing",
    units: int = 1,
) -> Asked:
    """Ask for units to be sold."""
    order = TransferOrder(*pair, "GEC", units, mode, place, 5, EVIDENCE)
    return registry.asked(clerk, lambda r, a: transfer(r, a, [order])[0])  # type: ignore[arg-type,return-value]


def criteria(lots: Sequence[int]) -> st.SearchStrategy[Criteria]:
    """Draw what is wanted: by rule, narrowed by a caller, or of a lot; some wants are past validity."""
    by_rule = st.builds(
        Criteria,
        lot=st.none(),
        category=st.none(),
        mechanism=st.none(),
        month=st.sampled_from((None, None, JUNE, JULY)),
        energy=st.sampled_from((None, None, "wind", "hydro")),
        year=st.sampled_from((None, 2025)),
        trade=st.sampled_from((None, "tradable", "tradable", "non_tradable")),
        trades_below=st.sampled_from((None, 1, 2, 1000)),
        resold=st.booleans(),
        expired=st.sampled_from((False, False, False, True)),
    )
    by_lot = st.builds(Criteria()._replace, lot=st.sampled_from(lots), expired=st.booleans())
    return st.one_of(st.sampled_from((SALE, CLAIM)), by_rule, by_lot)


@st.composite
def batches(draw: st.DrawFn, town: Town) -> list[Command]:
    """Draw sales, claims, expiries and holds that want the same accounts' crumbs in several ways."""
    made = []
    for n in range(draw(st.integers(1, 8))):
        giver = draw(st.sampled_from((town.accounts[0], *town.accounts)))
        taker = town.accounts[2 if giver == town.accounts[1] else 1]
        amount = draw(st.integers(1, 5) | st.integers(1, 30) | st.just(10**6))
        wanted: Criteria | Exact = draw(criteria(town.lots))
        if draw(st.integers(0, 5)) == 0:
            wanted = Exact(draw(st.sampled_from(town.lots)), draw(st.integers(0, 2 * CRUMBS)))
            amount = 1
        acts = {
            "sell": Act("transfer.listing", (Move(giver, taker, GEC, amount, wanted, 5),)),
            "claim": Act(
                "gec.retire",
                (Move(giver, RETIRED, GEC, amount, wanted),),
                {"consumption_year": 2025},
            ),
            "expire": Act("gec.expire", (Move(giver, EXPIRED, GEC, amount, wanted),)),
            "hold": Act(
                "hold.open",
                (
                    OpenHold(
                        900 + n, "order", giver, GEC, amount, town.party, None, None, "", wanted
                    ),
                ),
            ),
        }
        made.append(command(n, acts[draw(st.sampled_from(("sell", "sell", "claim", *acts)))]))
    return made


@given(st.data())
def test_a_batch_is_answered_as_if_every_parcel_were_in_its_book(
    town: Town, data: st.DataObject
) -> None:
    """Whatever is wanted together, in one part or in several, and however far the first guess reaches."""
    asked = data.draw(batches(town))
    acts_of_a_part = data.draw(st.sampled_from((1, 2, needs.ACTS_OF_A_PART)))
    units = data.draw(st.sampled_from((0, 1, 3, 8, 10**9)))

    assert town.answers(asked, acts_of_a_part, units) == town.answers_of_all(asked)


def sale(n: int, town: Town, amount: int, wanted: Criteria) -> Command:
    """Sell what the generator has."""
    return command(n, Act("transfer.listing", (Move(*town.accounts[:2], GEC, amount, wanted, 5),)))


@pytest.mark.parametrize("units", [1, 10**9])
@pytest.mark.parametrize("acts_of_a_part", [1, needs.ACTS_OF_A_PART])
def test_of_two_wants_the_selective_one_is_searched_further(
    town: Town, acts_of_a_part: int, units: int
) -> None:
    """July lies behind June: the first answer has little of it or nothing, and all the same it is found."""
    july = SALE._replace(month=JULY)
    asked = [sale(1, town, 3, SALE), sale(2, town, 20, july), sale(3, town, 3, SALE)]
    answers = town.answers(asked, acts_of_a_part, units)

    assert [sum(count for *_, count in told["moved"]) for told in answers] == [3, 20, 3]
    assert {lot for lot, *_ in answers[1]["moved"]} == {town.lots[2]}


@pytest.mark.parametrize("units", [1, 10**9])
def test_what_one_part_sold_another_is_not_told_is_there(town: Town, units: int) -> None:
    """The third part looks elsewhere, so it asks itself, before the first is judged; it is told later."""
    of_june = Criteria(lot=town.lots[1])
    asked = [sale(1, town, 35, SALE), sale(2, town, 1, CLAIM), sale(3, town, 4, of_june)]
    answers = town.answers(asked, 1, units)

    assert [told.get("code") for told in answers] == [None] * 3
    serials = [place for told in answers for _, *place in told["moved"]]
    assert sorted(serials) == [[2 * at, 1] for at in range(CRUMBS)]


def test_two_sales_find_more_crumbs_than_one_may_touch(database: Urls) -> None:
    """Each is of fewer parcels than an act may touch; together they need more."""
    sold = PARCELS_MAX // 2 + 200  # what is guessed first reaches for some
    with opened(database.app) as registry:
        registry.adopt_shipped()
        party = registry.party("enterprise")
        pair = registry.account(party, "generator"), registry.account(party, "user")
        lot = registry.issue(registry.plant(party, capacity_kw=100_000), MAY, 4 * sold)
        clerk = Actor(party, "clerk", 9)
        sell = partial(asked_sale, registry, clerk, pair)
        crumbs = [sell(place=Selection(lot, at)) for at in range(1, 4 * sold, 2)]
        assert {code_of(answer) for answer in registry.together(crumbs)} == {None}
        answers = registry.together([sell(units=sold), sell(units=sold)])

    assert [code_of(answer) for answer in answers] == [None, None]


@pytest.mark.parametrize("units", [1, 8, 10**9])
def test_what_one_part_took_does_not_stand_for_what_another_wants(town: Town, units: int) -> None:
    """The third part is told of crumbs of June as they were before the first, which left the green ones."""
    _, user, other = town.accounts
    may, june, *_ = town.lots
    acts = (
        Act("gec.expire", (Move(user, EXPIRED, GEC, 40, Criteria(lot=may, expired=True)),)),
        Act("transfer.listing", (Move(user, other, GEC, 50, SALE, 5),)),
    )
    claim = Move(user, RETIRED, GEC, 13, Criteria(lot=june))
    last = command(3, Act("gec.retire", (claim,), {"consumption_year": 2025}))
    answers = town.answers([command(1, *acts), sale(2, town, 1, SALE), last], 1, units)

    assert [told.get("code") for told in answers] == [None] * 3


@pytest.mark.parametrize("wanted", [Criteria(lot=1), SALE._replace(lot=1), Criteria(expired=True)])
def test_what_looks_in_another_place_is_asked_for_apart(wanted: Criteria) -> None:
    """A lot that is named, and units past validity, lie elsewhere than the rest."""
    moves = [Move(101, 102, GEC, 1, each, 5) for each in (SALE, CLAIM, wanted, SALE)]
    first, *_ = needs.parts_of([command(1, Act("transfer.listing", tuple(moves)))])

    assert [list(want.criteria) for want in first.needs.wants] == [[SALE, CLAIM], [wanted]]


def test_the_first_part_asks_for_what_a_later_one_wants_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A place is asked about once a batch, by all criteria of all parts."""
    monkeypatch.setattr(needs, "ACTS_OF_A_PART", 1)
    moves = [Move(101, 102, GEC, 1, each, 5) for each in (SALE, SALE, CLAIM)]
    parts = needs.parts_of(
        [command(n, Act("transfer.listing", (move,))) for n, move in enumerate(moves)]
    )

    assert [[list(want.criteria) for want in part.needs.wants] for part in parts] == [
        [[SALE, CLAIM]],
        [],
        [],
    ]


@example([SALE, CLAIM], 0, "green_power")
@example([SALE, SALE._replace(trades_below=1)], 2, "traded")
@example([CLAIM, CLAIM._replace(trades_below=1)], 2, "traded")
@given(
    st.lists(criteria([lot_id(GEC, MAY, 1)]), min_size=1, max_size=4),
    st.integers(0, 3),
    st.sampled_from(("issued", "traded", "green_power")),
)
def test_what_fits_one_want_fits_the_widest(
    wanted: list[Criteria], trades: int, origin: str
) -> None:
    """In one place, which all of them name."""
    place = wanted[0]
    each = [one._replace(lot=place.lot, expired=place.expired) for one in wanted]
    number = lot_id(GEC, MAY, 1)
    lot = lot_of(number, 9)
    parcel = Parcel(number, 0, 9, 101, None, (1, 1), trades, origin)

    for day in (date(2025, 12, 1), date(2028, 1, 1)):
        if any(fits(parcel, lot, one, day) for one in each):
            assert fits(parcel, lot, widest_of(each), day)
