"""Plans of fossil budgets: worked cases, the fewest certificates, which to retire, what to buy."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.fossil_budget.charge import Mode, Parts, Recognised, charge
from settlement.fossil_budget.planner import (
    OwnParcel,
    Plan,
    Proposal,
    Span,
    Stock,
    needed,
    plan,
    propose,
    supply,
)
from settlement.fossil_budget.recognition import Direction, Room
from tests.settlement.fossil_cases import CONSUMPTION, GCE_PER_TCE, MWH, tce, terms

BUDGET = 2_000_000 * GCE_PER_TCE
IN, OUT = Direction.IN_PROVINCE, Direction.OUT_OF_PROVINCE
FREE = frozenset({"assigned"})
"""The origin that no cap binds."""


def mill_plan(k: str = "0.25", mode: Mode = Mode.NET, budget_tce: int = 2_000_000) -> Plan:
    """Plan the steel mill's budget before any certificate is recognised."""
    parts = charge(CONSUMPTION, Recognised(200_000 * MWH), terms(k, mode))
    return plan(parts, budget_tce * GCE_PER_TCE, terms(k, mode), Room(1_600_000))


@pytest.mark.parametrize(
    ("k", "mode", "budget_tce", "excess", "certificates"),
    [
        ("0.25", Mode.NET, 2_000_000, "130270.5", 1_413_296),
        ("0", Mode.NET, 2_000_000, "179430.5", 1_459_972),
        ("0.25", Mode.GROSS, 2_000_000, "130270.5", 1_059_972),
        ("0.25", Mode.GROSS, 1_980_000, "150270.5", 1_222_706),
    ],
)
def test_the_steel_mill_needs_what_the_worked_case_says(
    k: str, mode: Mode, budget_tce: int, excess: str, certificates: int
) -> None:
    """Both modes, with and without apportionment."""
    found = mill_plan(k, mode, budget_tce)

    assert (found.excess_gce, found.needed) == (tce(excess), certificates)
    assert found.feasible
    assert found.residual_gce == 0
    assert supply(found, Room(1_600_000), Stock()).to_buy == certificates


def test_where_the_offtake_is_too_small_the_rest_stays_above_budget() -> None:
    """Net: all of 1,600,000 certificates leave 2,790.5 tce."""
    found = mill_plan(budget_tce=1_980_000)

    assert not found.feasible
    assert found.residual_gce == tce("2790.5")
    assert found.room == supply(found, Room(1_600_000), Stock()).to_buy == 1_600_000


def test_a_provincial_cap_can_make_it_impossible_too() -> None:
    """What matters is the tighter of offtake and caps."""
    parts = charge(CONSUMPTION, Recognised(200_000 * MWH), terms())
    found = plan(parts, BUDGET, terms(), Room(1_600_000, {IN: 1_000_000, OUT: 400_000}))

    assert found.room == 1_400_000
    assert found.residual_gce == tce("130270.5") - 1_400_000 * tce("0.092175")


SOON, LATER = date(2027, 12, 31), date(2028, 6, 30)


def parcel(lot: int, expires: date, units: int, **changes: object) -> OwnParcel:
    """Give a parcel of this budget year in the unit's hands."""
    facts: dict[str, object] = {"direction": IN, "price_fen": 500, **changes}
    return OwnParcel(lot, 0, 0, units, expires, **facts)  # type: ignore[arg-type]


def chosen(proposals: Sequence[Proposal]) -> list[tuple[int, int]]:
    """Name what is proposed by lots and counts."""
    return [(proposal.parcel.lot, proposal.units) for proposal in proposals]


def wanting(certificates: int) -> Plan:
    """Plan so many certificates, each of which takes off 122,900 g."""
    parts = Parts(Decimal(122_900) * certificates, Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    return plan(parts, 0, terms(k="0"), Room(10**9))


def test_what_expires_soonest_and_then_what_is_cheapest_goes_first() -> None:
    """The last parcel proposed is cut to what is still wanted."""
    later, dear, cheap = 1, 2, 3
    parcels = [
        parcel(later, LATER, 100, price_fen=1),
        parcel(dear, SOON, 10, price_fen=600),
        parcel(cheap, SOON, 10, price_fen=400),
    ]

    assert chosen(propose(parcels, 25, Room(1_000))) == [(cheap, 10), (dear, 10), (later, 5)]


def test_a_direction_without_room_is_left_alone_and_what_no_cap_binds_is_not() -> None:
    """The rest is bought, from where there is room."""
    room = Room(100, {OUT: 1})
    parcels = [
        parcel(1, SOON, 4, direction=OUT),
        parcel(2, SOON, 2, direction=OUT, origin="assigned"),
        parcel(3, LATER, 3),
    ]
    stock = Stock(propose(parcels, 9, room, FREE))
    found = supply(wanting(9), room, stock, FREE)

    assert chosen(stock.retire) == [(1, 1), (2, 2), (3, 3)]
    assert (found.own, found.to_buy, stock.cost_fen) == (6, 3, 6 * 500)
    assert found.buy == {IN: Span(3, 3), OUT: Span(0, 0)}


@pytest.mark.parametrize(
    ("caps", "to_buy", "inside", "outside"),
    [
        ({}, 50, Span(0, 50), Span(0, 50)),
        ({OUT: 20}, 50, Span(30, 50), Span(0, 20)),
        ({IN: 15, OUT: 40}, 50, Span(10, 15), Span(35, 40)),
        ({IN: 5, OUT: 6}, 11, Span(5, 5), Span(6, 6)),
        ({IN: 0, OUT: 0}, 0, Span(0, 0), Span(0, 0)),
    ],
)
def test_what_to_buy_is_told_by_direction_where_a_cap_binds(
    caps: dict[Direction, int], to_buy: int, inside: Span, outside: Span
) -> None:
    """At least so many, at most so many, from either side of the province's border."""
    found = supply(wanting(50), Room(1_000, caps), Stock())

    assert found.to_buy == to_buy
    assert found.buy == {IN: inside, OUT: outside}


def test_what_lies_in_more_parcels_than_one_act_may_retire_is_not_bought_again() -> None:
    """It is only counted, by the cap that binds it."""
    room = Room(1_000, {OUT: 10})
    stock = Stock(propose([parcel(1, SOON, 4)], 4, room), {IN: 30, OUT: 25, None: 5})
    found = supply(wanting(50), room, stock, FREE)

    assert (found.own, found.to_buy, found.fragmented) == (45, 5, True)
    assert found.buy == {IN: Span(5, 5), OUT: Span(0, 0)}


AMOUNTS = st.decimals(0, 10**15, places=6)
KS = st.decimals(0, Decimal("0.999"), places=3)


@given(excess=AMOUNTS, k=KS, mode=st.sampled_from(Mode))
def test_a_plan_is_enough_and_one_certificate_less_is_not(
    excess: Decimal, k: Decimal, mode: Mode
) -> None:
    """The need is minimal, exactly."""
    marginal = terms(str(k), mode).marginal_gce
    found = needed(excess, marginal)

    assert found * Fraction(marginal) >= Fraction(excess)
    assert found == 0 or (found - 1) * Fraction(marginal) < Fraction(excess)


def test_the_need_is_exact_beyond_the_digits_of_decimal_division() -> None:
    """A measured heat value can leave an excess a hair above what the certificates take off."""
    assert needed(3 * Decimal(92_175), Decimal(92_175)) == 3
    assert needed(Decimal("276525." + "0" * 40 + "1"), Decimal(92_175)) == 4


@given(
    fossil=AMOUNTS,
    more=AMOUNTS,
    budget=st.integers(0, 10**15),
    less=st.integers(0, 10**12),
    room=st.integers(0, 10**10),
)
def test_a_plan_is_monotone(
    fossil: Decimal, more: Decimal, budget: int, less: int, room: int
) -> None:
    """More fuel or less budget never needs fewer certificates, nor leaves a smaller rest."""
    zero = Decimal(0)
    lean = plan(Parts(fossil, zero, zero, zero, zero), budget + less, terms(), Room(room))
    rich = plan(Parts(fossil, zero, more, zero, zero), budget, terms(), Room(room))

    assert rich.needed >= lean.needed
    assert rich.residual_gce >= lean.residual_gce
    assert (rich.residual_gce == 0) is rich.feasible


@given(
    counts=st.lists(st.tuples(st.integers(1, 30), st.sampled_from(Direction)), max_size=6),
    wanted=st.integers(0, 100),
    offtake=st.integers(0, 100),
    cap=st.integers(0, 50),
)
def test_a_proposal_stays_within_the_need_the_room_and_the_holdings(
    counts: list[tuple[int, Direction]], wanted: int, offtake: int, cap: int
) -> None:
    """It takes as much as all three allow."""
    held = dict.fromkeys(Direction, 0)
    for count, direction in counts:
        held[direction] += count
    parcels = [
        parcel(n, SOON, count, direction=direction) for n, (count, direction) in enumerate(counts)
    ]
    found = propose(parcels, wanted, Room(offtake, {OUT: cap}))

    total = sum(proposal.units for proposal in found)
    assert total == min(wanted, offtake, held[IN] + min(held[OUT], cap))
    assert all(0 < proposal.units <= proposal.parcel.units for proposal in found)
    assert {proposal.parcel for proposal in found} <= set(parcels)


PARCELS = st.lists(
    st.builds(
        parcel,
        st.integers(1, 10**6),
        st.sampled_from([SOON, LATER]),
        st.integers(1, 30),
        direction=st.sampled_from(Direction),
        price_fen=st.integers(0, 3),
        origin=st.sampled_from(["traded", "assigned"]),
    ),
    max_size=6,
    unique_by=lambda own: own.lot,
)
ROOMS = st.builds(
    Room,
    st.integers(0, 150),
    st.dictionaries(st.sampled_from(Direction), st.integers(0, 50)),
)


def supplied(parcels: Sequence[OwnParcel], wanted: int, room: Room) -> tuple[int, int]:
    """Tell how much of a need own certificates cover, and how much is bought."""
    stock = Stock(propose(parcels, wanted, room, FREE))
    found = supply(wanting(wanted), room, stock, FREE)
    return found.own, found.to_buy


@given(parcels=PARCELS, wanted=st.integers(0, 120), room=ROOMS)
def test_what_to_buy_fits_beside_what_is_retired(
    parcels: list[OwnParcel], wanted: int, room: Room
) -> None:
    """Nothing above the need, the offtake or a cap, and nothing left out that would fit."""
    stock = Stock(propose(parcels, wanted, room, FREE))
    found = supply(wanting(wanted), room, stock, FREE)
    under = {
        to: sum(
            units for own, units in stock.retire if (own.direction, own.origin) == (to, "traded")
        )
        for to in Direction
    }

    assert found.certificates <= min(wanted, room.total)
    assert found.certificates >= min(wanted, room.most)
    for to, span in found.buy.items():
        assert 0 <= span.least <= span.most <= found.to_buy
        assert to not in room.caps or under[to] + span.most <= max(room.caps[to], under[to])
    assert sum(span.most for span in found.buy.values()) >= found.to_buy
    assert sum(span.least for span in found.buy.values()) <= found.to_buy


@given(parcels=PARCELS, more=PARCELS, wanted=st.integers(0, 120), room=ROOMS)
def test_who_holds_more_or_needs_less_buys_no_more(
    parcels: list[OwnParcel], more: list[OwnParcel], wanted: int, room: Room
) -> None:
    """Monotone in the stock and in the need; so the cost is, at any price."""
    own, to_buy = supplied(parcels, wanted, room)
    richer = {held.lot: held for held in (*more, *parcels)}
    more_own, less_to_buy = supplied(list(richer.values()), wanted, room)
    _, for_more = supplied(parcels, wanted + 1, room)

    assert more_own >= own
    assert less_to_buy <= to_buy <= for_more


@given(
    direct=AMOUNTS,
    offtake=st.integers(0, 10**10),
    budget=st.integers(0, 10**15),
    ks=st.tuples(KS, KS),
)
def test_a_plan_is_monotone_in_k(
    direct: Decimal, offtake: int, budget: int, ks: tuple[Decimal, Decimal]
) -> None:
    """A larger k takes off the excess, in net mode, and off what one certificate does.

    So it saves certificates where fuels and heat fit the budget by themselves, and costs more of
    them where they do not.
    """
    zero, plans = Decimal(0), []
    for k in sorted(ks):
        power = offtake * terms(str(k)).grid_gce_per_kwh
        plans.append(plan(Parts(direct, power, zero, zero, zero), budget, terms(str(k)), Room(0)))
    small, large = plans

    assert large.excess_gce <= small.excess_gce
    if direct <= budget:
        assert large.needed <= small.needed
    else:
        assert large.needed >= small.needed
