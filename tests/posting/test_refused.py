"""What the book itself refuses, however it was asked: no door lets these through to it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ledger.book.book import POSTED_MAX
from ledger.book.pick import PARCELS_MAX
from ledger.model.command import Act, CloseHold, Criteria, Effect, Move
from ledger.model.hold import Hold
from ledger.model.instrument import GEC
from ledger.model.lot import Parcel, lot_id
from ledger.posting.judge import Refused
from ledger.refusals import CertificateNotExpired, HoldNotExpired
from ledger.rules.expiry import check_expiry
from ledger.rules.holding import check_lapse
from tests.posting.books import GENERATOR, USER, command, decide, lot_of, make_book

LOT = lot_id(GEC, date(2027, 5, 31), 1)
NOBODY = 999


def parcels(*sizes: int) -> list[Parcel]:
    """Cut a lot of the generator's into runs."""
    made, at = [], 0
    for size in sizes:
        made.append(Parcel(LOT, at, at + size, GENERATOR, None, (1, 1), 0, "issued"))
        at += size
    return made


def sale(giver: int, taker: int, amount: int) -> Move:
    """Sell certificates at a price."""
    return Move(giver, taker, GEC, amount, Criteria(trade="tradable", trades_below=1), 5)


@pytest.mark.parametrize(
    ("effect", "kind", "code"),
    [
        (sale(NOBODY, USER, 1), "transfer.listing", "account_unknown"),
        (sale(GENERATOR, NOBODY, 1), "transfer.listing", "account_unknown"),
        (sale(GENERATOR, USER, POSTED_MAX + 1), "transfer.listing", "quantity_too_large"),
        (sale(GENERATOR, USER, PARCELS_MAX + 1), "transfer.listing", "too_fragmented"),
        (CloseHold(7, GENERATOR, GEC), "hold.release", "hold_unknown"),
    ],
)
def test_what_is_not_there_or_too_much_is_refused(effect: Effect, kind: str, code: str) -> None:
    """Nobody's account, nobody's hold, more than a balance holds, more parcels than one act may."""
    book = make_book(parcels(*[1] * (PARCELS_MAX + 1)))
    (outcome,) = decide(book, [command(1, Act(kind, (effect,)))])

    assert isinstance(outcome, Refused)
    assert outcome.refusal.code == code


@pytest.mark.parametrize(("before", "at"), [(0, None), (2, 2)])
def test_a_refusal_tells_which_of_several_acts_it_stands_against(
    before: int, at: int | None
) -> None:
    """Of one act there is nothing to tell."""
    good = Act("transfer.listing", (sale(GENERATOR, USER, 1),))
    bad = Act("transfer.listing", (sale(GENERATOR, NOBODY, 1),))
    (outcome,) = decide(make_book(parcels(9)), [command(1, *[good] * before, bad)])

    assert isinstance(outcome, Refused)
    assert (outcome.refusal.code, outcome.refusal.at) == ("account_unknown", at)
    assert "at" not in outcome.refusal.facts()


@pytest.mark.parametrize("closed", [GENERATOR, USER])
def test_a_closed_account_neither_gives_nor_receives(closed: int) -> None:
    """Whichever side it stands on."""
    book = make_book(parcels(9))
    book.accounts[closed] = book.accounts[closed]._replace(status="closed")
    (outcome,) = decide(book, [command(1, Act("transfer.listing", (sale(GENERATOR, USER, 1),)))])

    assert isinstance(outcome, Refused)
    assert outcome.refusal.code == "account_closed"


def test_nothing_ends_by_lapse_of_time_before_its_time() -> None:
    """Neither a certificate on its last day, nor a hold a moment before it runs out."""
    lot, until = lot_of(LOT, 9), datetime(2026, 1, 1, tzinfo=UTC)
    hold = Hold(1, "order", GENERATOR, GEC, 7, None, 5, 5, until, "order")

    with pytest.raises(CertificateNotExpired):
        check_expiry(lot, lot.valid_until)
    with pytest.raises(HoldNotExpired):
        check_lapse(hold, until.replace(year=2025))
    check_lapse(hold, until)
