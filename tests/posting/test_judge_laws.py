"""Laws of the decision on books of any shape: no database, nothing but values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.book import Book
from ledger.book.pick import cut_high, cut_out, join, pick
from ledger.book.trial import POSTINGS_MAX
from ledger.model.account import RETIRED
from ledger.model.command import Act, Command, Criteria, Exact, Move
from ledger.model.instrument import GEC
from ledger.model.lot import Parcel, lot_id
from ledger.posting.judge import Posted, Refused
from ledger.refusals import Refusal
from tests.posting.books import (
    ACCOUNTS,
    DAY,
    GENERATOR,
    USER,
    assert_tiled,
    command,
    commands,
    decide,
    make_book,
    renumber,
    seen,
    serials,
    tilings,
    told,
)


@given(parcels=tilings(), asked=commands())
def test_a_refused_command_leaves_the_book_as_it_was(
    parcels: list[Parcel], asked: list[Command]
) -> None:
    """Not a balance, a version, a cut or a hold of it is left behind."""
    book = make_book(parcels)
    for one in asked:
        before = seen(book)
        (outcome,) = decide(book, [one])
        if isinstance(outcome, Refused):
            assert seen(book) == before
            assert not book.undo


@given(parcels=tilings(), asked=commands())
def test_a_batch_decides_as_its_commands_one_by_one(
    parcels: list[Parcel], asked: list[Command]
) -> None:
    """Each in a batch of its own, stored and loaded between, they come to the same."""
    together, apart = make_book(parcels), make_book(parcels)
    outcomes, stored = decide(together, asked), 0
    for one, outcome in zip(asked, outcomes, strict=True):
        (alone,) = decide(apart, [one])
        assert told(alone) == told(outcome)
        drafts = len(alone.drafts) if isinstance(alone, Posted) else 0
        numbers = {-1 - n: 1000 + stored + n for n in range(drafts)}
        stored += drafts
        apart = loaded([renumber(p, numbers) for p in apart.parcels.values()], apart)

    numbers = {-1 - n: 1000 + n for n in range(stored)}
    assert {k: renumber(p, numbers) for k, p in together.parcels.items()} == apart.parcels
    assert together.balances == apart.balances
    assert together.holds == apart.holds


def loaded(parcels: Sequence[Parcel], before: Book) -> Book:
    """Load a book from what an earlier batch stored."""
    book = make_book(parcels)
    book.balances, book.lots = dict(before.balances), dict(before.lots)
    book.holds.update(before.holds)
    return book


@given(parcels=tilings(), asked=commands())
def test_whatever_is_decided_parcels_tile_and_balances_tell_what_they_hold(
    parcels: list[Parcel], asked: list[Command]
) -> None:
    """No serial is lost or doubled; posted and held are the units' own count."""
    book = make_book(parcels)
    decide(book, asked)

    assert_tiled(book)
    units = serials(book)
    for account in ACCOUNTS:
        mine = [unit for unit in units.values() if unit[0] == account]
        balance = book.balances[account, GEC]
        assert balance.posted == len(mine)
        assert balance.held == sum(unit[1] is not None for unit in mine)
        assert balance.available >= 0
    marked = Counter(unit[1] for unit in units.values() if unit[1] is not None)
    assert marked == +Counter({h.id: h.remaining for h in book.holds.values()})


@given(
    size=st.integers(2, 12),
    asked=st.lists(st.tuples(st.integers(0, 11), st.integers(1, 12)), min_size=1, max_size=6),
)
def test_serials_named_are_sold_once_or_not_at_all(size: int, asked: list[tuple[int, int]]) -> None:
    """A run is sold when all of it is there, whatever was asked for in vain before."""
    number = lot_id(GEC, date(2027, 5, 31), 1)
    book = make_book([Parcel(number, 0, size, GENERATOR, None, (1, 1), 0, "issued")])
    sales = [
        command(n, Act("transfer.listing", (Move(GENERATOR, USER, GEC, q, Exact(number, lo), 5),)))
        for n, (lo, q) in enumerate(asked)
    ]
    sold: set[int] = set()
    for (lo, amount), outcome in zip(asked, decide(book, sales), strict=True):
        run = set(range(lo, lo + amount))
        assert isinstance(outcome, Posted) == (lo + amount <= size and not run & sold)
        sold |= run if isinstance(outcome, Posted) else set()
    assert book.balances[USER, GEC].posted == len(sold)
    assert_tiled(book)


@given(parcels=tilings(), asked=commands())
def test_a_posting_s_balances_are_those_before_it_and_its_amount(
    parcels: list[Parcel], asked: list[Command]
) -> None:
    """In the order of journals and postings, across all commands of a batch."""
    book = make_book(parcels)
    running = Counter({key[0]: balance.posted for key, balance in book.balances.items()})
    for outcome in decide(book, asked):
        for draft in outcome.drafts if isinstance(outcome, Posted) else ():
            for posting in draft.postings:
                running[posting.debit] -= posting.amount
                running[posting.credit] += posting.amount
                assert posting.debit_after == running[posting.debit]
                after = None if posting.credit == RETIRED else running[posting.credit]
                assert posting.credit_after == after


@given(parcels=tilings(), asked=commands())
def test_neighbours_that_differ_stay_apart_and_untouched_units_keep_their_story(
    parcels: list[Parcel], asked: list[Command]
) -> None:
    """A unit that no accepted command moved has the holder and history it had."""
    book = make_book(parcels)
    before = serials(book)
    outcomes = decide(book, asked)
    moved = {
        (posting.lot, serial)
        for outcome in outcomes
        if isinstance(outcome, Posted)
        for draft in outcome.drafts
        for posting in draft.postings
        if posting.lo is not None
        for serial in range(posting.lo, posting.lo + posting.amount)
    }

    for key, unit in serials(book).items():
        if key not in moved:
            assert (unit[0], *unit[2:]) == (before[key][0], *before[key][2:])


@given(parcels=tilings(), data=st.data())
def test_cutting_and_joining_change_no_unit(parcels: list[Parcel], data: st.DataObject) -> None:
    """Cuts keep every unit's facts and the tiling; joining everything gives the longest runs."""
    book = make_book(parcels)
    before = serials(book)
    for _ in range(data.draw(st.integers(1, 4))):
        parcel = data.draw(
            st.sampled_from(sorted(book.parcels.values(), key=lambda p: (p.lot, p.lo)))
        )
        lo = data.draw(st.integers(parcel.lo, parcel.end - 1))
        end = data.draw(st.integers(lo + 1, parcel.end))
        piece = cut_out(book, parcel, lo, end)
        assert (piece.lo, piece.end) == (lo, end)
        book.put_parcel(piece)
        assert_tiled(book)
        assert serials(book) == before

    join(book, list(book.parcels.values()))
    assert_tiled(book)
    assert serials(book) == before
    runs = sorted(book.parcels.values(), key=lambda p: (p.lot, p.lo))
    assert not any(after.continues(first) for first, after in pairwise(runs))


@given(parcels=tilings(), amount=st.integers(1, 30))
def test_picking_takes_the_earliest_and_leaves_the_low_end(
    parcels: list[Parcel], amount: int
) -> None:
    """What is taken is the need exactly; only the last run is cut, at its high end."""
    book = make_book(parcels)
    mine = sorted((p for p in parcels if p.account == GENERATOR), key=lambda p: (p.lot, p.lo))
    have = sum(p.count for p in mine)
    if have < amount:
        with pytest.raises(Refusal):
            pick(book, GENERATOR, GEC, amount, Criteria(), DAY)
        return
    pieces = pick(book, GENERATOR, GEC, amount, Criteria(), DAY)

    assert sum(piece.count for piece in pieces) == amount
    whole, last = pieces[:-1], pieces[-1]
    assert whole == mine[: len(whole)]
    assert last.end == mine[len(whole)].end
    for piece in pieces:
        book.put_parcel(piece)
    assert_tiled(book)


@given(parcels=tilings(), amount=st.integers(1, 30))
def test_what_came_with_green_power_is_never_picked_to_be_sold(
    parcels: list[Parcel], amount: int
) -> None:
    """It is passed over; a sale is refused only where too few others are there."""
    parcels = [parcel._replace(trades=0) for parcel in parcels]
    book = make_book(parcels)
    others = (p for p in parcels if p.account == GENERATOR and p.origin != "green_power")
    enough = sum(p.count for p in others) >= amount
    move = Move(GENERATOR, USER, GEC, amount, Criteria(trade="tradable", resold=True), 5)
    asked = command(1, Act("transfer.listing", (move,)))
    (outcome,) = decide(book, [asked])

    assert isinstance(outcome, Posted) == enough


def test_the_high_end_is_cut_off() -> None:
    """Of ten, the three taken are the last three."""
    number = lot_id(GEC, date(2027, 5, 31), 1)
    parcel = Parcel(number, 0, 10, GENERATOR, None, (1, 1), 0, "issued")
    book = make_book([parcel])
    piece = cut_high(book, parcel, 3)

    assert (piece.lo, piece.end) == (7, 10)
    assert [(p.lo, p.end) for p in book.parcels.values()] == [(0, 7)]


@given(pieces=st.integers(1, 200))
def test_an_act_of_many_postings_becomes_journals_of_at_most_64(pieces: int) -> None:
    """The later ones continue the first; together they post every piece once, in order."""
    number = lot_id(GEC, date(2027, 5, 31), 1)
    crumbs = [
        Parcel(number, lo, lo + 1, GENERATOR, None, (1 + lo, 1), 0, "issued")
        for lo in range(pieces)
    ]
    book = make_book(crumbs)
    move = Move(GENERATOR, USER, GEC, pieces, Criteria(), 5)
    (outcome,) = decide(book, [command(1, Act("transfer.listing", (move,)))])
    assert isinstance(outcome, Posted)
    drafts = outcome.drafts

    assert len(drafts) == -(-pieces // POSTINGS_MAX)
    assert all(len(d.postings) == POSTINGS_MAX for d in drafts[:-1])
    assert [d.continues for d in drafts] == [None, *(drafts[0].number for _ in drafts[1:])]
    assert [d.part for d in drafts] == list(range(1, len(drafts) + 1))
    assert [p.lo for d in drafts for p in d.postings] == list(range(pieces))
    assert [p.credit_after for d in drafts for p in d.postings] == list(range(1, pieces + 1))
    assert all(d.touched.keys() == {(GENERATOR, GEC), (USER, GEC)} for d in drafts)
