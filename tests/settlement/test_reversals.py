"""Acts taken back: the same units and histories as before, wholly or not at all, and once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.database import Urls
from ledger.model.command import Act, Actor, Enter, Plain
from schemas.identifiers import IdPrefix, encode_id
from settlement.accounts import consolidate
from settlement.desk import Decision, Reader
from settlement.opening import OpeningLot, OpeningOrder, Piece, bring_in
from settlement.standing import obligation
from settlement.surrendering import SurrenderOrder, surrender
from settlement.transfers import HoldOrder, Selection, place_hold, release_hold
from tests import carbon
from tests.databases import Clones
from tests.registry import OPERATOR, Decide, code_of, rows
from tests.settlement.corrections import (
    World,
    journal_of,
    number_of,
    opened_world,
    retiring,
    sale,
    taking_back,
    told,
)


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a market for one test."""
    with opened_world(database) as found:
        yield found


@pytest.fixture(scope="module")
def shared(clones: Clones) -> Iterator[World]:
    """Open a market for many examples, each with a lot of its own."""
    with clones.fresh() as urls, opened_world(urls) as found:
        yield found


Step = tuple[int, int, int, int | None]  # giver, taker, amount, first serial
Row = dict[str, Plain]

steps = st.lists(
    st.tuples(
        st.integers(0, 2), st.integers(0, 1), st.integers(1, 8), st.none() | st.integers(0, 11)
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15)
@given(asked=steps, retires=st.booleans())
def test_what_is_taken_back_is_as_if_it_had_not_been(
    shared: World, asked: list[Step], retires: bool
) -> None:
    """Sales in any order, some refused, perhaps a claim; then each taken back, the latest first."""
    lot = shared.lot(12)
    before, journals = [], []
    acts = [_sale(shared, lot, step) for step in asked]
    for act in [*acts, retiring(shared.users[0], 1, lot)] if retires else acts:
        book = (shared.units(), shared.balances())
        answer = shared.registry.ask(OPERATOR, act)
        if code_of(answer) is None:
            before.append(book)
            journals.append(journal_of(answer))
    for journal, book in zip(reversed(journals), reversed(before), strict=True):
        assert code_of(shared.taken_back(journal)) is None
        assert (shared.units(), shared.balances()) == book
    assert len([row for row in shared.parcels() if row[0] == lot]) == 1
    shared.assert_sound()


def _sale(world: World, lot: int, step: Step) -> Decide:
    giver, taker, amount, first = step
    chosen = Selection(lot=lot, first_serial=first)
    return sale(world.holders[giver], world.users[taker], amount, chosen)


def doing(act: Act) -> Decide:
    """Do an act as it stands."""
    return lambda _read, _actor: Decision((act,))


def test_a_sale_of_many_parcels_is_taken_back_in_as_many_journals(world: World) -> None:
    """Seventy certificates bought one by one are sold in two journals, and come back in two."""
    lot, (first, second) = world.lot(70), world.users
    one_by_one = [
        world.registry.asked(
            OPERATOR, sale(world.generator, first, 1, Selection(lot=lot, first_serial=n))
        )
        for n in range(70)
    ]
    assert {code_of(answer) for answer in world.registry.together(one_by_one)} == {None}
    book = (world.units(), world.balances())
    sold = world.sold(first, second, 70, Selection(lot=lot))
    last = journal_of(sold, 1)
    back = world.taken_back(last)

    assert (world.units(), world.balances()) == book
    assert journal_of(back, 2) > journal_of(back, 1) > journal_of(sold, 1)
    assert told(back, "act_id") == encode_id(IdPrefix.JOURNAL, journal_of(sold))
    assert code_of(world.taken_back(journal_of(sold))) == "already_reversed"
    world.assert_sound()


def test_other_acts_of_one_group_stay(world: World) -> None:
    """Two sales were made together; one is taken back."""
    lot, (first, second) = world.lot(10), world.users

    def both(read: Reader, actor: Actor) -> Decision:
        acts = [
            sale(world.generator, to, 3, Selection(lot=lot))(read, actor).acts[0]
            for to in (first, second)
        ]
        return Decision(tuple(acts))

    answer = world.registry.ask(OPERATOR, both)
    assert code_of(world.taken_back(journal_of(answer, 0))) is None

    held = {row[0]: row[2] for row in world.balances() if row[1] == 1}
    assert held == {world.generator: 7, second: 3}
    world.assert_sound()


def test_what_moved_on_or_is_held_is_not_taken_back(world: World) -> None:
    """In part is enough; a hold that is given back stands in nobody's way."""
    lot, (first, second) = world.lot(10), world.users
    named = Selection(lot=lot)
    resold = journal_of(world.sold(world.generator, first, 4, named))
    later = journal_of(world.sold(first, second, 1, named))
    held = journal_of(world.sold(world.generator, first, 4, named))
    order = HoldOrder(first, "GEC", 1, "order", Selection(lot=lot, first_serial=3))
    hold = world.registry.must(OPERATOR, lambda r, a: place_hold(r, a, order), "hold_id")
    book = (world.units(), world.balances())

    assert code_of(world.taken_back(resold)) == "reversal_too_late"
    assert code_of(world.taken_back(held)) == "reversal_too_late"
    assert (world.units(), world.balances()) == book
    world.registry.must_do(OPERATOR, lambda r, a: release_hold(r, a, hold, None))
    assert [code_of(world.taken_back(journal)) for journal in (held, later, resold)] == [None] * 3
    assert {row[2] for row in world.units()} == {world.generator}
    world.assert_sound()


def test_nothing_is_taken_back_twice_nor_what_took_it_back(world: World) -> None:
    """Nor is an issuance: it is corrected by a revocation."""
    lot = world.lot(5)
    issued = rows(world.urls.owner, "SELECT journal FROM lot WHERE id = %s", lot)[0][0]
    sold = journal_of(world.sold(world.generator, world.users[0], 2, Selection(lot=lot)))
    back = journal_of(world.taken_back(sold), 1)

    assert code_of(world.taken_back(sold)) == "already_reversed"
    assert code_of(world.taken_back(back)) == "not_reversible"
    assert code_of(world.taken_back(issued)) == "not_reversible"
    answer = world.registry.ask(OPERATOR, taking_back(sold))
    assert code_of(answer) == "already_reversed"


def test_one_person_takes_nothing_back(world: World) -> None:
    """The judge asks for the second."""
    sold = journal_of(world.sold(world.generator, world.users[0], 2, Selection(lot=world.lot(5))))

    answer = world.registry.ask(OPERATOR, taking_back(sold))
    assert code_of(answer) == "approval_needed"


def test_what_was_taken_back_did_not_happen(world: World) -> None:
    """Sold, taken back, sold again and taken back: never traded, and with who was issued it."""
    lot = world.lot(10)
    book = (world.units(), world.balances())
    for _ in range(2):
        sold = journal_of(world.sold(world.generator, world.users[0], 4, Selection(lot=lot)))
        assert code_of(world.taken_back(sold)) is None
        assert (world.units(), world.balances()) == book
    world.assert_sound()


def test_units_that_came_from_elsewhere_come_back_as_often_traded(world: World) -> None:
    """Five of six were sold once in the registry they came from."""
    user, other = world.users
    lot = came_in(world, user, 6)
    book = (world.units(), world.balances())
    assert [unit[6:] for unit in world.units()] == [(1, "imported")] * 5 + [(0, "imported")]
    sold = journal_of(world.sold(user, other, 6, Selection(lot=lot)))

    assert code_of(world.taken_back(sold)) is None
    assert (world.units(), world.balances()) == book
    world.assert_sound()


def came_in(world: World, holder: int, size: int) -> int:
    """Bring a lot in from another registry, all but one of it traded there once; give its number."""
    pieces = (Piece(size - 1, 1, holder), Piece(1, 0, holder))
    lot = OpeningLot(
        world.plant, date(2025, 6, 1), "on_grid", "tradable", False, size * 1000, size, "1", pieces
    )
    order = OpeningOrder("elsewhere", "all", "doc", (lot,))
    assert code_of(world.approved(lambda r, a: bring_in(r, a, order))) is None
    return int(rows(world.urls.owner, "SELECT id FROM lot WHERE origin_lot = '1'")[0][0])


def test_a_consolidation_is_the_history_that_units_come_back_with(world: World) -> None:
    """What was joined before the act is joined after it; an act from before it is out of reach."""
    lot, (first, second) = world.lot(10), world.users
    low = Selection(lot=lot, first_serial=0)
    high = Selection(lot=lot, first_serial=5)
    sold = [journal_of(world.sold(world.generator, first, 5, each)) for each in (low, high)]
    joining: Decide = lambda r, a: consolidate(r, a, first, lot)  # noqa: E731
    joined = journal_of(world.registry.ask(OPERATOR, joining))
    book = (world.units(), world.balances())
    resold = journal_of(world.sold(first, second, 4, Selection(lot=lot)))

    assert code_of(world.taken_back(resold)) is None
    assert (world.units(), world.balances()) == book
    assert {unit[4:6] for unit in world.units() if unit[0] == lot} == {(joined, 0)}
    assert code_of(world.taken_back(sold[0])) == "reversal_too_late"
    world.assert_sound()


def test_a_retirement_taken_back_serves_no_claim_ever_after(world: World) -> None:
    """Its certificates are the holder's again, and may be retired anew."""
    lot, user = world.lot(6), world.users[0]
    world.sold(world.generator, user, 6, Selection(lot=lot))
    book = (world.units(), world.balances())
    first = world.retired(user, 4, lot)
    back = world.taken_back(journal_of(first))

    assert told(back, "kind") == "gec.retire"
    assert (world.units(), world.balances()) == book
    number = number_of(IdPrefix.RETIREMENT, told(first, "retirement_id"))
    uses = rows(
        world.urls.owner, "SELECT metric, budget FROM metric_use WHERE retirement = %s", number
    )
    assert sorted(uses) == [("fossil_budget", None), ("minimum_share", None), ("rps", None)]
    assert code_of(world.taken_back(journal_of(first))) == "already_reversed"
    assert code_of(world.retired(user, 6, lot)) is None
    world.assert_sound()


def test_a_retirement_that_a_claim_stands_on_stays(world: World) -> None:
    """Whichever metric it serves."""
    lot, user = world.lot(6), world.users[0]
    world.sold(world.generator, user, 6, Selection(lot=lot))
    retired = world.retired(user, 4, lot)
    number = number_of(IdPrefix.RETIREMENT, told(retired, "retirement_id"))
    row: Row = {"retirement": number, "metric": "rps", "budget": None}
    use = Act("budget.restate", (Enter("metric_use", row),))
    world.registry.must_do(OPERATOR, doing(use))

    assert code_of(world.taken_back(journal_of(retired))) == "retirement_in_use"


def test_a_surrender_taken_back_is_due_again(world: World) -> None:
    """Allowances and duty stand as before, and what was surrendered says so."""
    registry = world.registry
    province, emitter = registry.party("province"), registry.party("emitter")
    gives, has = registry.account(province, "province"), registry.account(emitter, "cea_registry")
    carbon.created(registry, gives, 2025, 100)
    allocated = journal_of(carbon.given(registry, gives, has, 2025, 100))
    carbon.verified(registry, emitter, 2025, 80)
    book = world.balances()
    handed = SurrenderOrder(has, 2025, ((2025, 30),))
    surrendered = journal_of(registry.ask(OPERATOR, lambda r, a: surrender(r, a, handed)))

    assert code_of(world.taken_back(allocated)) == "units_short"
    assert code_of(world.taken_back(surrendered)) is None
    assert world.balances() == book
    with registry.desk.reader() as read:
        stands = obligation(read, emitter, 2025)
    assert (stands.verified, stands.surrendered, stands.due) == (80, 0, 80)
    assert code_of(world.taken_back(allocated)) is None
    world.assert_sound()
