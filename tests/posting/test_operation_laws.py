"""Laws of joining parcels, of mandates, of closing, and of lots that come in: values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.book.book import Book
from ledger.model.account import (
    CERTIFIED,
    EXTERNAL,
    RETIRED,
    UNBOUNDED,
    Account,
    Balance,
    Mandate,
)
from ledger.model.command import (
    Act,
    Close,
    Command,
    Consolidate,
    Criteria,
    Decide,
    EndMandate,
    Freeze,
    Move,
    NewLot,
    NewPiece,
    OpenHold,
)
from ledger.model.hold import Approval
from ledger.model.instrument import GEC, KWH
from ledger.model.lot import Parcel, lot_id
from ledger.posting.judge import Outcome, Posted, Refused
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
    seen,
    serials,
    tilings,
)

AGENT = 105
LOT = lot_id(GEC, date(2027, 5, 31), 1)


def code_of(outcome: Outcome) -> str | None:
    """Name a refusal; None where it was accepted."""
    if isinstance(outcome, Refused):
        return outcome.refusal.code
    assert isinstance(outcome, Posted)
    return None


@given(parcels=tilings(), data=st.data())
def test_joining_parcels_changes_nothing_but_how_they_were_acquired(
    parcels: list[Parcel], data: st.DataObject
) -> None:
    """Any run of any account: holder, hold, trades and origin of every unit stay, and no cut is added."""
    book = make_book(parcels)
    first = data.draw(st.sampled_from(parcels))
    last = data.draw(st.sampled_from([p for p in parcels if p.lot == first.lot]))
    assume(first.lo <= last.lo)
    inside = [p for p in parcels if p.lot == first.lot and first.lo <= p.lo <= last.lo]
    effect = Consolidate(first.account, first.lot, first.lo, last.end - first.lo)
    before, units = seen(book), serials(book)
    (outcome,) = decide(book, [command(1, Act("units.consolidate", (effect,)))])

    alike = len({(p.account, p.hold, p.trades, p.origin) for p in inside}) == 1
    if code_of(outcome) is not None:
        assert not alike or len(inside) == 1
        assert seen(book) == before
        return
    assert alike
    assert_tiled(book)
    told = {unit: (of[0], of[1], of[3], of[4]) for unit, of in serials(book).items()}
    assert told == {unit: (of[0], of[1], of[3], of[4]) for unit, of in units.items()}
    assert len(book.parcels) == len(parcels) - len(inside) + 1
    balance = before["balances"][first.account, GEC]
    assert book.balances[first.account, GEC] == balance._replace(version=balance.version + 1)


MANDATES = st.lists(
    st.builds(
        lambda n, scopes, start, days, ended: Mandate(
            n,
            frozenset(scopes),
            DAY + timedelta(days=start),
            DAY + timedelta(days=start + days),
            ended,
        ),
        st.integers(1, 99),
        st.sets(st.sampled_from(("sell", "retire")), min_size=1),
        st.integers(-2, 2),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=3,
    unique_by=lambda mandate: mandate.id,
)


def agency(mandates: Sequence[Mandate], units: int = 5) -> Book:
    """Load a book in which an agent holds units for an owner."""
    book = make_book([Parcel(LOT, 0, units, AGENT, None, (1, 1), 0, "issued")] if units else [])
    book.accounts[AGENT] = Account(
        AGENT, "agent", 7, 0, False, "open", None, 8, mandates=tuple(mandates)
    )
    book.balances[AGENT, GEC] = Balance(units, 0, 0, 1)
    return book


def acts_of_agent() -> dict[str, tuple[str, Act]]:
    """List what an agent may ask, and the scope that each needs."""
    order = OpenHold(900, "order", AGENT, GEC, 1, 7, None, None, "", Criteria())
    sale = Move(AGENT, USER, GEC, 1, Criteria(), 5)
    claim = Move(AGENT, RETIRED, GEC, 1, Criteria())
    return {
        "sale": ("sell", Act("transfer.listing", (sale,))),
        "order": ("sell", Act("hold.open", (order,))),
        "claim": ("retire", Act("gec.retire", (claim,), {"consumption_year": 2025})),
    }


@given(mandates=MANDATES, what=st.sampled_from(("sale", "order", "claim")))
def test_an_agent_acts_within_a_mandate_or_not_at_all(mandates: list[Mandate], what: str) -> None:
    """Scope, first and last day, and not ended: one mandate must say all of it."""
    book, (scope, act) = agency(mandates), acts_of_agent()[what]
    before = seen(book)
    (outcome,) = decide(book, [command(1, act)])

    allowed = any(
        scope in m.scopes and m.valid_from <= DAY <= m.valid_to and not m.ended for m in mandates
    )
    assert code_of(outcome) == (None if allowed else "mandate_missing")
    assert allowed or seen(book) == before


@given(mandates=MANDATES, ended=st.sets(st.integers(0, 2)))
def test_a_mandate_ended_in_the_batch_lets_nothing_more_be_done(
    mandates: list[Mandate], ended: set[int]
) -> None:
    """Ends and sales in one batch are judged in order; each mandate ends once."""
    book = agency(mandates)
    asked = [
        command(n, Act("mandate.end", (EndMandate(mandates[n].id, AGENT),)))
        for n in sorted(ended)
        if n < len(mandates)
    ]
    *ends, sale = decide(book, [*asked, command(9, acts_of_agent()["sale"][1])])

    left = [m for n, m in enumerate(mandates) if n not in ended]
    (alone,) = decide(agency(left), [command(9, acts_of_agent()["sale"][1])])
    named = [n for n in sorted(ended) if n < len(mandates)]
    assert [code_of(e) for e in ends] == [
        "mandate_ended" if mandates[n].ended else None for n in named
    ]
    assert code_of(sale) == code_of(alone)


@given(parcels=tilings(), asked=commands(), account=st.sampled_from(ACCOUNTS))
def test_only_an_empty_account_is_closed_and_then_it_takes_part_in_nothing(
    parcels: list[Parcel], asked: list[Command], account: int
) -> None:
    """Whatever is asked afterwards, its balances and parcels stay as they were."""
    book = make_book(parcels)
    closing = command(50, Act("account.close", (Close(account),)))
    (outcome,) = decide(book, [closing])
    empty = not any(p.account == account for p in parcels)

    assert code_of(outcome) == (None if empty else "account_not_empty")
    if not empty:
        return
    decide(book, asked)
    balance = book.balances[account, GEC]
    assert (balance.posted, balance.held) == (0, 0)
    assert not any(p.account == account for p in book.parcels.values())
    frozen = command(51, Act("account.freeze", (Freeze(account, frozen=True),)))
    joined = command(52, Act("units.consolidate", (Consolidate(account, LOT, 0, 2),)))
    for again in (closing, joined, approved(book, frozen)):
        (refused,) = decide(book, [again])
        assert code_of(refused) == "account_closed"


def approved(book: Book, asked: Command) -> Command:
    """Let a second person have approved it."""
    book.approvals[5] = Approval(5, "pending", "maker", datetime(2030, 1, 1, tzinfo=UTC), None)
    acts = (Act("approval.approve", (Decide(5, "approved"),)), *asked.acts)
    papers = tuple(replace(act, body={"document_no": "x"}) for act in acts)
    return replace(asked, acts=papers)


@given(
    pieces=st.lists(
        st.tuples(
            st.integers(1, 9), st.integers(0, 2), st.sampled_from((GENERATOR, USER, RETIRED))
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_pieces_of_a_lot_that_comes_in_are_the_lot(
    pieces: list[tuple[int, int, int]],
) -> None:
    """Every serial lies with who was named, with the trades that were named."""
    book, size = make_book([]), sum(count for count, _, _ in pieces)
    for number, cls in ((EXTERNAL, "external"), (CERTIFIED, "certified")):
        book.accounts[number] = Account(number, cls, 1, 0, False, "open")
    book.accounts[106] = Account(106, "plant", 7, UNBOUNDED, False, "open")
    kwh, lo = KWH["on_grid"], 0
    effects = [
        Move(EXTERNAL, 106, kwh, size * 1000),
        Move(106, CERTIFIED, kwh, size * 1000),
    ]
    month, until = date(2025, 6, 1), date(2027, 5, 31)
    expected = []
    for count, trades, taker in pieces:
        source = (
            NewPiece(LOT, lo, trades)
            if lo
            else NewLot(
                id=LOT,
                plant=1,
                month=month,
                energy="wind",
                category="on_grid",
                trade="tradable",
                mechanism=False,
                province="11",
                reading=1,
                first_serial=0,
                valid_until=until,
                origin_registry="old",
                size=size,
                trades=trades,
            )
        )
        effects.append(Move(EXTERNAL, taker, GEC, count, source))
        expected += [(taker, trades, "imported")] * count
        lo += count
    (outcome,) = decide(book, [approved(book, command(1, Act("opening.lot", tuple(effects))))])

    assert code_of(outcome) is None
    assert_tiled(book)
    units = serials(book)
    assert [(units[LOT, n][0], *units[LOT, n][3:]) for n in range(size)] == expected
