"""Which retired certificates count: eligibility, order, room, and a reason for all the rest."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.fossil_budget.energy import Electricity
from settlement.fossil_budget.recognition import (
    Claim,
    Counted,
    Direction,
    Reason,
    RetiredLine,
    Room,
    Uncounted,
    offtake_room,
    recognise,
)
from settlement.refusals import TradedAboveOfftake
from tests.settlement.fossil_cases import MILL, YEAR, retired

CLAIM = Claim(MILL, YEAR, frozenset({"fossil_budget", "rps"}))
WIDE = Room(1_600_000)
IN, OUT = Direction.IN_PROVINCE, Direction.OUT_OF_PROVINCE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"production_year": 2025}, Reason.WRONG_PRODUCTION_YEAR),
        ({"beneficiary": "91110000100000002Y"}, Reason.OTHER_BENEFICIARY),
        ({"retired": False}, Reason.NOT_RETIRED),
        ({"retired": False, "ccer_linked": True}, Reason.CCER_LINKED),
        ({"purpose": "voluntary"}, Reason.OTHER_PURPOSE),
        ({"consumption_year": 2025}, Reason.WRONG_CONSUMPTION_YEAR),
        ({"category": "self_use"}, Reason.COUNTED_AS_PHYSICAL),
        ({"category": "off_grid"}, Reason.COUNTED_AS_PHYSICAL),
        ({"green_power_of_another": True}, Reason.GREEN_POWER_OF_ANOTHER),
        ({"traded": True}, Reason.COUNTED_AS_TRADED),
    ],
)
def test_a_certificate_that_may_not_serve_is_listed_with_its_reason(
    changes: dict[str, object], reason: Reason
) -> None:
    """Nothing of it is counted, and it takes no room from others."""
    found = recognise(CLAIM, [retired(10, "ret_1", **changes)], WIDE)

    assert found.counted == ()
    assert found.uncounted == (Uncounted("ret_1", 10, reason),)
    assert found.room == WIDE


def test_own_certificates_and_provincial_hydro_both_count() -> None:
    """How a certificate came to the unit, and whether it was tradable, does not matter."""
    bought = retired(10, line="ret_1")
    allocated_hydro = retired(5, line="ret_2", order=2, purpose="rps")

    assert recognise(CLAIM, [bought, allocated_hydro], WIDE).certificates == 15


def test_beyond_the_provincial_cap_nothing_more_counts() -> None:
    """The cap of the other direction is another's."""
    room = Room(100, {IN: 7})
    lines = [
        retired(10, line="ret_1"),
        retired(10, line="ret_2", order=2),
        retired(10, line="ret_3", order=3, direction=OUT),
    ]
    found = recognise(CLAIM, lines, room)

    assert found.counted == (Counted("ret_1", 7), Counted("ret_3", 10))
    assert found.uncounted == (
        Uncounted("ret_1", 3, Reason.CAP_EXHAUSTED),
        Uncounted("ret_2", 10, Reason.CAP_EXHAUSTED),
    )
    assert found.room == Room(83, {IN: 0})


def test_beyond_the_offtake_nothing_more_counts() -> None:
    """A cap that leaves as much room or more is not the reason."""
    found = recognise(CLAIM, [retired(10)], Room(4, {IN: 4}))

    assert found.counted == (Counted("ret_1", 4),)
    assert found.uncounted == (Uncounted("ret_1", 6, Reason.ABOVE_OFFTAKE),)


def test_what_was_retired_first_counts_first() -> None:
    """The order in which lines are offered decides nothing."""
    late, early = retired(10, line="late", order=2), retired(10, line="early", order=1)

    assert recognise(CLAIM, [late, early], Room(10)).counted == (Counted("early", 10),)


def test_a_line_offered_twice_counts_once() -> None:
    """Naming a retirement again must not double it."""
    found = recognise(CLAIM, [retired(10), retired(10)], WIDE)

    assert found.certificates == 10
    assert found.uncounted == (Uncounted("ret_1", 10, Reason.LISTED_TWICE),)


def test_the_offtake_leaves_room_for_whole_certificates_only() -> None:
    """A fraction of a certificate's energy is no room; more traded than taken is refused."""
    electricity = Electricity(grid_offtake_kwh=10_999)

    assert offtake_room(electricity, 5_000, 1_000) == 5
    assert offtake_room(electricity, 10_999, 1_000) == 0
    with pytest.raises(TradedAboveOfftake):
        offtake_room(electricity, 11_000, 1_000)


def test_what_no_cap_binds_takes_offtake_alone() -> None:
    """Certificates that a province gave, or old hydro passed on, leave the cap's room to others."""
    claim = replace(CLAIM, uncapped=frozenset({"assigned"}))
    lines = [
        retired(10, line="given", origin="assigned"),
        retired(10, line="bought", order=2),
    ]
    found = recognise(claim, lines, Room(15, {IN: 4}))

    assert found.counted == (Counted("given", 10), Counted("bought", 4))
    assert found.uncounted == (Uncounted("bought", 6, Reason.CAP_EXHAUSTED),)
    assert found.room == Room(1, {IN: 0})
    assert found.capped == {IN: 4, OUT: 0}
    late = recognise(claim, lines, Room(8, {IN: 4})).uncounted[0]
    assert late == Uncounted("given", 2, Reason.ABOVE_OFFTAKE)


LINES = st.lists(
    st.builds(
        retired,
        count=st.integers(1, 50),
        line=st.sampled_from("abcdefgh"),
        order=st.integers(1, 9),
        direction=st.sampled_from(Direction),
        production_year=st.sampled_from([YEAR, YEAR, YEAR, 2025]),
        traded=st.booleans(),
    ),
    max_size=8,
)
CAPS = st.dictionaries(st.sampled_from(Direction), st.integers(0, 80))


@given(lines=LINES, offtake=st.integers(0, 150), caps=CAPS)
def test_recognition_takes_all_that_fits_and_never_more(
    lines: list[RetiredLine], offtake: int, caps: dict[Direction, int]
) -> None:
    """Counted = the least of offtake and, by direction, the eligible and the cap."""
    found = recognise(CLAIM, lines, Room(offtake, caps))
    first: dict[str, RetiredLine] = {}
    for line in sorted(lines, key=lambda line: line.order):
        first.setdefault(line.line, line)
    good = [line for line in first.values() if line.production_year == YEAR and not line.traded]
    by_direction = {
        direction: sum(line.count for line in good if line.direction is direction)
        for direction in Direction
    }

    expected = min(
        offtake, sum(min(count, caps.get(to, count)) for to, count in by_direction.items())
    )
    assert found.certificates == expected <= offtake
    assert found.room.total == offtake - expected
    left_out = sum(part.count for part in found.uncounted)
    assert found.certificates + left_out == sum(line.count for line in lines)


@given(lines=LINES, offtake=st.integers(0, 150), caps=CAPS, more=st.integers(1, 50))
def test_more_room_or_more_certificates_never_count_less(
    lines: list[RetiredLine], offtake: int, caps: dict[Direction, int], more: int
) -> None:
    """Recognition is monotone in what is offered and in what there is room for."""
    before = recognise(CLAIM, lines, Room(offtake, caps)).certificates
    raised = {direction: cap + more for direction, cap in caps.items()}
    extra = replace(retired(more, line="new"), order=10)

    assert recognise(CLAIM, lines, Room(offtake + more, raised)).certificates >= before
    assert recognise(CLAIM, [*lines, extra], Room(offtake, caps)).certificates >= before
