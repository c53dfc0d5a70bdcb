"""A whole year of several units, lived for its statements: every input that one of them can have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from ledger.rules.rulebook import Rulebook
from schemas.identifiers import IdPrefix, decode_id
from settlement.accounts import consolidate
from settlement.fossil_budget.book import BudgetOrder, set_budget
from settlement.fossil_budget.closing_many import close_many
from settlement.fossil_budget.reopening import ReopenOrder, reopen
from settlement.reversals import ReversalOrder, reverse
from settlement.succession import SuccessionOrder, succeed
from settlement.transfers import Selection
from tests.registry import OPERATOR, code_of, rows
from tests.settlement.mill import (
    KWH_PER_MWH,
    STEEL,
    TRADED,
    YEAR,
    Mill,
    World,
    gce,
    result,
    share_out,
    sharing_rules,
    steel,
    two_persons,
)

WIDE: Final[dict[str, Any]] = {
    "fuels": [
        {
            "fuel": "raw_coal",
            "purchased": "1000000.5",
            "stock_open": "20000",
            "stock_close": "35000",
        },
        {
            "fuel": "anthracite",
            "purchased": "600",
            "unit": "万t",
            "feedstock": "100",
            "feedstock_product": "ammonia",
            "feedstock_sold_as_fuel": "1.25",
        },
        {"fuel": "bituminous_coal", "purchased": "4321.125", "heat_value_kj_per_unit": "20908.7"},
        {"fuel": "diesel", "purchased": "5000000", "unit": "kg", "lost": "12.5"},
        {"fuel": "cog", "produced": "900000", "sold": "300000"},
        {"fuel": "coal_tar", "sold": "50"},
        {
            "fuel": "natural_gas",
            "purchased": "6000",
            "unit": "万m3",
            "heat_value_kj_per_unit": "38931",
        },
    ],
    "electricity": {
        "grid_offtake_kwh": 1_800_000 * KWH_PER_MWH + 7,
        "physical_kwh": 5_000_001,
        "other_traded_kwh": 12_345_678,
        "storage_charge_kwh": 333_333,
    },
    "heat": {"purchased_gj": "12345.678", "fossil_share": "0.875"},
}
"""Stocks, units, feedstock sold as fuel, measured heat, by-products, secondary gases, storage, heat."""

OFFICE: Final[dict[str, Any]] = {"electricity": {"grid_offtake_kwh": 3_000_500}}
"""A data centre burns nothing."""


def lived(world: World) -> list[Mill]:
    """Live the year, close it, reopen one; give the units in the order of their first closing."""
    units = [
        _green_and_reversed(world),
        _everything_reported(world),
        _gross_below_zero(world),
        _on_both_sides(world),
        _green_power_in_every_way(world),
        _in_many_parcels(world),
        *_first_come(world),
    ]
    _reopened(world, units[0])
    units += _shared_out(world)
    early = [steel(world, 320, budget_gce=gce("2130200"), mode=mode) for mode in ("gross", "net")]
    for mill in early:
        assert code_of(mill.offer(mill.retire(290))) is None
        assert code_of(mill.confirm(traded=TRADED)) is None
    _elsewhere(world, units)
    return [*units, *_under_tighter_rules(world, early)]


def lived_once(world: World) -> Mill:
    """Let one unit live a year in which there is one of everything, and close it."""
    assert code_of(world.cap(450)) is None
    mill = world.mill(500)
    _decided(world, mill, "chemical")
    assert code_of(mill.charge(WIDE)) is None
    assert code_of(mill.set(gce("2500000"))) is None
    assert code_of(mill.confirm(traded=12_345_678, physical=4_999_999)) is None
    world.move(mill, world.lot(20, "hydro"), 20, "hydro_assignment")
    world.move(mill, world.lot(30), 30, "green_power")
    assert code_of(mill.offer(mill.retire(480), mill.retire(40))) is None
    world.registry.clock.advance(timedelta(minutes=10))
    closed(mill)
    return mill


def _decided(world: World, mill: Mill, sector: str) -> None:
    """Have two persons set a budget of a sector for the first time."""
    order = BudgetOrder(mill.party, YEAR, gce("3000000"), "net", "doc 0", sector, ())
    answer = two_persons(world.registry, lambda r, a: set_budget(r, a, order))
    number = decode_id(IdPrefix.FOSSIL_BUDGET, result(answer)["budget_id"])
    assert number is not None
    mill.budget = number


def closed(mill: Mill) -> dict[str, Any]:
    """Close a unit's year."""
    answer = mill.close()
    assert code_of(answer) is None, answer
    return result(answer)


def _green_and_reversed(world: World) -> Mill:
    """Green power held, kept by an agent, retired by the unit and taken back; wrong years and buyers."""
    mill = steel(world, certificates=900)
    assert code_of(mill.confirm(traded=TRADED, physical=4)) is None
    for count in (60, 40):
        world.move(mill, world.lot(count), count, "green_power")
    world.move(mill, world.lot(30, "wind", "self_use"), 30, "self_use")
    back = mill.retire(25)
    _taken_back(world, back)
    other = world.mill()
    offered = (
        mill.retire(300),
        mill.retire(10, beneficiary_code=mill.code, purpose="rps"),
    )
    assert code_of(mill.offer(*offered)) is None
    vain = mill.retire(7, beneficiary_code=other.code)
    assert code_of(mill.offer(vain)) is None
    assert closed(mill)["statement_n"] == 1
    return mill


def _taken_back(world: World, retirement: int) -> None:
    """Have a retirement taken back by decision."""
    [(journal,)] = rows(world.url, "SELECT journal FROM retirement WHERE id = %s", retirement)
    order = ReversalOrder(journal, "by mistake", "doc b")
    assert code_of(two_persons(world.registry, lambda r, a: reverse(r, a, order))) is None


def _everything_reported(world: World) -> Mill:
    """A unit that reports all there is, twice, with a revised budget and a sector."""
    mill = world.mill(500)
    _decided(world, mill, "aluminium")
    assert code_of(mill.charge(OFFICE)) is None
    assert code_of(mill.charge(WIDE)) is None
    assert code_of(mill.set(gce("2500000"), "gross")) is None
    assert code_of(mill.set(gce("2500000.123456"), "net")) is None
    assert code_of(mill.confirm(traded=1)) is None
    assert code_of(mill.confirm(traded=12_345_678, physical=4_999_999)) is None
    assert code_of(mill.offer(mill.retire(123), mill.retire(2))) is None
    closed(mill)
    return mill


def _gross_below_zero(world: World) -> Mill:
    """A unit without fuel, whose certificates take off more than its fossil power, in gross mode."""
    mill = world.mill(3_000)
    assert code_of(mill.set(gce("100"), "gross")) is None
    assert code_of(mill.charge(OFFICE)) is None
    assert code_of(mill.offer(mill.retire(3_000))) is None
    closed(mill)
    return mill


def _first_come(world: World) -> list[Mill]:
    """Units under caps, first come first served, one of them with what no cap binds."""
    assert code_of(world.cap(3_000_000)) is None
    assert code_of(world.cap(3_000_300)) is None
    assert code_of(world.cap(5, "out_of_province")) is None
    first, second = steel(world, certificates=500), steel(world, certificates=400, mode="gross")
    world.move(second, world.lot(10, "hydro"), 10, "hydro_assignment")
    world.move(second, world.lot(20, "wind", province="31"), 20)
    for mill, count in ((first, 500), (second, 430)):
        assert code_of(mill.offer(mill.retire(count))) is None
        assert code_of(mill.confirm(traded=TRADED)) is None
    numbers = [first.budget, second.budget]
    answer = two_persons(world.registry, lambda r, a: close_many(r, a, numbers))
    assert len(result(answer)["closed"]) == 2
    return [first, second]


def _reopened(world: World, mill: Mill) -> None:
    """Open a closed year again, report otherwise, with more green power, and close it twice more."""
    for more in ("300001", "300002"):
        _opened_again(world, mill)
        coal = {"fuel": "raw_coal", "purchased": more}
        assert code_of(mill.charge(STEEL | {"fuels": [coal, *STEEL["fuels"][1:]]})) is None
        world.move(mill, world.lot(5), 5, "green_power")
        closed(mill)


def _opened_again(world: World, mill: Mill) -> None:
    order = ReopenOrder("a report was wrong", "doc r")
    regulator = world.authority()
    again = two_persons(world.registry, lambda r, _: reopen(r, regulator, mill.budget, order))
    assert code_of(again) is None


def _on_both_sides(world: World) -> Mill:
    """A unit that has met its budget in one mode and not in the other, with all the room that there is."""
    mill = steel(world, certificates=1_650_000, budget_gce=gce("1980000"))
    assert code_of(mill.confirm(traded=TRADED)) is None
    assert code_of(mill.offer(mill.retire(1_610_000))) is None
    assert closed(mill)["consequence"]
    return mill


def _green_power_in_every_way(world: World) -> Mill:
    """Green power retired for oneself, for something else, and taken back; passed on, and made one parcel."""
    registry, mill, giver = world.registry, steel(world), world.mill()
    assert code_of(mill.confirm(traded=TRADED)) is None
    lots = [world.lot(count) for count in (100, 50, 7)]
    world.move(mill, lots[0], 100, "green_power")
    retired = [
        mill.retire(count, select=Selection(lots[0]), purpose=purpose)
        for count, purpose in ((11, "rps"), (12, "voluntary"), (13, "fossil_budget"))
    ]
    _taken_back(world, retired[2])
    _taken_back(world, mill.retire(14, select=Selection(lots[0])))
    for count in (20, 30):
        world.move(giver, lots[1], count, "green_power")
    world.move(giver, lots[2], 7, "green_power")
    order = SuccessionOrder(giver.party, mill.party, "doc m")
    assert code_of(two_persons(registry, lambda r, a: succeed(r, a, order))) is None
    registry.must_do(OPERATOR, lambda r, a: consolidate(r, a, mill.user, lots[1]))
    closed(mill)
    return mill


def _in_many_parcels(world: World) -> Mill:
    """A unit whose green power came in as many parcels as one journal may retire; closed twice."""
    mill = world.mill()
    assert code_of(mill.set(gce("1000000"))) is None
    assert code_of(mill.charge({"electricity": {"grid_offtake_kwh": 3_000_500}})) is None
    lot = world.lot(70)
    for _ in range(64):
        world.move(mill, lot, 1, "green_power")
    assert closed(mill)["status"] == "MET"
    _opened_again(world, mill)
    closed(mill)
    return mill


def _shared_out(world: World) -> list[Mill]:
    """Units whose province shares its cap out, and one that comes when it is."""
    world.registry.adopt(sharing_rules())
    assert code_of(world.cap(3_001_000)) is None
    mills = [steel(world, certificates=300) for _ in range(3)]
    for mill in mills:
        assert code_of(mill.offer(mill.retire(299))) is None
        assert code_of(mill.confirm(traded=TRADED)) is None
    assert code_of(share_out(world.registry)) is None
    for mill in mills:
        closed(mill)
    return mills


def _elsewhere(world: World, units: list[Mill]) -> None:
    """A unit of another province, with an agent that keeps and retires its green power, later."""
    world.factor("k", "0.3333", province="31")
    world.factor("k", "0.123456789", province="31")
    world.factor("line_loss", "0.03", province="31")
    world.registry.clock.advance(timedelta(days=10))
    mill = world.mill(province="31")
    assert code_of(mill.set(gce("2000000"))) is None
    assert code_of(mill.charge()) is None
    assert code_of(mill.confirm(traded=TRADED)) is None
    away = world.agent_of(mill)
    world.move(away, world.lot(15), 15, "green_power")
    away.retire(6)
    world.move(mill, world.lot(9), 9, "green_power")
    assert code_of(mill.offer(mill.retire(4))) is None
    closed(mill)
    units.append(mill)


def _under_tighter_rules(world: World, early: list[Mill]) -> list[Mill]:
    """Units that retire some too late, and a cap in gross mode: of the excess, then of the offtake."""
    world.registry.adopt(tighter_rules(2, "share_of_excess", "0.5"))
    for mill in early:
        assert code_of(mill.offer(mill.retire(30))) is None
        assert code_of(share_out(world.registry)) in {None, "cap_apportioned_already"}
        closed(mill)
    for later, until in ((3, "02-12"), (4, "02-05")):
        world.registry.adopt(tighter_rules(later, "share_of_offtake", "0.0001", until))
        for mill in early:
            _opened_again(world, mill)
            closed(mill)
    return early


def tighter_rules(later: int, of: str, share: str, until: str = "02-12") -> bytes:
    """Write a later version of the rulebook: a cap in gross mode, and a last day of retirements."""
    text = sharing_rules().decode()
    version = Rulebook.parse(text.encode()).version
    text = text.replace(f"version = {version}", f"version = {version + later - 1}", 1)
    for name, old, new in (
        ("feb.gross_cap", '"none"', f'"{of}"'),
        ("feb.gross_cap_share", '"1"', f'"{share}"'),
        ("acc.late_retirement_until", '"none"', f'"{until}"'),
    ):
        head, stands, rest = text.partition(f'[parameters."{name}"]')
        text = head + stands + rest.replace(old, new, 1)
    return text.encode()


def kept(url: str) -> dict[tuple[int, int], bytes]:
    """Read every statement that the registry keeps, by budget and n."""
    query = "SELECT budget, n, bytes FROM budget_statement"
    return {(budget, n): bytes(raw) for budget, n, raw in rows(url, query)}
