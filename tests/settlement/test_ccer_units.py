"""Reductions at the book: each cancellation comes in once, and a year takes what its rules let."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settlement.ccer_units import PICKED_MAX, ImportOrder, import_units
from tests.databases import Clones
from tests.registry import OPERATOR, code_of, rows
from tests.settlement.duty_case import FITTING, YEAR, Case, done, opened_case, told

LAST_EARLY = date(2024, 1, 22)


@pytest.fixture(scope="module")
def case(clones: Clones) -> Iterator[Case]:
    """Open one registry; each test has an emitter of its own."""
    with clones.fresh() as urls, opened_case(urls) as found:
        yield found


def test_each_import_is_an_instrument_of_its_own(case: Case) -> None:
    """With its day and evidence; what is left of it is a balance."""
    one = case.emitter()
    first, second = told(one.bring(70)), told(one.bring(30))

    assert first["instrument"] != second["instrument"]
    assert (first["registered_on"], first["quantity"]) == (FITTING.isoformat(), 70)
    assert one.held("CCER") == 100


def test_a_cancellation_comes_in_once(case: Case) -> None:
    """Whoever brings it, and however often it is taken back."""
    one, other = case.emitter(), case.emitter()
    came = one.bring(70, cancellation="twice")

    assert code_of(other.bring(70, cancellation="twice")) == "ccer_cancellation_used"
    done(one.take_back(came))
    assert one.held("CCER") == 0
    assert code_of(one.bring(70, cancellation="twice")) == "ccer_cancellation_used"


def test_one_person_brings_nothing_in(case: Case) -> None:
    """Neither alone, nor without a document."""
    one = case.emitter()
    order = ImportOrder(one.ccer, "CCER-A", FITTING, False, 5, "alone", "doc", (1,))

    answer = case.registry.ask(OPERATOR, lambda r, a: import_units(r, a, order))
    assert code_of(answer) == "approval_needed"
    assert one.held("CCER") == 0


def test_what_was_registered_on_the_last_early_day_does_not_count(case: Case) -> None:
    """The day after does; a year that no such rule covers takes both."""
    one = case.emitter(2024)
    done(one.verify(10_000))
    done(one.verify(10_000, 2024))
    done(one.bring(5, on=LAST_EARLY))

    early = one.surrender(ccer=5)
    assert code_of(early) == "ccer_registered_too_early"
    assert early.outcome is not None
    assert early.outcome["facts"]["after"] == LAST_EARLY.isoformat()
    done(one.surrender(ccer=2, year=2024))
    done(one.bring(5, on=LAST_EARLY + timedelta(days=1)))
    done(one.surrender(ccer=5))
    assert one.stands().ccer == 5


def test_what_is_under_the_cap_itself_does_not_count(case: Case) -> None:
    """Whenever it was registered."""
    one = case.emitter()
    done(one.verify(10_000))
    done(one.bring(5, inside=True))

    assert code_of(one.surrender(ccer=5)) == "ccer_inside_cap"
    assert (one.held("CCER"), one.stands().due) == (5, 10_000)


def test_only_what_is_held_is_handed_in(case: Case) -> None:
    """Of a project brought in, and no more of it than is free."""
    one, other = case.emitter(), case.emitter()
    done(one.verify(10_000))
    done(other.bring(100))

    assert code_of(one.surrender(ccer=5)) == "ccer_units_unknown"
    done(one.bring(4))
    short = one.surrender(ccer=5)
    assert code_of(short) == "units_short"
    assert short.outcome is not None
    assert (short.outcome["facts"]["asked"], short.outcome["facts"]["available"]) == (5, 4)


def test_what_was_registered_first_is_handed_in_first(case: Case) -> None:
    """Whenever it came in, and past what the year does not take."""
    one = case.emitter()
    done(one.verify(10_000))
    late, soon = told(one.bring(10)), told(one.bring(10, on=FITTING - timedelta(days=9)))
    done(one.bring(10, on=LAST_EARLY))
    handed = told(one.surrender(ccer=13))

    assert handed["ccer"] == [
        {"instrument": soon["instrument"], "quantity": 10},
        {"instrument": late["instrument"], "quantity": 3},
    ]
    assert code_of(one.surrender(ccer=8)) == "ccer_registered_too_early"


def test_a_record_tells_of_so_many_imports(case: Case) -> None:
    """What lies in more is handed in by several acts, each in one journal."""
    one = case.emitter()
    done(one.verify(10_000))
    for _ in range(PICKED_MAX + 1):
        done(one.bring(2))

    assert code_of(one.surrender(ccer=2 * PICKED_MAX + 1)) == "too_fragmented"
    handed = one.surrender(ccer=2 * PICKED_MAX)
    assert handed.outcome is not None
    assert len(handed.outcome["journals"]) == 1


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.sampled_from(["bring", "use", "back"]), st.integers(1, 40)), max_size=12)
)
def test_what_came_in_is_used_or_held(case: Case, story: list[tuple[str, int]]) -> None:
    """Whatever is brought in, handed in and taken back, in any order."""
    one, used, brought = case.emitter(), [], 0
    done(one.verify(1_000))
    for verb, amount in story:
        if verb == "bring":
            done(one.bring(amount))
            brought += amount
        elif verb == "use":
            answer = one.surrender(ccer=amount)
            if code_of(answer) is None:
                used.append(answer)
        elif used:
            done(one.take_back(used.pop(amount % len(used))))
        stands = one.stands()
        assert brought == stands.ccer + one.held("CCER")
        assert stands.ccer + stands.ccer_room == 50
        assert (stands.ccer, stands.due) == (stands.surrendered, 1_000 - stands.surrendered)


def test_numbers_of_imports_follow_each_other(case: Case) -> None:
    """They name instruments, and nothing else is numbered so."""
    one = case.emitter()
    done(one.bring(1))
    done(one.bring(1))
    numbers = [n for (n,) in rows(case.urls.app, "SELECT n FROM ccer_import ORDER BY n")]

    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) < YEAR
