"""Shares in the book: targets, claims, what counts, and who is added up with whom."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from ledger.database import Urls
from ledger.refusals import RuleNotInForce
from schemas.identifiers import IdPrefix, encode_id
from settlement.factors import FactorOrder, set_factor
from settlement.fossil_budget import book
from settlement.fossil_budget.book import BudgetOrder
from settlement.metrics import Metric
from settlement.shares.claims import ClaimOrder, claim
from settlement.shares.report import groups, units
from settlement.shares.targets import TargetOrder, set_target
from tests.registry import OPERATOR, code_of
from tests.settlement.mill import YEAR, Mill, World, gce, opened_world, two_persons

MWH = 1_000


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def smelter(world: World, certificates: int = 0, sector: str = "aluminium", **said: Any) -> Mill:
    """Give a unit that takes 1,000 MWh from the grid and makes 200 itself, as a regulator sorts it."""
    unit = world.mill(certificates)
    order = BudgetOrder(unit.party, YEAR, gce("1"), "net", "doc", sector, **said)
    decided = two_persons(world.registry, lambda r, a: book.set_budget(r, a, order))
    assert decided.outcome is not None
    assert decided.outcome.get("result"), decided.outcome
    unit.set(gce("1000"))  # a revision that says nothing of the sector leaves it as it was
    report = {
        "electricity": {
            "grid_offtake_kwh": 1_000 * MWH,
            "physical_kwh": 200 * MWH,
            "other_traded_kwh": 100 * MWH,
        }
    }
    assert code_of(unit.charge(report)) is None
    return unit


def owe(world: World, unit: Mill, share: str, metric: str = "minimum_share") -> str | None:
    """Have two persons set a unit's own share."""
    order = TargetOrder(unit.party, metric, YEAR, Decimal(share), "decision")
    return code_of(two_persons(world.registry, lambda r, a: set_target(r, a, order)))


def claimed(world: World, unit: Mill, *retirements: int, metric: Metric = "minimum_share") -> Any:
    """Claim retirements for a unit's share; tell the code of the refusal, if it was refused."""
    order = ClaimOrder(unit.party, metric, YEAR, retirements)
    return code_of(world.registry.ask(OPERATOR, lambda r, a: claim(r, a, order)))


def share(world: World, unit: Mill, metric: Metric = "minimum_share") -> dict[str, Any]:
    """Ask where a unit stands."""
    with world.registry.desk.reader() as read:
        return units(read, [unit.budget], metric, YEAR)[0]


def test_certificates_count_once_they_are_claimed_and_other_energy_once_confirmed(
    world: World,
) -> None:
    """Nothing on the unit's own word alone."""
    unit = smelter(world, 300)
    mine = unit.retire(120)
    assert owe(world, unit, "0.35") is None
    before = share(world, unit)
    assert (before["share"], before["unconfirmed_kwh"]) == ("0", 300 * MWH)
    assert (before["status"], before["missing_kwh"]) == ("NOT_MET", 420 * MWH)

    assert claimed(world, unit, mine) is None
    unit.confirm(traded=100 * MWH, physical=200 * MWH)
    after = share(world, unit)
    assert (after["renewable_kwh"], after["energy_kwh"]) == (420 * MWH, 1_200 * MWH)
    assert (after["share"], after["status"], after["missing_kwh"]) == ("0.35", "MET", 0)
    assert after["target"] == {
        "share": "0.35",
        "source": "unit",
        "name": "share_target",
        "document": "decision",
    }
    assert "share.denominator" in {point["name"] for point in after["open_points"]}


def test_one_retirement_serves_a_metric_of_one_year_once(world: World) -> None:
    """Another metric of the same unit and year may share it; another year or unit may not."""
    unit, other = smelter(world, 100), smelter(world, 10)
    mine, late = unit.retire(50), unit.retire(5, consumption_year=YEAR, purpose="green_power_claim")
    assert code_of(unit.offer(mine)) is None
    assert claimed(world, unit, mine) is None
    assert claimed(world, unit, mine, metric="rps") is None

    assert claimed(world, unit, mine) == "retirement_used_already"
    given = other.retire(10, beneficiary_code=unit.code)
    assert claimed(world, other, given) == "retirement_for_another"
    assert claimed(world, other, mine) == "retirement_unknown"
    assert claimed(world, unit, late) == "purpose_not_for_metric"
    order = ClaimOrder(unit.party, "rps", YEAR + 1, (unit.retire(1),))
    answer = world.registry.ask(OPERATOR, lambda r, a: claim(r, a, order))
    assert code_of(answer) == "metric_year_mismatch"


def test_what_counts_otherwise_does_not_count_again(world: World) -> None:
    """Green power is traded energy; what was used where it was made is physical."""
    unit = smelter(world)
    world.sell(unit, 30, "green_power")
    lot = world.lot(20, category="self_use")
    world.move(unit, lot, 20, "self_use")
    assert claimed(world, unit, unit.retire(20)) is None
    told = share(world, unit)

    assert (told["traded_kwh"], told["certificate_kwh"]) == (30 * MWH, 0)


def test_a_target_is_the_units_then_its_provinces_then_the_rulebooks(world: World) -> None:
    """Of several that are about a unit, the strictest holds."""
    unit = smelter(world, sector="data_centre", traits=("data_centre_hub", "new_project"))
    assert share(world, unit)["target"] == {
        "share": "0.80",
        "source": "rulebook",
        "name": "share.min.data_centre_hub",
        "document": "发改办能源〔2025〕669号",
    }
    world.factor("share.data_centre", "0.3")
    world.factor("share.new_project", "0.4")
    assert share(world, unit)["target"]["name"] == "share.new_project"
    assert owe(world, unit, "0.1") is None
    assert owe(world, unit, "0.2") is None
    assert share(world, unit)["target"]["share"] == "0.2"

    plain = smelter(world)
    assert (share(world, plain)["target"], share(world, plain)["status"]) == (None, "NO_TARGET")
    assert share(world, plain, "rps")["target"] is None
    world.factor("share.rps_total", "0.335")
    assert share(world, plain, "rps")["target"]["source"] == "province"


def test_what_cannot_be_set_is_refused(world: World) -> None:
    """A share above one, a party that is not there, a sector or trait that no rule knows."""
    unit = smelter(world)
    assert owe(world, unit, "1.000000001") == "share_out_of_range"
    nobody = TargetOrder(10**9, "rps", YEAR, Decimal(1), "doc")
    decided = two_persons(world.registry, lambda r, a: set_target(r, a, nobody))
    assert code_of(decided) == "party_unknown"
    for sector, traits in (("bakery", None), (None, ("old",))):
        wrong = BudgetOrder(unit.party, YEAR, 1, "net", "doc", sector, traits)
        answer = two_persons(world.registry, lambda r, a, w=wrong: book.set_budget(r, a, w))  # type: ignore[misc]
        assert code_of(answer) == "sector_unknown"


def test_a_province_and_a_sector_are_their_units_added_up(world: World) -> None:
    """With who met what is due, and who cannot be told yet."""
    one, two, other = smelter(world, 300), smelter(world, 300), smelter(world, 9, "chemical")
    silent = world.mill()
    silent.set()
    for unit, due, certificates in ((one, "0.1", 120), (two, "0.5", 130)):
        owe(world, unit, due)
        claimed(world, unit, unit.retire(certificates))
    claimed(world, other, other.retire(9))
    with world.registry.desk.reader() as read:
        numbers = [unit.budget for unit in (one, two, other, silent)]
        sectors: list[Any] = [*groups(read, numbers, "minimum_share", YEAR, "sector")["items"]]
        provinces: list[Any] = [*groups(read, numbers, "minimum_share", YEAR, "province")["items"]]
        each: list[Any] = [*units(read, numbers, "minimum_share", YEAR)]

    (province,) = provinces
    assert [group["group"] for group in sectors] == [None, "aluminium", "chemical"]
    assert (sectors[1]["units"], sectors[1]["targeted"], sectors[1]["met"]) == (2, 2, 1)
    assert (province["units"], province["untold"], province["group"]) == (4, 1, "11")
    assert each[3]["status"] == "consumption_missing"
    for name in ("renewable_kwh", "energy_kwh"):
        assert province[name] == sum(one.get(name, 0) for one in each)
        assert province[name] == sum(group[name] for group in sectors)
    assert province["due_kwh"] == 720 * MWH
    assert each[0]["party_id"] == encode_id(IdPrefix.PARTY, one.party)


def test_a_year_without_rules_has_no_shares(world: World) -> None:
    """No rule is stretched to a year it was not made for."""
    unit = smelter(world)
    with world.registry.desk.reader() as read, pytest.raises(RuleNotInForce):
        units(read, [unit.budget], "minimum_share", 2016)


def test_a_figure_of_another_province_is_not_ours(world: World) -> None:
    """Each province enters its own."""
    unit = smelter(world)
    order = FactorOrder("share.aluminium", "15", YEAR, Decimal("0.7"), "doc")
    assert code_of(world.registry.ask(OPERATOR, lambda r, a: set_factor(r, a, order))) is None

    assert share(world, unit)["target"] is None
