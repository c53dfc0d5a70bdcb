"""A unit's own certificates: what may serve is chosen by expiry and price, read as far as needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal

import pytest

from ledger.database import Urls
from ledger.model.command import Actor
from settlement.accounts import consolidate
from settlement.desk import Decision, Reader
from settlement.fossil_budget.facts import claim
from settlement.fossil_budget.filed import filed
from settlement.fossil_budget.planner import OwnParcel, Stock, propose
from settlement.fossil_budget.recognition import Direction, Room
from settlement.fossil_budget.stock import Wanted, stock_of
from settlement.transfers import HoldOrder, Selection, TransferOrder, place_hold, transfer
from tests.registry import OPERATOR, code_of
from tests.settlement.mill import YEAR, Mill, World, opened_world, result, steel

IN, OUT = Direction.IN_PROVINCE, Direction.OUT_OF_PROVINCE
PLENTY = Room(10**9)


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def buy(world: World, unit: Mill, lot: int, certificates: int, price_fen: int = 500) -> None:
    """Let a unit buy certificates of a lot at a price."""
    order = TransferOrder(
        world.generator, unit.user, "GEC", certificates, "listing", Selection(lot), price_fen
    )

    def decide(read: Reader, actor: Actor) -> Decision:
        decided = transfer(read, actor, [order])[0]
        assert isinstance(decided, Decision)
        return decided

    assert code_of(world.registry.ask(OPERATOR, decide)) is None


def looked_at(world: World, unit: Mill, certificates: int, **facts: object) -> Stock:
    """Choose so many of a unit's certificates."""
    with world.registry.desk.reader() as read:
        on_file = filed(read, unit.budget)
        wanted = Wanted(claim(read, on_file), certificates, **{"room": PLENTY, **facts})  # type: ignore[arg-type]
        return stock_of(read, on_file, wanted)


def named(stock: Stock) -> list[tuple[int, int, int]]:
    """Name what was chosen: lot, where the parcel starts, how much of it."""
    return [(one.parcel.lot, one.parcel.lo, one.units) for one in stock.retire]


@pytest.fixture
def unit(world: World) -> Mill:
    """Give a unit with a budget, and nothing in its hands."""
    return steel(world)


def far_lot(world: World, certificates: int) -> int:
    """Issue certificates of the year in another province."""
    seller = world.registry.party("generator", province="15")
    world.generator = world.registry.account(seller, "generator")
    plant = world.registry.plant(seller, capacity_kw=10_000_000, province="15")
    return world.registry.issue(plant, date(YEAR, 3, 1), certificates)


def test_the_soonest_to_expire_go_first_and_of_one_day_the_cheapest(
    world: World, unit: Mill
) -> None:
    """Three purchases of one month, and one of the month before."""
    early = world.registry.issue(world.plant, date(YEAR, 4, 1), 100)
    late = world.registry.issue(world.plant, date(YEAR, 6, 1), 100)
    for price in (520, 480, 500):
        buy(world, unit, late, 10, price)
    buy(world, unit, early, 5, 900)
    found = looked_at(world, unit, 22)

    assert [(one.parcel.price_fen, one.units) for one in found.retire] == [
        (900, 5),
        (480, 10),
        (500, 7),
    ]
    assert found.own is None
    assert found.cost_fen == 5 * 900 + 10 * 480 + 7 * 500


def test_only_what_may_count_is_chosen(world: World, unit: Mill) -> None:
    """Another year, green power, energy used where it was made, what is held: all left alone."""
    world.move(unit, world.registry.issue(world.plant, date(YEAR - 1, 12, 1), 10), 10)
    world.sell(unit, 20, "green_power")
    world.move(unit, world.lot(30, category="self_use"), 30, "self_use")
    lot = world.lot(50)
    buy(world, unit, lot, 50)
    hold = HoldOrder(unit.user, "GEC", 15, "order", Selection(lot))
    assert code_of(world.registry.ask(OPERATOR, lambda r, a: place_hold(r, a, hold))) is None

    assert named(looked_at(world, unit, 1_000)) == [(lot, 0, 35)]


def test_what_no_cap_binds_goes_even_where_a_cap_is_used_up(world: World, unit: Mill) -> None:
    """Stock hydro that was assigned counts under no cap; each direction keeps to its own."""
    hydro = world.lot(9, "hydro")
    world.move(unit, hydro, 9, "hydro_assignment")
    near = world.lot(20)
    buy(world, unit, near, 20)
    far = far_lot(world, 20)
    buy(world, unit, far, 20)
    found = looked_at(world, unit, 100, room=Room(1_000, {IN: 0, OUT: 7}))

    assert sorted(named(found)) == sorted([(hydro, 0, 9), (far, 0, 7)])


def scattered(world: World, unit: Mill) -> None:
    """Give a unit of everything, in many parcels, of which it sold, retired and joined some."""
    near = world.lot(200)
    for units in (5, 7, 9, 11, 13):
        buy(world, unit, near, units)
    joined = world.lot(40)
    for units in (20, 20):
        buy(world, unit, joined, units)
    world.registry.must_do(OPERATOR, lambda r, a: consolidate(r, a, unit.user, joined))
    world.sell(unit, 30, "green_power")
    world.move(unit, world.lot(6, "hydro"), 6, "hydro_assignment")
    unit.retire(4, select=Selection(near))
    hold = HoldOrder(unit.user, "GEC", 3, "order", Selection(near))
    assert code_of(world.registry.ask(OPERATOR, lambda r, a: place_hold(r, a, hold))) is None
    for units in (4, 8):
        buy(world, unit, far_lot(world, 50), units)


def of_all(found: Stock) -> dict[Direction | None, int]:
    """Add up what was chosen, by the cap that binds it."""
    sums: dict[Direction | None, int] = {}
    for one in found.retire:
        cap = None if one.parcel.origin == "assigned" else one.parcel.direction
        sums[cap] = sums.get(cap, 0) + one.units
    return sums


def test_what_is_only_counted_is_what_would_have_been_read(world: World, unit: Mill) -> None:
    """Beyond one act's share of parcels; the first of them are those that go first."""
    scattered(world, unit)
    whole = looked_at(world, unit, 10_000)
    assert whole.own is None
    assert of_all(whole) == {IN: 45 - 4 - 3 + 40, OUT: 12, None: 6}
    for most in range(len(whole.retire)):
        part = looked_at(world, unit, 10_000, parcels_max=most)
        assert part.own == of_all(whole)
        assert part.retire == whole.retire[:most]
    assert looked_at(world, unit, 10_000, parcels_max=len(whole.retire)) == whole


def alike(world: World, unit: Mill) -> None:
    """Give a unit certificates of one side of the border alone, of which it retired and set aside some."""
    near = world.lot(200)
    for units in (5, 7, 9):
        buy(world, unit, near, units)
    unit.retire(4, select=Selection(near))
    hold = HoldOrder(unit.user, "GEC", 3, "order", Selection(near))
    assert code_of(world.registry.ask(OPERATOR, lambda r, a: place_hold(r, a, hold))) is None


MORE: Sequence[Callable[[World, Mill], object]] = (
    lambda *_: None,
    lambda world, unit: buy(world, unit, world.lot(20), 20),
    lambda world, unit: world.sell(unit, 30, "green_power"),
    lambda world, unit: world.move(unit, world.lot(6, "hydro"), 6, "hydro_assignment"),
    lambda world, unit: world.move(unit, world.lot(6, category="self_use"), 6, "self_use"),
    lambda world, unit: buy(
        world, unit, world.registry.issue(world.plant, date(YEAR - 1, 12, 1), 9), 9
    ),
    lambda world, unit: buy(world, unit, far_lot(world, 8), 8),
)


def test_what_is_alike_is_counted_at_once_as_it_would_be_one_by_one(world: World) -> None:
    """And the count is the same whatever else comes to it: more of it, or what is not like it."""
    for more in MORE:
        unit = steel(world)
        alike(world, unit)
        more(world, unit)
        whole = looked_at(world, unit, 10_000)
        assert looked_at(world, unit, 10_000, parcels_max=1).own == of_all(whole)


def chosen_of(parcels: Sequence[OwnParcel], wanted: int, room: Room) -> Stock:
    """Choose from everything at once, as the pure rule does."""
    return Stock(propose(parcels, wanted, room, frozenset({"assigned"})))


@pytest.mark.parametrize("wanted", [1, 40, 60, 85, 96, 97, 500])
@pytest.mark.parametrize("caps", [{}, {IN: 17}, {OUT: 5}, {IN: 30, OUT: 0}])
def test_reading_day_by_day_chooses_what_looking_at_all_would(
    world: World, unit: Mill, wanted: int, caps: dict[Direction, int]
) -> None:
    """Whatever is wanted and whatever caps there are."""
    scattered(world, unit)
    parcels = [one.parcel for one in looked_at(world, unit, 10_000).retire]
    room = Room(90, caps)

    assert looked_at(world, unit, wanted, room=room) == chosen_of(parcels, wanted, room)


def test_a_unit_without_an_account_holds_nothing(world: World) -> None:
    """Everything is to be bought; the price asked for is what it would cost."""
    party = world.registry.party("key_energy_unit")
    unit = Mill(world.registry, party, 0, "code")
    unit.set()
    unit.charge()
    plan = unit.plan()

    assert (plan["own"], plan["to_buy"], plan["retire"]) == (0, 1_413_296, [])
    assert result(unit.auto())["unchanged"]


def test_certificates_bought_on_top_are_those_that_were_still_to_buy(
    world: World, unit: Mill
) -> None:
    """The plan's number is enough, and one certificate less is not: at the door of the book."""
    world.cap(1_000_000)
    buy(world, unit, world.lot(900_000), 900_000)
    plan = unit.plan()
    assert (plan["own"], plan["to_buy"]) == (900_000, 513_296)
    assert plan["buy"] == {
        "in_province": {"least": 0, "most": 100_000},
        "out_of_province": {"least": 413_296, "most": 513_296},
    }

    far = far_lot(world, 513_296)
    buy(world, unit, far, 513_295)
    assert Decimal(result(unit.auto())["balance_gce"]) < 0
    buy(world, unit, far, 1)
    assert result(unit.auto())["retired"] == 1
    assert unit.balance() >= 0
