"""Restating is confluent: whatever the order of acts about budgets, the book ends the same.

Two provinces that have nothing to do with each other live the same story in two orders. A cap is
shared first come, first served: so units come to it in the same order in both, and whoever came
restates after each change of a figure, in that order; any other order is a story of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from settlement.transfers import Selection
from tests.databases import Clones
from tests.registry import code_of, rows
from tests.settlement.mill import Mill, World, opened_world

FAR: Final = "99"  # where what is bought from without was made
EACH: Final = 60  # certificates of either lot that a unit holds
BUDGET: Final = 1_000_000
CAPS: Final = ("in_province", "out_of_province")
_ROOM: Final = """
SELECT a.party, a.class, substr(i.code, 8, 3), b.posted::bigint
FROM balance AS b JOIN account AS a ON a.id = b.account JOIN instrument AS i ON i.id = b.instrument
WHERE i.code LIKE 'CAP-' || %s || '-%%'
"""


@dataclass(frozen=True)
class Act:
    """Something about one unit, by its place in the order of arrival; or about all, if of none."""

    what: str
    unit: int | None
    value: Any


@dataclass(frozen=True)
class Plot:
    """What happens, before any order: caps set at first, retirements as they come, and two orders."""

    caps: dict[str, int]
    retired: Sequence[Sequence[tuple[bool, int]]]  # by unit: from far or near, how many
    orders: tuple[Sequence[Act], Sequence[Act]]


@st.composite
def plots(draw: st.DrawFn) -> Plot:
    """Draw a story of two units in two orders; caps go up, or come where all that is offered fits."""
    runs = st.lists(st.tuples(st.booleans(), st.integers(1, 20)), min_size=1, max_size=3)
    retired = [draw(runs), draw(runs)]
    before = draw(st.dictionaries(st.sampled_from(CAPS), st.integers(0, 50)))
    common = [Act("k", None, draw(st.sampled_from(["0", "0.25", "0.6"])))]
    for cap in draw(st.sets(st.sampled_from(CAPS))):
        least = before.get(cap, 2 * EACH)
        common.append(Act(cap, None, least + draw(st.integers(0, 40))))
    units = [_acts(draw, n, runs_of) for n, runs_of in enumerate(retired)]
    return Plot(before, retired, (_order(draw, units, common), _order(draw, units, common)))


def _acts(draw: st.DrawFn, unit: int, runs: Sequence[object]) -> list[Act]:
    reports = draw(st.lists(st.integers(0, 70), max_size=2))
    return [
        *(Act("offer", unit, n) for n in range(len(runs))),
        *(Act("report", unit, grid_mwh) for grid_mwh in reports),
        Act("revise", unit, (BUDGET + draw(st.integers(0, 9)), draw(st.booleans()))),
    ]


def _order(draw: st.DrawFn, units: Sequence[Sequence[Act]], common: Sequence[Act]) -> Sequence[Act]:
    """Mix each unit's acts, its reports in their order; put what is about all anywhere between."""
    told: list[Act] = []
    for acts in units:
        reports = iter([act for act in acts if act.what == "report"])
        mixed = draw(st.permutations(acts))
        told += [next(reports) if act.what == "report" else act for act in mixed]
    for act in draw(st.permutations(common)):
        told.insert(draw(st.integers(0, len(told))), act)
    return told


@dataclass
class Stage:
    """One registry for all stories; each takes provinces in which nothing happened yet."""

    world: World
    url: str
    far: int
    provinces: Iterator[int] = field(default_factory=lambda: count(11))

    def play(self, plot: Plot, order: Sequence[Act]) -> tuple[Any, ...]:
        """Play a story in one order; tell how it ends."""
        home = str(next(self.provinces))
        assert home != FAR, "more stories than there are provinces"
        side = Side(self.world, home, [])
        side.begin(plot, self.far)
        for act in order:
            side.do(act)
        side.restate(len(side.units))
        return side.end(self.url)


@dataclass
class Side:
    """A province and its units, in the order in which they come to its caps."""

    world: World
    home: str
    units: list[Mill]
    arrived: int = 0

    def begin(self, plot: Plot, far: int) -> None:
        """Set k and caps; units with a budget and a report retire what they will offer."""
        self.world.factor("k", "0.5", self.home)
        for direction, cap in plot.caps.items():
            assert code_of(self.world.cap(cap, direction, self.home)) is None
        near = self.world.lot(EACH * len(plot.retired), province=self.home)
        for runs in plot.retired:
            unit = self.world.mill(province=self.home)
            for lot in (near, far):
                self.world.move(unit, lot, EACH)
            assert code_of(unit.set(BUDGET)) is None
            assert code_of(unit.charge(_report(30))) is None
            unit.retired = [
                unit.retire(units, select=Selection(far if from_far else near))
                for from_far, units in runs
            ]
            self.units.append(unit)

    def do(self, act: Act) -> None:
        """Do one act; nothing of a story is refused."""
        if act.unit is None:
            self._change(act)
            self.restate(self.arrived)
            return
        self.arrived = max(self.arrived, act.unit + 1)
        unit = self.units[act.unit]
        match act.what:
            case "offer":
                answer = unit.offer(unit.retired[act.value])
            case "report":
                answer = unit.charge(_report(act.value))
            case _:
                budget_gce, gross = act.value
                answer = unit.set(budget_gce, "gross" if gross else "net")
        assert code_of(answer) is None

    def _change(self, act: Act) -> None:
        if act.what == "k":
            self.world.factor("k", act.value, self.home)
        else:
            assert code_of(self.world.cap(act.value, act.what, self.home)) is None

    def restate(self, units: int) -> None:
        """Have so many of the first units restate, one after the other."""
        for unit in self.units[:units]:
            assert code_of(unit.offer()) is None

    def end(self, url: str) -> tuple[Any, ...]:
        """Tell budgets as they stand, and where all room under the caps lies."""
        told = [unit.told() for unit in self.units]
        assert not any(one["restate_due"] for one in told)
        places = {unit.party: n for n, unit in enumerate(self.units)}
        room = {
            (places.get(party), cls, way): units
            for party, cls, way, units in rows(url, _ROOM, self.home)
            if units
        }
        counted = [
            sorted((run["count"], run["offered"]) for run in one["recognised"]) for one in told
        ]
        figures = [(one["balance_gce"], one["charge"], one["certificates"]) for one in told]
        return figures, counted, room


def _report(grid_mwh: int) -> dict[str, Any]:
    return {
        "fuels": [{"fuel": "raw_coal", "purchased": "0.333"}],
        "electricity": {"grid_offtake_kwh": grid_mwh * 1000},
    }


@pytest.fixture(scope="module")
def stage(clones: Clones) -> Iterator[Stage]:
    """Open one registry, with certificates from without for every story."""
    with ExitStack() as closing:
        urls = closing.enter_context(clones.fresh())
        world = closing.enter_context(opened_world(urls.app))
        yield Stage(world, urls.owner, world.lot(20_000, province=FAR))


def _story(*acts: tuple[str, int | None, Any]) -> list[Act]:
    return [Act(*act) for act in acts]


BUSY: Final = Plot(
    caps={"in_province": 10},
    retired=([(False, 20), (True, 5)], [(False, 20)]),
    orders=(
        _story(
            *(("offer", 0, 0), ("offer", 0, 1), ("in_province", None, 18), ("report", 0, 12)),
            *(("k", None, "0.6"), ("revise", 0, (BUDGET + 7, True)), ("offer", 1, 0)),
            ("revise", 1, (BUDGET, False)),
        ),
        _story(
            *(("report", 0, 12), ("offer", 0, 1), ("revise", 0, (BUDGET + 7, True))),
            *(("offer", 0, 0), ("revise", 1, (BUDGET, False)), ("offer", 1, 0)),
            *(("in_province", None, 18), ("k", None, "0.6")),
        ),
    ),
)
"""The first unit gives room back in one order, and never took as much in the other."""


@example(plot=BUSY)
@given(plot=plots())
@settings(max_examples=4)
def test_any_order_of_acts_ends_in_the_same_balances(stage: Stage, plot: Plot) -> None:
    """Offers, reports, revisions, k and caps that fit, given the order in which units come to a cap.

    The same grams stand on each budget, part by part, for the same certificates, and room under
    the caps lies with the same units.
    """
    first, second = plot.orders

    assert stage.play(plot, first) == stage.play(plot, second)


@pytest.mark.slow
@pytest.mark.timeout(900)
@given(plot=plots())
@settings(max_examples=30)
def test_any_order_of_acts_ends_in_the_same_balances_in_many_stories(
    stage: Stage, plot: Plot
) -> None:
    """Thirty pairs of orders."""
    first, second = plot.orders

    assert stage.play(plot, first) == stage.play(plot, second)
