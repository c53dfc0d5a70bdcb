"""Laws over longer stories: four provinces' units, every verb about caps, and the book asked at each step.

To the stories of caps come units of a third and a fourth home, certificates that no cap binds, k, offers by
plan, years closed one by one and together, and opened again; caps are taken as they come, or shared out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from settlement.fossil_budget.closing_many import close_many
from settlement.fossil_budget.reopening import ReopenOrder, reopen
from settlement.transfers import Selection
from tests.databases import Clones
from tests.registry import code_of, rows
from tests.settlement.mill import Mill, share_out, sharing_rules, two_persons
from tests.settlement.test_caps_laws import HOMES, Furnished, Story

MORE_HOMES: Final = ("37", "44")
ALL_HOMES: Final = (*HOMES, *MORE_HOMES)
WHO: Final = st.integers(0, len(ALL_HOMES) - 1)
AGAIN: Final = ReopenOrder("a meter was read wrongly", "doc 9")
CLOSED: Final = "budget_closed"
ALLOWED: Final = {
    None,
    CLOSED,
    "retirement_used_already",
    "units_short",
    "traded_above_offtake",
    "cap_not_apportioned",
}
_HELD: Final = """
SELECT coalesce(sum(p.past - p.lo), 0)::bigint
FROM (SELECT lot, account, hold, lo,
             coalesce(lead(lo) OVER (PARTITION BY lot ORDER BY lo), size) AS past FROM parcel) AS p
WHERE p.account = %s AND p.lot = %s AND p.hold IS NULL
"""
_ROOM: Final = """
SELECT a.party, p.province, substr(i.code, 5, 2), substr(i.code, 8, 3), b.posted::bigint
FROM balance AS b JOIN account AS a ON a.id = b.account JOIN party AS p ON p.id = a.party
JOIN instrument AS i ON i.id = b.instrument
WHERE i.code LIKE 'CAP-%%' AND a.party <> 1 AND a.class = 'budget' AND b.posted <> 0
"""
"""What takes room, by unit: its province, and the province, way and count of what stands there."""
_CAPS: Final = """
SELECT DISTINCT ON (province, direction) province, direction, cap
FROM cap ORDER BY province, direction, version DESC
"""
_WAYS: Final = {"in_province": "in-", "out_of_province": "out"}
Place = tuple[str, str]  # province, and "in-" or "out"


class LongStory(Story):
    """The stories of caps, told on."""

    @initialize(shared=st.booleans())
    def furnish(self, shared: bool) -> None:
        """Add two provinces, hydro that was assigned to everybody, and perhaps the rule that shares out."""
        super().furnish()
        self.authority = self.world.authority()
        for home in MORE_HOMES:
            self.world.factor("k", "0.3", home)
            self.lots.append(self.world.lot(80, province=home))
            unit = self.world.mill(province=home)
            self.units.append(unit)
            assert code_of(unit.set(0)) is None
            self.charge_with(unit, 50)
        hydro = self.world.lot(5 * len(self.units), "hydro")
        for unit in self.units:
            for lot in self.lots[len(self.lots) - len(MORE_HOMES) :]:
                self.world.move(unit, lot, 12)
            self.world.move(unit, hydro, 5, "hydro_assignment")
        self.hydro = hydro
        self.lots.append(hydro)
        if shared:
            self.world.registry.adopt(sharing_rules())

    def charge_with(self, unit: Mill, grid_mwh: int) -> str | None:
        """Report so much energy from the grid; a closed year takes no report."""
        code = super().charge_with(unit, grid_mwh)
        return None if code == CLOSED else code

    def retire_and_offer(self, who: int, lot: int, count: int, whom: int) -> None:
        """Do as said, as far as there is anything left of the lot."""
        giver, taker = self.units[who], self.units[whom]
        [(left,)] = rows(self.urls.owner, _HELD, giver.user, lot)
        if left:
            chosen = giver.retire(
                min(count, left), beneficiary_code=taker.code, select=Selection(lot)
            )
            assert code_of(taker.offer(chosen)) in ALLOWED

    @rule(who=WHO, lot=st.integers(0, 4), count=st.integers(1, 12), whom=WHO)
    def offer_of_any(self, who: int, lot: int, count: int, whom: int) -> None:
        """Retire certificates of any province, or hydro that no cap binds."""
        self.retire_and_offer(who, self.lots[lot], count, whom)

    @rule(who=WHO, gross=st.booleans())
    def revise(self, who: int, gross: bool) -> None:
        """Have the mode changed, unless the year is closed."""
        assert code_of(self.units[who].set(0, "gross" if gross else "net")) in ALLOWED

    @rule(who=WHO)
    def plan_and_retire(self, who: int) -> None:
        """Have the fewest own certificates retired that would do."""
        assert code_of(self.units[who].auto()) in ALLOWED

    @rule(home=st.sampled_from(ALL_HOMES), k=st.sampled_from(["0", "0.25", "0.6"]))
    def apportion_power(self, home: str, k: str) -> None:
        """Have k changed."""
        self.world.factor("k", k, home)

    @rule(home=st.sampled_from(ALL_HOMES), near=st.booleans(), count=st.integers(0, 40))
    def cap(self, home: str, near: bool, count: int) -> None:
        """Set a cap, wider or narrower, of any province."""
        direction = "in_province" if near else "out_of_province"
        code = code_of(self.world.cap(count, direction, home))
        assert code in {None, "cap_below_recognised"}

    @rule(home=st.sampled_from(ALL_HOMES))
    def share(self, home: str) -> None:
        """Have a province's caps shared out, if that is the rule."""
        code = code_of(share_out(self.world.registry, home))
        assert code in {None, "cap_first_come", "cap_apportioned_already", "factor_missing"}

    @rule(some=st.sets(WHO, min_size=1))
    def close(self, some: set[int]) -> None:
        """Have years closed together; who is not ready stays open."""
        numbers = [self.units[who].budget for who in sorted(some)]
        answer = two_persons(self.world.registry, lambda r, a: close_many(r, a, numbers))
        assert code_of(answer) is None, answer

    @rule(who=WHO)
    def open_again(self, who: int) -> None:
        """Have a year opened again, if it is closed."""
        number = self.units[who].budget
        answer = two_persons(
            self.world.registry, lambda r, _: reopen(r, self.authority, number, AGAIN)
        )
        assert code_of(answer) in {None, "budget_not_closed"}

    @rule()
    def settle(self) -> None:
        """Have everybody restate."""
        for unit in self.units:
            assert code_of(unit.offer()) in ALLOWED

    @precondition(lambda self: hasattr(self, "units"))
    @invariant()
    def what_is_counted_stands_under_its_cap(self) -> None:
        """A unit's certificates, by the provinces of their lots, are the room it holds; no cap is passed.

        A unit that is to restate tells what will be, and is passed over.
        """
        held, lots = (
            self.held_by_unit(),
            dict(rows(self.urls.owner, "SELECT id, province FROM lot")),
        )
        caps = {(home, _WAYS[way]): cap for home, way, cap in rows(self.urls.owner, _CAPS)}
        taken = sum(held.values(), Counter[Place]())
        assert all(units <= caps.get(place, units) for place, units in taken.items())
        for unit, home in zip(self.units, ALL_HOMES, strict=True):
            told = unit.told()
            if not told["restate_due"]:
                assert self.counted(told, home, lots) == held[unit.party]

    @precondition(lambda self: hasattr(self, "units"))
    @invariant()
    def what_one_province_gains_another_loses(self) -> None:
        """Gained is the room that buyers' provinces hold, lost what is counted of the sellers' lots.

        Said once nobody is to restate.
        """
        told = [unit.told() for unit in self.units]
        if any(one["restate_due"] for one in told):
            return
        lots = dict(rows(self.urls.owner, "SELECT id, province FROM lot"))
        net = Counter[str]()
        for held in self.held_by_unit().values():
            net.update({home: units for (home, way), units in held.items() if way == "out"})
        for home, one in zip(ALL_HOMES, told, strict=True):
            sold = [lots[lot] for lot, _ in self.capped(one)]
            net.subtract(seller for seller in sold if seller != home)
        assert sum(net.values()) == 0

    def counted(self, told: dict[str, Any], home: str, lots: dict[int, str]) -> Counter[Place]:
        """Count a unit's certificates that take room, by its province and the way they came."""
        return Counter(
            (home, "in-" if lots[lot] == home else "out") for lot, _ in self.capped(told)
        )

    def capped(self, told: dict[str, Any]) -> set[tuple[int, int]]:
        """List the serials that count, but for hydro that was assigned."""
        return {one for one in self.recognised(told) if one[0] != self.hydro}

    def counted_of(self, who: int) -> int:
        """Count a unit's certificates as it is told now."""
        return int(self.units[who].told()["certificates"])

    def held_by_unit(self) -> defaultdict[int, Counter[Place]]:
        """Read the room that units hold: of their own province and no other."""
        found: defaultdict[int, Counter[Place]] = defaultdict(Counter)
        for party, home, of, way, units in rows(self.urls.owner, _ROOM):
            assert home == of
            found[party][home, way] += units
        return found


def told_by(clones: Clones) -> type[LongStory]:
    """Give the stories of this test's databases."""

    class Told(LongStory):
        furnished = Furnished(clones)

    return Told


def tell_long_stories(clones: Clones, examples: int, steps: int) -> None:
    """Tell so many stories of so many steps."""
    run_state_machine_as_test(
        told_by(clones),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


Step = Callable[[LongStory], None]
BY_HAND: Final[tuple[Step, ...]] = (
    lambda told: told.cap("11", near=True, count=12),
    lambda told: told.cap("11", near=False, count=3),
    lambda told: told.share("11"),
    lambda told: told.offer_of_any(0, lot=0, count=10, whom=0),
    lambda told: told.offer_of_any(1, lot=0, count=10, whom=1),
    lambda told: told.offer_of_any(1, lot=3, count=5, whom=1),
    lambda told: told.offer_of_any(3, lot=2, count=4, whom=3),
    lambda told: told.offer_of_any(4, lot=2, count=6, whom=4),
    lambda told: told.offer_of_any(2, lot=4, count=5, whom=2),
    lambda told: told.share("11"),
    lambda told: told.close({0, 3}),
    lambda told: told.cap("11", near=True, count=15),
    lambda told: told.settle(),
    lambda told: told.open_again(0),
    lambda told: told.charge(0, grid_mwh=13),
    lambda told: told.settle(),
    lambda told: told.close({0, 1, 2, 3, 4}),
)


@pytest.mark.parametrize("shared", [False, True])
def test_caps_and_provinces_hold_in_a_story_told_by_hand(clones: Clones, *, shared: bool) -> None:
    """Two units press against the caps of one province; what they sold each other is told by lot."""
    told = told_by(clones)()
    told.furnish(shared=shared)
    try:
        for step in BY_HAND:
            step(told)
            told.no_cap_is_passed()
            told.what_is_counted_stands_under_its_cap()
            told.what_one_province_gains_another_loses()
        counted = [told.counted_of(n) for n in range(len(ALL_HOMES))]
    finally:
        told.teardown()

    assert counted == [3, 9 if shared else 13, 5, 4, 6]


@pytest.mark.timeout(300)
def test_caps_and_provinces_hold_over_every_verb(clones: Clones) -> None:
    """Two stories of eight steps."""
    tell_long_stories(clones, 2, 8)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_caps_and_provinces_hold_over_every_verb_in_long_stories(clones: Clones) -> None:
    """Forty stories of thirty steps."""
    tell_long_stories(clones, 40, 30)
