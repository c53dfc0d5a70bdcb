"""Many units charged in one act: as if one after another, and never above a cap they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ledger.database import Urls
from ledger.model.command import Actor
from ledger.refusals import Refusal
from settlement.desk import Decision, Reader
from settlement.fossil_budget import book
from settlement.fossil_budget.book import Report
from settlement.refusals import BudgetClosed, BudgetUnknown, FuelUnknown
from tests.registry import OPERATOR, code_of, rows
from tests.settlement.mill import TRADED, Mill, World, gce, opened_world, steel

KWH = 1_000


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry with rules, k and a plant."""
    with opened_world(database.app) as found:
        yield found


def used(mwh: int) -> dict[str, Any]:
    """Report electricity alone."""
    return {"electricity": {"grid_offtake_kwh": mwh * KWH}}


def in_one_act(world: World, reports: Sequence[tuple[Mill, dict[str, Any]]]) -> str | None:
    """Charge units in one act; give the code of a refusal."""

    def decide(read: Reader, actor: Actor) -> Decision:
        asked = [Report(unit.budget, told) for unit, told in reports]
        decided = book.charge_many(read, actor, asked)
        done = [found for found in decided if isinstance(found, Decision)]
        assert len(done) == len(decided), decided
        expect = dict.fromkeys(one for found in done for one in found.expect)
        return Decision(tuple(act for found in done for act in found.acts), tuple(expect))

    return code_of(world.registry.ask(OPERATOR, decide))


def offering_unit(world: World, certificates: int) -> Mill:
    """Give a unit that offered certificates, of which its offtake lets one count."""
    unit = world.mill(certificates)
    unit.set(gce("1"))
    unit.charge(used(1))
    assert code_of(unit.offer(unit.retire(certificates))) is None
    return unit


def test_units_charged_together_share_what_a_cap_leaves(world: World) -> None:
    """The first takes its room, the second what is left; as if they had come one after another."""
    units = [offering_unit(world, 60) for _ in range(3)]
    for direction in ("in_province", "out_of_province"):
        world.cap(100, direction)
    code = in_one_act(world, [(unit, used(60)) for unit in units])
    counted = [unit.told()["certificates"] for unit in units]

    assert code is None
    assert counted == [60, 39, 1]
    assert sum(counted) == 100
    assert [unit.told()["restate_due"] for unit in units] == [False] * 3


def test_units_charged_together_stand_as_if_charged_singly(world: World) -> None:
    """Balance for balance, with one journal each."""
    together = [steel(world), world.mill(), world.mill()]
    for unit in together[1:]:
        unit.set()
    before = rows(world.url, "SELECT count(*) FROM journal")[0][0]
    told = [{"fuels": [{"fuel": "raw_coal", "purchased": str(n)}]} for n in (7, 8, 9)]
    assert in_one_act(world, list(zip(together, told, strict=True))) is None
    journals = rows(world.url, "SELECT count(*) FROM journal")[0][0] - before
    alone = world.mill()
    alone.set()
    alone.charge(told[0])

    assert journals == 3
    assert together[0].balance() == alone.balance() == gce("2000000") - 7 * 714_300
    assert together[2].balance() == gce("2000000") - 9 * 714_300


def test_what_one_unit_is_refused_for_is_no_matter_of_the_others(world: World) -> None:
    """Each is decided for itself; a budget that is not there is the caller's mistake."""
    open_, closed = steel(world), steel(world)
    closed.confirm(traded=TRADED)
    closed.close()

    def decided(*reports: tuple[int, str]) -> list[Decision | Refusal]:
        with world.registry.desk.reader() as read:
            asked = [
                Report(budget, {"fuels": [{"fuel": fuel, "purchased": "1"}]})
                for budget, fuel in reports
            ]
            return book.charge_many(read, OPERATOR, asked)

    one, two = decided((closed.budget, "raw_coal"), (open_.budget, "raw_coal"))
    [three] = decided((open_.budget, "peat"))

    assert isinstance(one, BudgetClosed)
    assert isinstance(two, Decision)
    assert isinstance(three, FuelUnknown)
    with pytest.raises(BudgetUnknown):
        decided((2**50, "raw_coal"))
