"""Books of any shape, and commands that get in each other's way: values only, no database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final

from hypothesis import strategies as st

from ledger.book.book import Book
from ledger.model.account import RETIRED, Account, Balance
from ledger.model.command import (
    Act,
    Actor,
    CloseHold,
    Command,
    Criteria,
    Exact,
    FromHold,
    Move,
    OpenHold,
)
from ledger.model.instrument import GEC
from ledger.model.lot import Lot, Parcel, lot_id
from ledger.posting.judge import Outcome, Posted, Refused, judge
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook, Rules

RULES: Final = Rules(tuple(map(Rulebook.parse, shipped())))
NOW: Final = datetime(2025, 12, 20, 4, tzinfo=UTC)
DAY: Final = NOW.date()
GENERATOR, USER, OTHER, LIMITED = ACCOUNTS = (101, 102, 103, 104)
ACTOR: Final = Actor(7, "clerk", 7)
FIELDS: Final = (
    "accounts", "balances", "lots", "parcels", "holds", "approvals", "melted",
    "revoked", "reversed",
)  # fmt: skip

Unit = tuple[Any, ...]


def make_book(parcels: Sequence[Parcel], held: dict[int, int] | None = None) -> Book:
    """Load a book as the database would give it."""
    book = Book()
    for number, cls in zip(ACCOUNTS, ("generator", "user", "user", "user"), strict=True):
        limit = 12 if number == LIMITED else None
        book.accounts[number] = Account(number, cls, 7, 0, number == OTHER, "open", limit)
    book.accounts[RETIRED] = Account(RETIRED, "retired", 1, 0, False, "open")
    units = Counter(dict.fromkeys(ACCOUNTS, 0))
    for parcel in parcels:
        units[parcel.account] += parcel.count
        book.load_parcel(parcel)
    for account in ACCOUNTS:
        book.balances[account, GEC] = Balance(units[account], (held or {}).get(account, 0), 0, 1)
    for lot in {parcel.lot for parcel in parcels}:
        book.lots[lot] = lot_of(lot, max(p.end for p in parcels if p.lot == lot))
    return book


def lot_of(number: int, size: int) -> Lot:
    """Describe a lot: the month before last is tradable wind."""
    month, until = date(2025, 6, 1), date(2027, 5, 31)
    return Lot(number, GEC, 1, month, "wind", "on_grid", "tradable", False, "11", 0, size, until)


@st.composite
def tilings(draw: st.DrawFn) -> list[Parcel]:
    """Draw one to three lots, each cut into runs of one to nine with any holder and history."""
    parcels: list[Parcel] = []
    for n in range(draw(st.integers(1, 3))):
        number, at = lot_id(GEC, date(2027, 5, 31), n + 1), 0
        for size in draw(st.lists(st.integers(1, 9), min_size=1, max_size=8)):
            account = draw(st.sampled_from((GENERATOR, GENERATOR, USER, OTHER, LIMITED)))
            token, trades = draw(st.integers(1, 2)), draw(st.integers(0, 1))
            origin = draw(st.sampled_from(("issued", "traded", "green_power")))
            parcels.append(Parcel(number, at, at + size, account, None, (token, 1), trades, origin))
            at += size
    return parcels


def sources(lots: int) -> st.SearchStrategy[Criteria | Exact]:
    """Draw which units: any that may be sold, those of a lot, or a run."""
    numbers = st.integers(1, lots).map(lambda n: lot_id(GEC, date(2027, 5, 31), n))
    return st.one_of(
        st.just(Criteria(trade="tradable", trades_below=1, resold=True)),
        st.builds(Criteria()._replace, lot=numbers),
        st.builds(Exact, lot=numbers, lo=st.sampled_from((0, 2, 5, 9))),
    )


@st.composite
def commands(draw: st.DrawFn) -> list[Command]:
    """Draw sales, claims, holds, deliveries and releases that get in each other's way."""
    made: list[Command] = []
    holds: list[tuple[int, int]] = []
    for n in range(draw(st.integers(1, 8))):
        giver, taker = draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from((USER, LIMITED)))
        amount, source = draw(st.integers(1, 12)), draw(sources(draw(st.integers(1, 3))))
        what = draw(st.sampled_from(("sell", "claim", "hold", "deliver", "release")))
        if what in {"deliver", "release"} and holds:
            hold, giver = draw(st.sampled_from(holds))
            release = CloseHold(hold, giver, GEC, draw(st.none() | st.just(amount)))
            deliver = Move(giver, taker, GEC, amount, FromHold(hold), 5)
            kind, effect = (
                ("hold.release", release) if what == "release" else ("transfer.listing", deliver)
            )
            made.append(command(n, Act(kind, (effect,))))
        elif what == "claim":
            move = Move(giver, RETIRED, GEC, amount, source)
            made.append(command(n, Act("gec.retire", (move,), {"consumption_year": 2025})))
        elif what == "hold":
            holds.append((900 + n, giver))
            opening = OpenHold(900 + n, "order", giver, GEC, amount, 7, None, None, "", source)
            made.append(command(n, Act("hold.open", (opening,))))
        else:
            move = Move(giver, taker, GEC, amount, source, draw(st.sampled_from((5, 5, None))))
            made.append(command(n, Act("transfer.listing", (move,))))
    return made


def command(n: int, *acts: Act) -> Command:
    """Put acts under a key."""
    return Command(f"key {n}", sha256(str(n).encode()).digest(), ACTOR, acts)


def decide(book: Book, asked: Sequence[Command]) -> list[Outcome]:
    """Judge."""
    return judge(book, asked, NOW, DAY, RULES)


def seen(book: Book) -> dict[str, Any]:
    """Copy everything that a batch would store; the lists it is looked up by may be stale."""
    return {name: dict(getattr(book, name)) for name in FIELDS}


def told(outcome: Outcome) -> object:
    """Tell what a caller would be told."""
    match outcome:
        case Refused(refusal):
            return refusal.code, refusal.facts()
        case Posted(_, moved):
            return moved
        case _:
            return "stale"


def renumber(parcel: Parcel, journals: dict[int, int]) -> Parcel:
    """Give a parcel the number its journal was stored under."""
    number, n = parcel.acquired
    return parcel._replace(acquired=(journals.get(number, number), n))


def serials(book: Book) -> dict[tuple[int, int], Unit]:
    """Unroll the parcels: what is so of every unit by itself."""
    return {
        (p.lot, serial): (p.account, p.hold, p.acquired, p.trades, p.origin)
        for p in book.parcels.values()
        for serial in range(p.lo, p.end)
    }


def assert_tiled(book: Book) -> None:
    """Every serial of every lot lies in exactly one parcel."""
    for lot in book.lots.values():
        runs = sorted((p.lo, p.end) for p in book.parcels.values() if p.lot == lot.id)
        assert [lo for lo, _ in runs] == [0, *(end for _, end in runs[:-1])]
        assert runs[-1][1] == lot.size
