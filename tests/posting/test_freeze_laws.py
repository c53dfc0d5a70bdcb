"""Laws of freezes at the judge: they outrank orders, nothing spends them, and validity runs on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.book import Book
from ledger.model.account import CANCELLED, EXPIRED, Account
from ledger.model.command import (
    Act,
    Actor,
    CloseHold,
    Command,
    Decide,
    Exact,
    FromHold,
    HoldKind,
    Move,
    OpenHold,
    Plain,
    Runs,
)
from ledger.model.hold import Approval
from ledger.model.instrument import GEC
from ledger.model.lot import Parcel, lot_id
from ledger.posting.judge import Posted, Refused, judge
from tests.posting.books import (
    DAY,
    GENERATOR,
    NOW,
    OTHER,
    RULES,
    USER,
    assert_tiled,
    command,
    commands,
    decide,
    make_book,
    seen,
    serials,
    tilings,
)

LOT: Final = lot_id(GEC, date(2027, 5, 31), 1)
FREEZE, ORDER = 800, 850
AUTHORITY: Final = Actor(9, "second officer", 9)  # controls no order
PAPER: Final[dict[str, Plain]] = {"document_no": "1"}
FROZEN: Final = st.sampled_from(("freeze", "judicial", "ccer"))


def opened(parcels: list[Parcel]) -> Book:
    """Load a book with sinks, and with approvals that a second person may give."""
    book = make_book(parcels)
    for number, cls in ((EXPIRED, "expired"), (CANCELLED, "cancelled")):
        book.accounts[number] = Account(number, cls, 1, 0, False, "open")
    later = NOW + timedelta(days=1000)
    book.approvals = {n: Approval(n, "pending", "maker", later, None) for n in range(1, 9)}
    return book


def whole(size: int = 20, account: int = GENERATOR) -> Book:
    """Load one lot in one hand."""
    return opened([Parcel(LOT, 0, size, account, None, (1, 1), 0, "issued")])


def approved(number: int, act: Act) -> Command:
    """Have a second person of an authority approve an act."""
    decision = Act("approval.approve", (Decide(number, "approved"),))
    return replace(command(700 + number, decision, act), actor=AUTHORITY)


def freezing(
    kind: HoldKind,
    runs: tuple[tuple[int, int, int], ...],
    *seized: CloseHold,
    account: int = GENERATOR,
) -> Act:
    """Freeze runs of an account, some of them out of orders."""
    units = sum(count for _, _, count in runs)
    opening = OpenHold(FREEZE, kind, account, GEC, units, 9, None, None, "1", Runs(runs))
    return Act("units.freeze", (*seized, opening), PAPER)


def order(amount: int, lo: int = 0) -> Command:
    """Set units aside for an order."""
    source = Exact(LOT, lo)
    opening = OpenHold(ORDER, "order", GENERATOR, GEC, amount, 7, None, None, "", source)
    return command(600, Act("hold.open", (opening,)))


def code(outcome: object) -> str | None:
    """Name a refusal."""
    return outcome.refusal.code if isinstance(outcome, Refused) else None


@given(parcels=tilings(), asked=commands(), kind=FROZEN, data=st.data())
def test_frozen_units_are_spent_by_no_kind(
    parcels: list[Parcel], asked: list[Command], kind: HoldKind, data: st.DataObject
) -> None:
    """Whatever is asked, and whoever asks, they stay where they are, with their history."""
    mine = [p for p in parcels if p.account == GENERATOR]
    chosen = data.draw(st.lists(st.sampled_from(mine), unique=True)) if mine else []
    if not chosen:
        return
    book = opened(parcels)
    runs = tuple((p.lot, p.lo, p.count) for p in chosen)
    (outcome,) = decide(book, [approved(1, freezing(kind, runs))])
    assert isinstance(outcome, Posted)
    assert outcome.moved == runs
    frozen = {key: unit for key, unit in serials(book).items() if unit[1] == FREEZE}
    assert len(frozen) == sum(p.count for p in chosen)

    from_it = FromHold(FREEZE)
    out_of_it = [
        Act("transfer.listing", (Move(GENERATOR, USER, GEC, 1, from_it, 5),)),
        Act("gec.retire", (Move(GENERATOR, 3, GEC, 1, from_it),), {"consumption_year": 2025}),
        Act("hold.release", (CloseHold(FREEZE, GENERATOR, GEC),)),
        Act("hold.expire", (CloseHold(FREEZE, GENERATOR, GEC, expired=True),)),
    ]
    outcomes = decide(book, [command(500 + n, act) for n, act in enumerate(out_of_it)])
    assert all(isinstance(found, Refused) for found in outcomes)
    decide(book, asked)
    after = serials(book)
    assert {key: after[key] for key in frozen} == frozen
    assert book.holds[FREEZE].remaining == len(frozen)
    assert_tiled(book)


@given(placed=st.integers(1, 20), seized=st.integers(1, 20), filled=st.integers(1, 20))
def test_a_seized_order_delivers_only_what_was_left_to_it(
    placed: int, seized: int, filled: int
) -> None:
    """Its controller keeps the rest; a freeze takes no more than the order has."""
    book = whole()
    decide(book, [order(placed)])
    closing = CloseHold(ORDER, GENERATOR, GEC, seized, seized=True, source=Exact(LOT, 0))
    act = freezing("judicial", ((LOT, 0, seized),), closing)
    before = seen(book)
    (frozen,) = decide(book, [approved(1, act)])
    assert isinstance(frozen, Posted) == (seized <= placed)
    if isinstance(frozen, Refused):
        assert seen(book) == before
        return

    delivery = Move(GENERATOR, USER, GEC, filled, FromHold(ORDER), 5)
    (settled,) = decide(book, [command(1, Act("transfer.listing", (delivery,)))])
    assert isinstance(settled, Posted) == (filled <= placed - seized)
    assert book.holds[FREEZE].remaining == seized
    assert all(serials(book)[LOT, n][:2] == (GENERATOR, FREEZE) for n in range(seized))


@given(days=st.integers(-2, 2), kind=FROZEN)
def test_validity_runs_on_under_a_freeze(days: int, kind: HoldKind) -> None:
    """From the day after the last one on, frozen certificates are written off like any others."""
    book, day = whole(), date(2027, 5, 31) + timedelta(days=days)
    decide(book, [approved(1, freezing(kind, ((LOT, 0, 5),)))])
    move = Move(GENERATOR, EXPIRED, GEC, 5, FromHold(FREEZE))
    (outcome,) = judge(book, [command(1, Act("gec.expire", (move,)))], NOW, day, RULES)

    assert isinstance(outcome, Posted) == (days > 0)
    assert code(outcome) in (None, "certificate_not_expired")


def test_a_frozen_account_gives_no_order_and_can_have_units_frozen() -> None:
    """The two are different things; the units stay frozen when the account is free again."""
    book = whole(account=OTHER)
    placed = OpenHold(ORDER, "order", OTHER, GEC, 1, 7, None, None, "", Exact(LOT, 0))
    act = freezing("freeze", ((LOT, 0, 5),), account=OTHER)
    refused, done = decide(book, [command(1, Act("hold.open", (placed,))), approved(1, act)])
    assert (code(refused), isinstance(done, Posted)) == ("account_frozen", True)

    book.accounts[OTHER] = book.accounts[OTHER]._replace(frozen=False)
    sales = [
        command(n, Act("transfer.listing", (Move(OTHER, USER, GEC, 1, Exact(LOT, lo), 5),)))
        for n, lo in ((2, 4), (3, 5))
    ]
    assert [code(outcome) for outcome in decide(book, sales)] == ["serials_not_available", None]


@pytest.mark.parametrize(
    ("kind", "act", "refused"),
    [
        ("judicial", "units.forced_transfer", None),
        ("freeze", "units.forced_transfer", "units_frozen"),
        ("ccer", "units.forced_transfer", "units_frozen"),
        ("ccer", "gec.cancel_ccer", None),
        ("judicial", "gec.cancel_ccer", "units_frozen"),
    ],
)
def test_each_freeze_gives_way_to_its_own_decision(
    kind: HoldKind, act: str, refused: str | None
) -> None:
    """A court's order is not a project's registration; and neither is done by one person."""
    book = whole()
    decide(book, [approved(1, freezing(kind, ((LOT, 0, 5),)))])
    sink = CANCELLED if act == "gec.cancel_ccer" else USER
    taken = Act(act, (Move(GENERATOR, sink, GEC, 5, FromHold(FREEZE)),), PAPER)

    alone, bare, done = decide(
        book, [command(1, taken), approved(2, replace(taken, body={})), approved(3, taken)]
    )
    assert (code(alone), code(bare)) == ("approval_needed", "document_missing")
    assert code(done) == refused


def test_a_forced_transfer_keeps_histories_and_moves_nothing_that_is_over() -> None:
    """It is no sale; and past its last day a certificate goes nowhere but out of the book."""
    book = whole()
    decide(book, [approved(1, freezing("judicial", ((LOT, 0, 5),)))])
    act = Act("units.forced_transfer", (Move(GENERATOR, USER, GEC, 2, FromHold(FREEZE)),), PAPER)
    late = judge(book, [approved(2, act)], NOW, date(2027, 6, 1), RULES)
    (done,) = judge(book, [approved(3, act)], NOW, DAY, RULES)

    assert [code(outcome) for outcome in late] == ["certificate_expired"]
    assert isinstance(done, Posted)
    assert serials(book)[LOT, 4][3:] == (0, "issued")


def test_what_was_traded_is_not_cancelled_for_ccer() -> None:
    """A buyer in good faith keeps."""
    book = opened([Parcel(LOT, 0, 5, GENERATOR, None, (1, 1), 1, "traded")])
    act = Act("gec.cancel_ccer", (Move(GENERATOR, CANCELLED, GEC, 5, FromHold(FREEZE)),), PAPER)
    _, outcome = decide(book, [approved(1, freezing("ccer", ((LOT, 0, 5),))), approved(2, act)])
    assert code(outcome) == "not_with_first_holder"
