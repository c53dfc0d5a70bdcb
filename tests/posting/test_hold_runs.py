"""A record tells which serials a hold marks, and which came free again; many go on in further journals."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ledger.book.trial import HOLD_LINES_MAX
from ledger.model.command import Act, CloseHold, Command, OpenHold
from ledger.model.instrument import GEC
from ledger.model.journal import Draft, Run
from ledger.model.lot import Parcel, lot_id
from ledger.posting.judge import Posted
from tests.posting.books import GENERATOR, command, decide, make_book, seen


def parcels(*counts: int, gap: int = 0) -> list[Parcel]:
    """Give one account runs of one lot, each with a history of its own."""
    number, at, made = lot_id(GEC, date(2027, 5, 31), 1), 0, []
    for n, count in enumerate(counts):
        made.append(Parcel(number, at, at + count, GENERATOR, None, (n + 1, 1), 0, "issued"))
        at += count + gap
    return made


def holding(amount: int) -> Command:
    """Set units aside for an order."""
    opening = OpenHold(900, "order", GENERATOR, GEC, amount, 7, None, None, "")
    return command(1, Act("hold.open", (opening,)))


def runs_of(drafts: tuple[Draft, ...]) -> list[Run]:
    """Gather the runs of all events, in order."""
    return [run for draft in drafts for event in draft.hold_events for run in event.runs]


@given(amount=st.integers(1, 12), freed=st.integers(1, 12))
def test_runs_are_the_serials_that_the_hold_marks(amount: int, freed: int) -> None:
    """What an auditor unmarks and marks by the records is what the book has marked."""
    freed = min(freed, amount)
    book = make_book(parcels(3, 4, 5))
    closing = CloseHold(900, GENERATOR, GEC, freed)
    opened, closed = decide(book, [holding(amount), command(2, Act("hold.release", (closing,)))])
    assert isinstance(opened, Posted)
    assert isinstance(closed, Posted)
    marked = {
        (p.lot, at) for p in book.parcels.values() if p.hold == 900 for at in range(p.lo, p.end)
    }

    told = units(runs_of(opened.drafts)) - units(runs_of(closed.drafts))
    assert told == marked
    assert len(units(runs_of(opened.drafts))) == amount
    assert len(units(runs_of(closed.drafts))) == freed


def units(runs: list[Run]) -> set[tuple[int, int]]:
    """Unroll runs."""
    return {(lot, at) for lot, lo, count in runs for at in range(lo, lo + count)}


def test_a_hold_of_many_runs_goes_on_in_further_journals() -> None:
    """A record must stay within 16 KiB, whatever the hold takes."""
    count = 3 * HOLD_LINES_MAX + 5
    book = make_book(parcels(*[1] * count, gap=1))
    (opened,) = decide(book, [holding(count)])
    assert isinstance(opened, Posted)

    assert [len(draft.hold_events) for draft in opened.drafts] == [1, 1, 1, 1]
    assert [draft.continues for draft in opened.drafts] == [None, 0, 0, 0]
    assert sum(e.amount for draft in opened.drafts for e in draft.hold_events) == count
    versions = [v for draft in opened.drafts for v in draft.touched.values()]
    assert versions == [versions[0] + n for n in range(4)]
    assert seen(book)["holds"][900].remaining == count
