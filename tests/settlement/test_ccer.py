"""CCER at the book: what a project freezes, what its energy cancels, and that no kWh is claimed twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.database import Urls
from ledger.posting.answers import Answer
from schemas.identifiers import IdPrefix, decode_id
from settlement.ccer import ProjectOrder, register_project
from settlement.ccer_claims import EnergyOrder, claim_energy
from settlement.freezes import LiftOrder, lift
from settlement.readings import Reading
from settlement.transfers import Selection
from tests.databases import Clones
from tests.machines.claims import broken
from tests.registry import NAME, OPERATOR, Decide, code_of, issue_month, record, rows
from tests.settlement.corrections import World, opened_world
from tests.settlement.mill import result

JULY, AUGUST, SEPTEMBER = date(2025, 7, 1), date(2025, 8, 1), date(2025, 9, 1)
CSP = "grid_solar_thermal"
KWH = 1000  # of a certificate


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


@dataclass
class Field:
    """One plant, the projects of it, and what is asked about it."""

    world: World
    plant: int

    def lot(self, certificates: int, month: date = JULY) -> int:
        """Have certificates of a month issued."""
        return self.world.registry.issue(self.plant, month, certificates)

    def sold(self, lot: int, amount: int) -> Answer:
        """Sell some of a lot."""
        return self.world.sold(self.world.generator, self.world.users[0], amount, Selection(lot))

    def registered(self, first: date = JULY, last: date = SEPTEMBER, **changes: Any) -> Answer:
        """Have two persons register a project."""
        facts = {"project": f"CCER-{self.plant}", "method": CSP, **changes}
        order = ProjectOrder(
            plant=self.plant,
            first_month=first,
            last_month=last,
            registered_on=date(2025, 12, 1),
            document_no="doc p",
            **facts,
        )
        return self.world.approved(lambda r, a: register_project(r, a, order))

    def claimed(self, mwh: int, month: date = JULY, **changes: Any) -> Answer:
        """Have two persons credit energy."""
        facts = {"project": f"CCER-{self.plant}", "energy_kwh": mwh * KWH, **changes}
        order = EnergyOrder(plant=self.plant, month=month, document_no="doc c", **facts)
        return self.world.approved(lambda r, _: claim_energy(r, order))

    def frozen(self) -> int:
        """Count the plant's certificates that are frozen for CCER."""
        return self._count("h.kind = 'ccer'")

    def credited(self) -> int:
        """Count those cancelled."""
        return self._count("p.account = 6")

    def _count(self, which: str) -> int:
        query = (
            "SELECT coalesce(sum(coalesce((SELECT min(n.lo) FROM parcel n WHERE n.lot = p.lot"
            " AND n.lo > p.lo), p.size) - p.lo), 0)"
            " FROM parcel p JOIN lot l ON l.id = p.lot LEFT JOIN hold h ON h.id = p.hold"
            f" WHERE l.plant = %s AND {which}"
        )
        return int(rows(self.world.urls.owner, query, self.plant)[0][0])


def field_of(world: World) -> Field:
    """Give a plant of its own, large enough for any test."""
    return Field(world, world.registry.plant(world.owner, "solar", capacity_kw=100_000))


def broken_claims(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Ask for whatever the claims of a certificate must never come to."""
    with psycopg.connect(world.urls.owner, options=f"-c search_path={NAME}") as conn:
        return broken(conn)


def test_a_months_energy_is_sold_or_credited_and_never_both(world: World) -> None:
    """V-15: 10,000 issued, 4,000 sold, 6,000 frozen; 6,001 MWh are refused, 6,000 are credited."""
    csp = field_of(world)
    lot = csp.lot(10_000)
    assert code_of(csp.sold(lot, 4_000)) is None
    assert result(csp.registered())["quantity"] == 6_000 == csp.frozen()

    much = csp.claimed(6_001)
    assert much.outcome is not None
    assert much.outcome["code"] == "ccer_energy_not_free"
    assert (much.outcome["facts"]["asked_kwh"], much.outcome["facts"]["free_kwh"]) == (
        6_001_000,
        6_000_000,
    )
    assert result(csp.claimed(6_000))["quantity"] == 6_000 == csp.credited()
    assert code_of(csp.claimed(1)) == "ccer_energy_not_free"
    assert code_of(csp.sold(lot, 1)) == "units_short"
    assert broken_claims(world) == {}
    world.assert_sound()


def test_what_is_issued_later_is_frozen_as_it_is_issued(world: World) -> None:
    """For the months of the project, and for no other plant or month."""
    csp, other = field_of(world), field_of(world)
    assert result(csp.registered(JULY, AUGUST))["quantity"] == 0
    for month in (JULY, AUGUST, SEPTEMBER):
        csp.lot(10, month)
    other.lot(10)

    assert (csp.frozen(), other.frozen()) == (20, 0)
    assert code_of(csp.claimed(11)) == "ccer_energy_not_free"
    assert result(csp.claimed(10, AUGUST))["quantity"] == 10
    assert code_of(csp.claimed(1, SEPTEMBER)) == "ccer_project_unknown"
    world.assert_sound()


def test_a_claim_takes_whole_certificates_out_of_every_freeze(world: World) -> None:
    """Of what was frozen at registration first, then of what was issued later; begun ones whole."""
    csp = field_of(world)
    csp.lot(3)
    csp.registered()
    reading = Reading(csp.plant, JULY, "on_grid", 8 * KWH, False, "grid", 2)
    world.registry.must_do(OPERATOR, record(reading))
    world.registry.must_do(OPERATOR, issue_month(csp.plant, JULY))
    assert csp.frozen() == 8

    told = csp.claimed(0, energy_kwh=4 * KWH + 1)
    assert told.outcome is not None
    assert (result(told)["quantity"], len(told.outcome["journals"])) == (5, 3)  # with the approval
    assert (csp.frozen(), csp.credited()) == (3, 5)
    assert code_of(csp.claimed(4)) == "ccer_energy_not_free"
    world.assert_sound()


def test_projects_are_registered_once_by_two_persons_under_a_method_of_the_rules(
    world: World,
) -> None:
    """A second project of the same number, or of a method the rules do not name, is none."""
    csp = field_of(world)
    assert code_of(csp.registered(method="rooftop")) == "ccer_method_not_allowed"
    assert code_of(csp.claimed(1)) == "ccer_project_unknown"
    assert code_of(csp.registered()) is None
    assert code_of(csp.registered()) == "ccer_project_exists"
    order = ProjectOrder("x", csp.plant, CSP, JULY, JULY, JULY, "doc")
    alone = world.registry.ask(OPERATOR, lambda r, a: register_project(r, a, order))
    assert code_of(alone) == "approval_needed"


def test_what_a_decision_lets_go_is_sold_again(world: World) -> None:
    """A project that ends gives the rest back; what it was credited stays cancelled."""
    csp = field_of(world)
    lot = csp.lot(10)
    [name] = result(csp.registered())["hold_ids"]
    csp.claimed(4)
    hold = decode_id(IdPrefix.HOLD, name)
    assert hold is not None
    assert code_of(world.approved(lambda r, a: lift(r, a, LiftOrder(hold, "doc")))) is None
    assert code_of(csp.sold(lot, 6)) is None
    assert (csp.frozen(), csp.credited()) == (0, 4)
    assert broken_claims(world) == {}


def test_an_issuance_decided_before_a_registration_is_decided_again(world: World) -> None:
    """Whoever comes second sees what the first did: nothing is issued free into a project's month."""
    csp = field_of(world)
    reading = Reading(csp.plant, JULY, "on_grid", 10 * KWH, False, "grid", 1)
    world.registry.must_do(OPERATOR, record(reading))
    asked = world.registry.asked(OPERATOR, issue_month(csp.plant, JULY))
    with world.registry.desk.reader() as read:
        early = asked.command(read)
    assert code_of(csp.registered()) is None

    [late] = world.registry.desk.writer.submit([early])
    assert late.outcome is None
    assert code_of(world.registry.put(asked)) is None
    assert csp.frozen() == 10


def test_a_registration_decided_before_an_issuance_is_decided_again(world: World) -> None:
    """The other way round."""
    csp = field_of(world)
    order = ProjectOrder("early", csp.plant, CSP, JULY, JULY, JULY, "doc")
    deciding: Decide = lambda r, a: register_project(r, a, order)  # noqa: E731
    with world.registry.desk.reader() as read:
        early = world.registry.asked(OPERATOR, deciding).command(read)
    csp.lot(10)

    [late] = world.registry.desk.writer.submit([early])
    assert late.outcome is None
    assert csp.frozen() == 0


@dataclass
class Story:
    """A plant's July as it should be, beside the book."""

    csp: Field
    version: int = 0  # of the reading
    issued: int = 0
    sold: int = 0
    credited: int = 0
    registered: bool = False

    def register(self, _: int) -> None:
        """Register the project, perhaps again."""
        expected = "ccer_project_exists" if self.registered else None
        assert code_of(self.csp.registered()) == expected
        self.registered = True

    def issue(self, amount: int) -> None:
        """Meter more, and issue it."""
        world, metered = self.csp.world, self.issued + amount
        self.version += 1
        energy = metered * KWH
        reading = Reading(self.csp.plant, JULY, "on_grid", energy, False, "grid", self.version)
        world.registry.must_do(OPERATOR, record(reading))
        world.registry.must_do(OPERATOR, issue_month(self.csp.plant, JULY))
        self.issued = metered

    def sell(self, amount: int) -> None:
        """Sell some, if so many are free: of a registered project's none are."""
        free = 0 if self.registered else self.issued - self.sold
        there = rows(self.csp.world.urls.owner, _FREE, self.csp.plant)
        assert sum(count for _, count in there) == free
        for lot, count in there if amount <= free else ():
            if part := min(amount, count):
                assert code_of(self.csp.sold(lot, part)) is None
            self.sold, amount = self.sold + part, amount - part

    def claim(self, amount: int) -> None:
        """Have energy credited, if there is a project and so much is left."""
        left = self.issued - self.sold - self.credited
        short = None if amount <= left else "ccer_energy_not_free"
        expected = short if self.registered else "ccer_project_unknown"
        assert code_of(self.csp.claimed(amount)) == expected
        self.credited += 0 if expected else amount

    def check(self) -> None:
        """See that nothing is lost: what is neither sold nor credited is frozen, or was never to be."""
        left = self.issued - self.sold - self.credited
        assert self.csp.credited() == self.credited
        assert self.csp.frozen() == (left if self.registered else 0)


_FREE = """
SELECT p.lot, coalesce((SELECT min(n.lo) FROM parcel n WHERE n.lot = p.lot AND n.lo > p.lo), p.size) - p.lo
FROM parcel p JOIN lot l ON l.id = p.lot
WHERE l.plant = %s AND p.hold IS NULL AND p.trades = 0 AND p.account > 100 ORDER BY 1
"""
VERBS = (Story.register, Story.issue, Story.issue, Story.sell, Story.claim)
STEPS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(1, 6)), min_size=3, max_size=10)


@given(steps=STEPS)
@settings(max_examples=15, deadline=None)
def test_in_any_order_no_certificate_is_lost_or_claimed_twice(
    shared: World, steps: list[tuple[Callable[[Story, int], None], int]]
) -> None:
    """Credited, frozen, sold and free make what was issued, whoever comes first."""
    story = Story(field_of(shared))
    for verb, amount in steps:
        verb(story, amount)
        story.check()
    assert broken_claims(shared) == {}
