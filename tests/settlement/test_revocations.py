"""Over-issuance: revoked where it can be, owed by the plant where it cannot, never issued beyond."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.database import Urls
from ledger.posting.answers import Answer
from schemas.identifiers import IdPrefix
from settlement.freezable import Wanted
from settlement.freezes import FreezeOrder, freeze
from settlement.readings import Reading
from settlement.transfers import Selection
from tests.databases import Clones
from tests.registry import OPERATOR, amended, code_of, issue_month, record, rows
from tests.settlement.corrections import World, number_of, opened_world, told

OCTOBER, NOVEMBER = date(2025, 10, 1), date(2025, 11, 1)
MONTHS = (date(2025, 8, 1), date(2025, 9, 1), OCTOBER, NOVEMBER)
OVER = "over_issuance"


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a market for one test."""
    with opened_world(database) as found:
        yield found


@pytest.fixture(scope="module")
def shared(clones: Clones) -> Iterator[World]:
    """Open a market for many examples, each with a plant of its own."""
    with clones.fresh() as urls, opened_world(urls) as found:
        yield found


def metered(world: World, plant: int, month: date, energy_kwh: int, version: int = 1) -> Answer:
    """Record what a plant metered."""
    reading = Reading(plant, month, "on_grid", energy_kwh, False, "grid", version)
    return world.registry.ask(OPERATOR, record(reading))


def issued(world: World, plant: int, month: date) -> Answer:
    """Issue what is due."""
    return world.registry.ask(OPERATOR, issue_month(plant, month))


def lots(world: World, plant: int) -> list[tuple[int, date, int, int]]:
    """Tell a plant's lots: id, month, first serial and size."""
    query = "SELECT id, month, first_serial, size FROM lot WHERE plant = %s ORDER BY month, first_serial"
    return [(row[0], row[1], row[2], row[3]) for row in rows(world.urls.owner, query, plant)]


def standing(world: World, plant: int) -> tuple[int, int]:
    """Tell what a plant metered in all, in kWh, and its certificates that are not revoked."""
    energy = rows(
        world.urls.owner,
        "SELECT coalesce(sum(energy_kwh), 0) FROM (SELECT DISTINCT ON (month) energy_kwh "
        "FROM meter_reading WHERE plant = %s ORDER BY month, version DESC) AS latest",
        plant,
    )
    revoked = rows(
        world.urls.owner,
        "SELECT coalesce(sum(amount), 0) FROM posting JOIN lot ON lot.id = posting.lot "
        "WHERE credit = 5 AND plant = %s",
        plant,
    )
    return int(energy[0][0]), sum(lot[3] for lot in lots(world, plant)) - int(revoked[0][0])


def corrected(world: World, was: int, now: int, sold: int = 0) -> tuple[int, int]:
    """Have a month issued for, some of it sold, and its reading corrected; give plant and lot."""
    plant = world.registry.plant(world.owner, capacity_kw=10_000)
    assert code_of(metered(world, plant, OCTOBER, was)) is None
    assert code_of(issued(world, plant, OCTOBER)) is None
    lot = lots(world, plant)[0][0]
    if sold:
        answer = world.sold(world.generator, world.users[0], sold, Selection(lot=lot))
        assert code_of(answer) is None
    assert code_of(metered(world, plant, OCTOBER, now, 2)) is None
    return plant, lot


def test_what_was_over_issued_is_revoked_from_its_first_holder(world: World) -> None:
    """Ten were issued, energy for six and a half is left: four go, and half is carried on."""
    plant, lot = corrected(world, 10_000, 6_500)
    assert world.energy(plant) == -3_500
    answer = world.revoked(lot, cause=OVER)

    assert (told(answer, "revoked"), told(answer, "debt_kwh")) == (4, 0)
    assert (world.energy(plant), standing(world, plant)) == (500, (6_500, 6))
    gone = [unit[1] for unit in world.units() if unit[2] == 5]
    assert gone == [6, 7, 8, 9]
    metered(world, plant, NOVEMBER, 1_500)
    assert told(issued(world, plant, NOVEMBER), "count") == 2
    world.assert_sound()


def test_what_was_sold_stays_with_its_buyer_and_later_months_pay(world: World) -> None:
    """Ten issued, eight sold, five over: two are revoked, three are owed until they are paid."""
    plant, lot = corrected(world, 10_000, 5_000, sold=8)
    answer = world.revoked(lot, cause=OVER)
    assert (told(answer, "revoked"), told(answer, "debt_kwh")) == (2, 3_000)
    assert code_of(world.revoked(lot, cause=OVER)) == "not_with_first_holder"
    metered(world, plant, NOVEMBER, 2_400)

    assert code_of(issued(world, plant, NOVEMBER)) == "nothing_to_issue"
    assert world.energy(plant) == -600
    world.registry.clock.now = world.registry.clock.now.replace(year=2026, month=1)
    metered(world, plant, date(2025, 12, 1), 3_000)
    assert told(issued(world, plant, date(2025, 12, 1)), "count") == 2
    assert standing(world, plant) == (10_400, 10)
    world.assert_sound()


def test_a_debt_is_paid_by_earlier_months_too(world: World) -> None:
    """Energy that is reported late for the month before pays three thousand first."""
    plant, lot = corrected(world, 10_000, 5_000, sold=8)
    assert told(world.revoked(lot, cause=OVER), "debt_kwh") == 3_000
    metered(world, plant, MONTHS[1], 4_400)

    assert told(issued(world, plant, MONTHS[1]), "count") == 1
    assert world.energy(plant) == 400
    assert standing(world, plant) == (9_400, 9)


def test_a_debt_is_paid_by_a_correction_upwards_too(world: World) -> None:
    """The lot made up for is a second one of the month; its serials run on past the revoked ones."""
    plant, lot = corrected(world, 10_000, 7_000, sold=2)
    assert told(world.revoked(lot, cause=OVER), "revoked") == 3
    metered(world, plant, OCTOBER, 12_000, 3)

    assert told(issued(world, plant, OCTOBER), "count") == 5
    assert [lot[2:] for lot in lots(world, plant)] == [(0, 10), (10, 5)]
    assert standing(world, plant) == (12_000, 12)
    world.assert_sound()


def test_an_error_is_withdrawn_and_issued_anew_under_new_serials(world: World) -> None:
    """All of the lot, since nothing of it was sold."""
    plant, lot = corrected(world, 10_000, 10_300)
    assert told(world.revoked(lot), "revoked") == 10

    assert told(issued(world, plant, OCTOBER), "count") == 10
    assert [lot[2:] for lot in lots(world, plant)] == [(0, 10), (10, 10)]
    world.assert_sound()


def test_no_more_is_over_issued_than_the_energy_lacks(world: World) -> None:
    """Nor is anything, where it lacks none; serials named are those that go."""
    plant, lot = corrected(world, 10_000, 8_500)
    assert code_of(world.revoked(lot, cause=OVER, quantity=3)) == "not_over_issued"
    answer = world.revoked(lot, cause=OVER, quantity=2, first_serial=3)

    assert told(answer, "revoked") == 2
    assert [unit[1] for unit in world.units() if unit[2] == 5] == [3, 4]
    assert world.energy(plant) == 500
    assert code_of(world.revoked(lot, cause=OVER)) == "not_over_issued"
    assert code_of(world.revoked(lot, quantity=2, first_serial=4)) == "not_with_first_holder"
    world.assert_sound()


def test_what_was_frozen_on_suspicion_goes_first_and_an_order_keeps_its_units(world: World) -> None:
    """The freeze ends with what it held."""
    plant, lot = corrected(world, 10_000, 8_000)
    wanted = Wanted(world.generator, 3, (lot,), first_serial=2)
    suspected = FreezeOrder(wanted, "GEC", "suspected_data", "doc")
    frozen = world.approved(lambda r, a: freeze(r, a, suspected))
    number = number_of(IdPrefix.HOLD, told(frozen, "hold_id"))
    assert told(world.revoked(lot, cause=OVER), "revoked") == 2

    assert [unit[1] for unit in world.units() if unit[2] == 5] == [3, 4]
    assert rows(world.urls.owner, "SELECT remaining FROM hold WHERE id = %s", number) == [(1,)]
    assert world.energy(plant) == 0
    world.assert_sound()


def test_another_procedure_than_the_house_s_revokes_nothing(world: World) -> None:
    """A rulebook that names one is not obeyed half."""
    _, lot = corrected(world, 10_000, 8_000)
    text = amended({"max_trades": "1000"}).decode().replace("version = 3", "version = 4", 1)
    world.registry.adopt(text.replace('"revoke_then_deduct"', '"deduct_only"').encode())

    assert code_of(world.revoked(lot, cause=OVER)) == "rule_not_in_force"


month_steps = st.lists(
    st.tuples(
        st.integers(0, len(MONTHS) - 1),
        st.integers(0, 6_999),
        st.sampled_from(("meter", "meter", "issue", "issue", "sell", "over", "error")),
    ),
    min_size=4,
    max_size=16,
)


@settings(max_examples=15)
@given(asked=month_steps)
def test_certificates_that_stand_never_exceed_energy_but_by_what_is_owed(
    shared: World, asked: list[tuple[int, int, str]]
) -> None:
    """Readings corrected up and down, issued, sold and revoked in any order, month by month.

    What stands is the energy less what is left; issuing never makes a debt; when all is issued
    that is due, what is left is below one certificate; serials are never used twice.
    """
    plant = shared.registry.plant(shared.owner, capacity_kw=10_000)
    versions = dict.fromkeys(MONTHS, 0)
    for place, energy_kwh, verb in asked:
        month, before = MONTHS[place], shared.energy(plant)
        if verb == "meter":
            versions[month] += 1
            assert code_of(metered(shared, plant, month, energy_kwh, versions[month])) is None
        elif verb == "issue":
            answer = issued(shared, plant, month)
            assert code_of(answer) in {None, "nothing_to_issue"}
            assert before >= 1_000 or code_of(answer) == "nothing_to_issue"
            assert shared.energy(plant) >= min(before, 0)
        else:
            correct(shared, plant, place, verb)
        energy, certificates = standing(shared, plant)
        assert energy - certificates * 1_000 == shared.energy(plant)
    for month in MONTHS:
        issued(shared, plant, month)
    energy, certificates = standing(shared, plant)
    left = shared.energy(plant)
    assert left < 1_000
    assert certificates == energy // 1_000 or left < 0
    for month in MONTHS:
        series = [lot[2:] for lot in lots(shared, plant) if lot[1] == month]
        assert [first for first, _ in series] == [
            sum(size for _, size in series[:n]) for n in range(len(series))
        ]
    shared.assert_sound()


def correct(world: World, plant: int, place: int, verb: str) -> None:
    """Sell or revoke of one of the plant's lots, if it has any and they are there."""
    found = lots(world, plant)
    if not found:
        return
    lot = found[place % len(found)][0]
    if verb == "sell":
        world.sold(world.generator, world.users[0], 1, Selection(lot=lot))
    else:
        cause = OVER if verb == "over" else "error"
        code = code_of(world.revoked(lot, cause=cause, quantity=None if verb == "over" else 1))
        assert code in {None, "not_with_first_holder", "not_over_issued"}
