"""Taking back, as the judge sees it: the book is as it was before the act, or the answer is no."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ledger.book.book import Book
from ledger.model.command import Act, Criteria, Decide, Exact, Move, Restore, Reversed
from ledger.model.hold import Approval
from ledger.model.instrument import GEC
from ledger.model.lot import Parcel
from ledger.posting.judge import Outcome, Posted, Refused
from tests.posting.books import (
    GENERATOR,
    NOW,
    USER,
    Unit,
    command,
    decide,
    make_book,
    serials,
    sources,
    tilings,
)

SOLD = 41  # the journal that is taken back
Serials = dict[tuple[int, int], Unit]


def sell(book: Book, amount: int, source: Criteria | Exact) -> Posted:
    """Have the generator sell, or drop the example."""
    sale = Move(GENERATOR, USER, GEC, amount, source, 5)
    outcome = decide(book, [command(1, Act("transfer.listing", (sale,)))])[0]
    assume(isinstance(outcome, Posted))
    assert isinstance(outcome, Posted)
    return outcome


def take_back(book: Book, sold: Posted, before: Serials, number: int = 2) -> Outcome:
    """Have a second person take the sale back, as settlement would ask for it."""
    book.approvals[number] = Approval(number, "pending", "maker", NOW + timedelta(days=1), None)
    moves = tuple(
        Move(p.credit, p.debit, GEC, p.amount, restore(p.lot or 0, p.lo or 0, (came, n), before))
        for draft in sold.drafts
        for came in (-1 - draft.number,)
        for n, p in enumerate(draft.postings, 1)
    )
    back = Act(
        "reverse.act",
        tuple(reversed(moves)),
        {"document_no": "doc"},
        reverses=Reversed(SOLD, "transfer.listing"),
    )
    approval = Act("approval.approve", (Decide(number, "approved"),))
    return decide(book, [command(number, approval, back)])[0]


def restore(lot: int, lo: int, came: tuple[int, int], before: Serials) -> Restore:
    """Give a posting's units the history they had."""
    _, _, acquired, trades, origin = before[lot, lo]
    return Restore(lot, lo, came, acquired, trades, origin)


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # many a sale is refused
@given(parcels=tilings(), amount=st.integers(1, 12), source=sources(3))
def test_an_act_taken_back_leaves_the_book_as_before_it(
    parcels: list[Parcel], amount: int, source: Criteria | Exact
) -> None:
    """Every unit with its holder and history, every balance, and no cut is left over."""
    book = make_book(parcels)
    before = serials(book)
    posted = {key: balance.posted for key, balance in book.balances.items()}
    sold = sell(book, amount, source)
    outcome = take_back(book, sold, before)

    assert isinstance(outcome, Posted), outcome
    assert serials(book) == before
    assert {key: balance.posted for key, balance in book.balances.items()} == posted
    assert len(book.parcels) <= len(parcels)


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # many a sale is refused
@given(parcels=tilings(), amount=st.integers(1, 12), data=st.data())
def test_what_moved_on_in_part_is_not_taken_back_at_all(
    parcels: list[Parcel], amount: int, data: st.DataObject
) -> None:
    """One unit that the receiver gave away is enough, and nothing else has changed then."""
    book = make_book(parcels)
    before = serials(book)
    sold = sell(book, amount, Criteria(trade="tradable", trades_below=1))
    lot, lo, count = data.draw(st.sampled_from(sold.moved))
    at = lo + data.draw(st.integers(0, count - 1))
    claim = Move(USER, 3, GEC, 1, Exact(lot, at))
    claimed = Act("gec.retire", (claim,), {"consumption_year": 2025})
    assert isinstance(decide(book, [command(9, claimed)])[0], Posted)
    after = serials(book)

    assert refused(take_back(book, sold, before)) == "reversal_too_late"
    assert serials(book) == after


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # many a sale is refused
@given(parcels=tilings(), amount=st.integers(1, 12))
def test_an_act_is_taken_back_once(parcels: list[Parcel], amount: int) -> None:
    """The second asks in vain, though the units are where they may be taken from again."""
    book = make_book(parcels)
    before = serials(book)
    sold = sell(book, amount, Criteria(trade="tradable", trades_below=1))
    assert isinstance(take_back(book, sold, before), Posted)

    assert refused(take_back(book, sold, before, 3)) == "already_reversed"
    assert serials(book) == before


def refused(outcome: Outcome) -> str | None:
    """Name the refusal, None if there is none."""
    return outcome.refusal.code if isinstance(outcome, Refused) else None
