"""Laws of plans over whole statements and in the book: minimal, and monotone in budget, k and price."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from settlement.fossil_budget import planning
from settlement.fossil_budget.charge import Mode
from settlement.fossil_budget.energy import Consumption, Electricity, FuelLine
from settlement.fossil_budget.planner import OwnParcel, Plan, Stock, propose, supply
from settlement.fossil_budget.recognition import Direction, Room
from settlement.fossil_budget.statement import Case, Statement, Status, compute
from settlement.transfers import Selection
from tests.databases import Clones
from tests.registry import code_of
from tests.settlement.fossil_cases import MWH, case, retired, rules
from tests.settlement.mill import Mill, World, opened_world, result
from tests.settlement.test_planner import FREE, PARCELS, ROOMS, wanting

IN, OUT = Direction.IN_PROVINCE, Direction.OUT_OF_PROVINCE
KS: Final = st.decimals(0, Decimal("0.95"), places=2)
PRICES: Final = st.integers(0, 10**6)
MARGINS: Final = st.integers(-(10**9), 10**9)  # between the coal burnt and the budget, in gce


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a unit that burns coal, takes power from the grid, and has some certificates counted."""
    coal = draw(st.decimals(0, 2_000, places=3))
    electricity = Electricity(
        grid_offtake_kwh=draw(st.integers(0, 20_000 * MWH)), physical_kwh=draw(st.integers(0, MWH))
    )
    counts = draw(
        st.lists(st.tuples(st.integers(1, 3_000), st.sampled_from(Direction)), max_size=3)
    )
    lines = tuple(
        retired(count, f"ret_{n}", order=n, direction=to) for n, (count, to) in enumerate(counts)
    )
    found = case(
        mode=draw(st.sampled_from(Mode)),
        k=draw(KS),
        consumption=Consumption((FuelLine("raw_coal", purchased=coal),), electricity),
        retired=lines,
        caps=draw(st.dictionaries(st.sampled_from(Direction), st.integers(0, 8_000))),
    )
    burnt = int(judged(found).posting.parts.direct)
    return replace(found, budget_gce=max(0, burnt + draw(MARGINS)))


def judged(found: Case) -> Statement:
    """Compute under the rules that are shipped."""
    return compute(found, rules())


def plan_of(found: Case) -> Plan:
    """Plan in the mode that posts."""
    return judged(found).posting.plan


def more(found: Case, certificates: int) -> Case:
    """Retire so many more, from where there is room."""
    room, lines = judged(found).recognition.room, list(found.retired)
    for n, to in enumerate(Direction):
        part = min(certificates, room.of(to))
        if part:
            lines.append(retired(part, f"more_{n}", order=100 + n, direction=to))
            certificates, room = certificates - part, room.less(to, part)
    assert not certificates
    return replace(found, retired=tuple(lines))


@given(found=cases())
def test_what_a_plan_says_meets_the_budget_and_one_certificate_less_does_not(found: Case) -> None:
    """On top of what is recognised, under the caps there are; where there is room for it."""
    plan = plan_of(found)
    if plan.needed and plan.feasible:
        assert judged(more(found, plan.needed)).posting.status is Status.MET_WITH_OFFSET
        assert judged(more(found, plan.needed - 1)).posting.status is Status.NOT_MET
    elif not plan.needed:
        assert judged(found).posting.status is not Status.NOT_MET
    else:
        left = judged(more(found, plan.room)).posting.plan
        assert (left.excess_gce, left.room) == (plan.residual_gce, 0)


@given(found=cases(), gce=st.integers(0, 10**9))
def test_a_larger_budget_never_needs_more(found: Case, gce: int) -> None:
    """Nor leaves more above it; room has nothing to do with it."""
    small, large = plan_of(found), plan_of(replace(found, budget_gce=found.budget_gce + gce))

    assert large.needed <= small.needed
    assert large.residual_gce <= small.residual_gce
    assert large.room == small.room


@given(found=cases(), other=KS)
def test_the_need_is_monotone_in_k(found: Case, other: Decimal) -> None:
    """Gross, a larger k saves certificates; net, only where fuels and heat fit the budget alone.

    It takes off the excess in both; in net mode it takes off what a certificate does as well.
    """
    small, large = (judged(replace(found, k=k)).posting for k in sorted((found.k, other)))
    fits = small.parts.direct + small.parts.heat <= found.budget_gce

    assert large.plan.room == small.plan.room
    if found.mode is Mode.GROSS or fits:
        assert large.plan.needed <= small.plan.needed
    else:
        assert large.plan.needed >= small.plan.needed


def dearer(parcels: list[OwnParcel], raised: list[int]) -> list[OwnParcel]:
    """Raise what was paid for parcels, each by its own amount."""
    return [
        p._replace(price_fen=p.price_fen + fen) for p, fen in zip(parcels, raised, strict=False)
    ]


@given(
    parcels=PARCELS,
    wanted=st.integers(1, 60),
    room=ROOMS,
    prices=st.tuples(PRICES, PRICES),
    raised=st.lists(st.integers(0, 3), min_size=6, max_size=6),
)
@settings(max_examples=400)
def test_the_cost_is_monotone_in_price(
    parcels: list[OwnParcel], wanted: int, room: Room, prices: tuple[int, int], raised: list[int]
) -> None:
    """What is bought never costs less at a higher price, what is retired never less where more was paid.

    Neither price changes how many are retired and bought.
    """
    stocks = [
        Stock(propose(held, wanted, room, FREE)) for held in (parcels, dearer(parcels, raised))
    ]
    before, after = (supply(wanting(wanted), room, stock, FREE) for stock in stocks)
    low, high = sorted(prices)

    assert after == before
    assert stocks[1].cost_fen >= stocks[0].cost_fen
    assert before.cost_fen(low) <= before.cost_fen(high)
    assert before.cost_fen(high) - before.cost_fen(low) == before.to_buy * (high - low)


@dataclass
class Market:
    """One registry for all examples, and a lot that every unit may buy of."""

    world: World
    lot: int

    def unit(self, budget_gce: int, grid_mwh: int, held: int) -> Mill:
        """Give a unit that took so much from the grid, and holds some certificates."""
        unit = self.world.mill()
        assert code_of(unit.set(budget_gce)) is None
        told = {"electricity": {"grid_offtake_kwh": grid_mwh * MWH}}
        assert code_of(unit.charge(told)) is None
        self.buy(unit, held)
        return unit

    def buy(self, unit: Mill, certificates: int) -> None:
        """Let it buy so many."""
        if certificates:
            self.world.move(unit, self.lot, certificates)

    def plan(self, unit: Mill, price_fen: int | None) -> dict[str, Any]:
        """Ask what it would take, at a price if one is told."""
        with self.world.registry.desk.reader() as read:
            return dict(planning.plan(read, unit.budget, price_fen))


@pytest.fixture(scope="module")
def market(clones: Clones) -> Iterator[Market]:
    """Open one registry."""
    with ExitStack() as closing:
        urls = closing.enter_context(clones.fresh())
        world = closing.enter_context(opened_world(urls.app))
        yield Market(world, world.lot(100_000))


@example(budget_gce=0, grid_mwh=1, held=0, price_fen=500)
@example(budget_gce=921_750, grid_mwh=30, held=7, price_fen=None)
@given(
    budget_gce=st.integers(0, 3_000_000),
    grid_mwh=st.integers(1, 40),
    held=st.integers(0, 30),
    price_fen=st.none() | PRICES,
)
@settings(max_examples=6)
def test_in_the_book_what_a_plan_says_is_bought_is_enough_and_one_less_is_not(
    market: Market, budget_gce: int, grid_mwh: int, held: int, price_fen: int | None
) -> None:
    """With a price and without; the price is of what is bought alone, and changes nothing else."""
    unit = market.unit(budget_gce, grid_mwh, held)
    plan, priceless = market.plan(unit, price_fen), market.plan(unit, None)
    assert {name: plan[name] for name in priceless} == priceless
    if price_fen is not None:
        assert plan["cost_at_price_fen"] == plan["to_buy"] * price_fen
    if not plan["needed"]:
        assert unit.balance() >= 0
        return
    if plan["to_buy"]:
        market.buy(unit, plan["to_buy"] - 1)
        assert result(unit.auto())["balance_gce"] < 0
        market.buy(unit, 1)
        assert result(unit.auto())["balance_gce"] >= 0
        return
    short = (
        unit.retire(plan["needed"] - 1, select=Selection(market.lot))
        if plan["needed"] > 1
        else None
    )
    assert (unit.balance() if short is None else result(unit.offer(short))["balance_gce"]) < 0
    assert result(unit.auto())["balance_gce"] >= 0
