"""One certificate, one claim: a retirement serves a metric once, for its beneficiary and year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from ledger.database import Urls
from ledger.model.command import Act, Actor
from ledger.refusals import Refusal, RuleNotInForce
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision, Reader
from settlement.metrics import METRICS, Metric, purposes_for, use_for
from settlement.refusals import (
    MetricsNotShared,
    MetricYearMismatch,
    PurposeNotForMetric,
    RetirementUnknown,
    RetirementUsedAlready,
)
from tests.registry import OPERATOR, Decide, code_of, rows
from tests.settlement.mill import YEAR, Mill, World, opened_world, steel


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


def claiming(mill: Mill, metric: Metric, retirements: Sequence[int], year: int = YEAR) -> Decide:
    """Have retirements serve a metric, in an act of no other meaning."""

    def decide(read: Reader, _: Actor) -> Decision:
        uses = use_for(read, metric, retirements, mill.code, year)
        return Decision((Act("budget.restate", uses),))

    return decide


def refused(world: World, mill: Mill, metric: Metric, number: int, year: int = YEAR) -> Refusal:
    """Give the refusal of a claim."""
    with world.registry.desk.reader() as read, pytest.raises(Refusal) as said:
        use_for(read, metric, (number,), mill.code, year)
    return said.value


def uses(world: World, number: int) -> list[str]:
    """List the metrics that a retirement serves."""
    query = "SELECT metric FROM metric_use WHERE retirement = %s ORDER BY metric"
    return [metric for (metric,) in rows(world.url, query, number)]


def test_a_retirement_serves_each_metric_once(world: World) -> None:
    """For one beneficiary and year the metrics share it, as shipped; one twice names the first use."""
    mill = steel(world, 10)
    number = mill.retire(10)
    first = {}
    for metric in METRICS:
        answer = world.registry.ask(OPERATOR, claiming(mill, metric, (number,)))
        assert code_of(answer) is None
        assert answer.outcome is not None
        [first[metric]] = answer.outcome["journals"]

    assert uses(world, number) == sorted(METRICS)
    for metric in METRICS:
        again = refused(world, mill, metric, number)
        assert isinstance(again, RetirementUsedAlready)
        assert (again.metric, again.budget) == (metric, None)
        assert again.journal == encode_id(IdPrefix.JOURNAL, first[metric])


def test_an_offset_is_a_use_like_any_other(world: World) -> None:
    """Another metric's claim names the budget where the two may not share."""
    mill = steel(world, 10)
    number = mill.retire(10)
    assert code_of(mill.offer(number)) is None
    assert uses(world, number) == ["fossil_budget"]
    world.amend("gec", "metric.share.fossil_budget.rps", "value = true", "value = false")

    said = refused(world, mill, "rps", number)
    assert isinstance(said, MetricsNotShared)
    assert (said.metric, said.first_metric) == ("rps", "fossil_budget")
    assert said.budget == encode_id(IdPrefix.FOSSIL_BUDGET, mill.budget)
    assert code_of(world.registry.ask(OPERATOR, claiming(mill, "minimum_share", (number,)))) is None


def test_what_may_not_be_shared_is_not_offset_either(world: World) -> None:
    """The rule holds from both sides."""
    world.amend("gec", "metric.share.fossil_budget.rps", "value = true", "value = false")
    mill = steel(world, 10)
    number = mill.retire(10)
    world.registry.must_do(OPERATOR, claiming(mill, "rps", (number,)))

    assert code_of(mill.offer(number)) == "metrics_not_shared"
    assert uses(world, number) == ["rps"]


def test_a_purpose_counts_where_the_rulebook_lists_it(world: World) -> None:
    """A claim of green power serves no metric; a metric's list may be shortened."""
    mill = steel(world, 10)
    claim, other = mill.retire(3, purpose="green_power_claim"), mill.retire(4)
    for metric in METRICS:
        said = refused(world, mill, metric, claim)
        assert isinstance(said, PurposeNotForMetric)
        assert (said.purpose, said.metric) == ("green_power_claim", metric)

    world.amend("share", "metric.purposes.rps", '"fossil_budget,minimum_share,rps"', '"rps"')
    assert isinstance(refused(world, mill, "rps", other), PurposeNotForMetric)
    assert code_of(world.registry.ask(OPERATOR, claiming(mill, "minimum_share", (other,)))) is None


def test_a_retirement_serves_one_beneficiary_and_one_year(world: World) -> None:
    """Never another, and never one that the rules do not cover."""
    mill, stranger = steel(world, 10), world.mill()
    number = mill.retire(10)

    assert isinstance(refused(world, stranger, "rps", number), RetirementUnknown)
    assert isinstance(refused(world, mill, "rps", 1), RetirementUnknown)
    said = refused(world, mill, "rps", number, YEAR - 1)
    assert isinstance(said, MetricYearMismatch)
    assert (said.consumption_year, said.year) == (YEAR, YEAR - 1)
    with world.registry.desk.reader() as read, pytest.raises(RuleNotInForce):
        purposes_for(read, "rps", 2023)


def test_one_refused_retirement_refuses_the_claim(world: World) -> None:
    """Nothing is used unless all of it can be; naming one twice is naming it once."""
    mill = steel(world, 10)
    good, bad = mill.retire(6), mill.retire(4, purpose="voluntary")
    answer = world.registry.ask(OPERATOR, claiming(mill, "rps", (good, bad)))
    assert code_of(answer) == "purpose_not_for_metric"
    assert uses(world, good) == []

    assert code_of(world.registry.ask(OPERATOR, claiming(mill, "rps", (good, good)))) is None
    assert uses(world, good) == ["rps"]


def test_two_claims_at_once_are_decided_one_after_the_other(world: World) -> None:
    """The key of the use is the guard; the loser is decided again and told who was first."""
    mill = steel(world, 10)
    number = mill.retire(10)
    asked = [world.registry.asked(OPERATOR, claiming(mill, "rps", (number,))) for _ in range(2)]
    first, second = world.registry.together(asked)

    assert code_of(first) is None
    assert second.outcome is None
    assert code_of(world.registry.put(asked[1])) == "retirement_used_already"
    assert uses(world, number) == ["rps"]


def test_two_metrics_that_do_not_share_are_not_served_at_once_either(world: World) -> None:
    """Each was free when it was decided; the second is decided again, and refused."""
    world.amend("gec", "metric.share.minimum_share.rps", "value = true", "value = false")
    mill = steel(world, 10)
    number = mill.retire(10)
    claims: tuple[Metric, ...] = ("rps", "minimum_share", "fossil_budget")
    asked = [world.registry.asked(OPERATOR, claiming(mill, metric, (number,))) for metric in claims]
    first, second, third = world.registry.together(asked)

    assert (code_of(first), code_of(third)) == (None, None)
    assert second.outcome is None
    assert code_of(world.registry.put(asked[1])) == "metrics_not_shared"
    assert uses(world, number) == ["fossil_budget", "rps"]
