"""Certificates in gross mode: as far as the offtake goes, and no farther than the year's rulebook says."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.database import Urls
from ledger.rulebooks import shipped
from ledger.rules.rulebook import Rulebook, RulebookInvalid, Rules
from settlement.fossil_budget.charge import Mode, Parts
from settlement.fossil_budget.gross_cap import GrossCap, gross_cap
from settlement.fossil_budget.recognition import Reason
from settlement.fossil_budget.statement import Status, compute
from settlement.fossil_budget.whatif import Change, what_if
from tests.registry import code_of
from tests.settlement.fossil_cases import (
    GCE_PER_TCE,
    MWH,
    YEAR,
    amended,
    case,
    retired,
    rules,
    tce,
    terms,
)
from tests.settlement.mill import World, opened_world, result, steel

MORE = 1_700_000
"""More certificates than there is offtake for."""


@pytest.fixture
def world(database: Urls) -> Iterator[World]:
    """Open a registry in February after the budget year."""
    with opened_world(database.app) as found:
        yield found


@cache
def capped(of: str, share: str = "1") -> Rules:
    """Give the rules with a cap in gross mode."""
    changes = {"feb.gross_cap": ('"none"', f'"{of}"'), "feb.gross_cap_share": ('"1"', f'"{share}"')}
    books = []
    for raw in shipped():
        text = raw.decode()
        for name, (old, new) in changes.items():
            before, stands, after = text.partition(f'[parameters."{name}"]')
            text = before + stands + (after.replace(old, new, 1) if stands else "")
        books.append(Rulebook.parse(text.encode()))
    return Rules(tuple(books))


ROOMS = [
    ("none", "1", 1_600_000, Reason.ABOVE_OFFTAKE),
    ("none", "0.1", 1_600_000, Reason.ABOVE_OFFTAKE),
    ("share_of_offtake", "1", 1_600_000, Reason.ABOVE_OFFTAKE),
    ("share_of_offtake", "0.5", 900_000, Reason.ABOVE_GROSS_CAP),
    ("share_of_offtake", "0.333333333", 599_999, Reason.ABOVE_GROSS_CAP),
    ("share_of_offtake", "0", 0, Reason.ABOVE_GROSS_CAP),
    ("share_of_excess", "1", 1_059_971, Reason.ABOVE_GROSS_CAP),
    ("share_of_excess", "0.5", 529_985, Reason.ABOVE_GROSS_CAP),
    ("share_of_excess", "0", 0, Reason.ABOVE_GROSS_CAP),
]
"""Of the steel mill: G = 1,800,000 MWh, T = 200,000, excess 130,270.5 tce, 0.1229 tce a certificate."""


@pytest.mark.parametrize(("of", "share", "room", "reason"), ROOMS)
def test_in_gross_mode_no_more_counts_than_the_rulebook_says(
    of: str, share: str, room: int, reason: Reason
) -> None:
    """Whole certificates, rounded down; the rest is listed with the limit that binds."""
    found = compute(case(mode=Mode.GROSS, retired=(retired(MORE),)), capped(of, share))

    assert found.recognised.certificates == room
    assert found.posting.parts.certificate == room * tce("0.1229")
    assert [(one.count, one.reason) for one in found.recognition.uncounted] == [
        (MORE - room, reason)
    ]
    assert found.posting.plan.room == 0
    assert found.other.recognition.certificates == 1_600_000
    met = room * tce("0.1229") >= tce("130270.5")
    assert found.posting.status is (Status.MET_WITH_OFFSET if met else Status.NOT_MET)


@pytest.mark.parametrize(("of", "share", "room", "reason"), ROOMS)
def test_net_mode_knows_no_cap_but_shows_gross_under_its_own(
    of: str, share: str, room: int, reason: Reason
) -> None:
    """The view beside it is what gross mode would say, not what net mode recognises."""
    found = compute(case(retired=(retired(MORE),)), capped(of, share))

    assert found.recognised.certificates == 1_600_000
    assert found.posting.balance_gce == tce("17209.5")
    assert (found.other.mode, found.other.recognition.certificates) == (Mode.GROSS, room)
    assert found.other.recognition.uncounted[0].reason is reason
    assert found.other.parts.certificate == room * tce("0.1229")


@pytest.mark.parametrize(
    ("of", "share", "room", "residual"),
    [
        ("none", "1", 1_600_000, "0"),
        ("share_of_offtake", "1", 1_600_000, "0"),
        ("share_of_offtake", "0.5", 900_000, "19660.5"),
        ("share_of_excess", "1", 1_059_971, "0.0641"),
        ("share_of_excess", "0.5", 529_985, "65135.3435"),
    ],
)
def test_a_plan_goes_no_farther_than_the_cap(of: str, share: str, room: int, residual: str) -> None:
    """In the mode that posts, in the one beside it, and in what would be if the year went so."""
    law = capped(of, share)
    (asked,) = what_if(case(mode=Mode.GROSS), Change(), {}, law)
    assert asked.statement is not None
    views = [
        compute(case(mode=Mode.GROSS), law).posting,
        compute(case(), law).other,
        asked.statement.posting,
    ]

    for view in views:
        assert (view.plan.needed, view.plan.room) == (1_059_972, room)
        assert (view.plan.residual_gce, view.plan.feasible) == (tce(residual), residual == "0")
    net = compute(case(), law).posting.plan
    assert (net.needed, net.room, net.feasible) == (1_413_296, 1_600_000, True)


def test_the_excess_is_what_green_power_leaves_of_it() -> None:
    """A tenth of it, before any certificate; the certificates themselves do not make it smaller."""
    law = capped("share_of_excess", "0.1")
    none = compute(case(mode=Mode.GROSS), law)
    some = compute(case(mode=Mode.GROSS, retired=(retired(100_000),)), law)
    greener = compute(case(mode=Mode.GROSS, traded_kwh=400_000 * MWH), law)

    assert none.posting.plan.room == 105_997
    assert some.posting.plan.room == 5_997
    assert greener.posting.plan.room == int(tce("9340.05") // tce("0.1229"))


def test_a_province_s_cap_that_is_tighter_is_the_reason() -> None:
    """Each limit is named where it is the one that binds."""
    facts = case(mode=Mode.GROSS, retired=(retired(MORE),), caps={retired(1).direction: 7})
    found = compute(facts, capped("share_of_offtake", "0.5"))

    assert found.recognised.certificates == 7
    assert found.recognition.uncounted[0].reason is Reason.CAP_EXHAUSTED


def test_a_cap_and_a_last_day_are_named_among_what_is_open() -> None:
    """That there is none, too; a share only where it is one of something."""
    found = compute(case(), capped("share_of_offtake", "0.5"))
    late = compute(case(retired=(retired(1),)), rules())

    for statement, names in (
        (found, {"feb.gross_cap": "share_of_offtake", "feb.gross_cap_share": "0.5"}),
        (late, {"feb.gross_cap": "none", "acc.late_retirement_until": "none"}),
        (compute(case(), rules()), {"feb.gross_cap": "none"}),
    ):
        said = {p.name: p.value for p in statement.open_points}
        assert {n: v for n, v in said.items() if "gross_cap" in n or "late" in n} == names


def test_what_is_shipped_caps_nothing_and_another_bound_is_not_guessed() -> None:
    """No other word for what traded energy and certificates may come to is known to this release."""
    assert gross_cap(rules(), YEAR) == GrossCap(gross_cap(capped("none"), YEAR).of, Decimal(1))
    with pytest.raises(RulebookInvalid, match="word_unknown"):
        gross_cap(amended("acc.cap_t_plus_c", "grid_offtake", "whole_use"), 2024)


def test_a_cap_in_gross_mode_that_is_adopted_counts_from_the_next_act_on(world: World) -> None:
    """What was recognised above it is listed; the plan, and what is retired of one's own, stop there."""
    mill = steel(world, 1_100_000, mode="gross")
    result(mill.offer(mill.retire(200_000)))
    world.amend("fossil_budget", "feb.gross_cap", '"none"', '"share_of_excess"')
    plan = mill.plan()
    assert (plan["needed"], plan["room"], plan["feasible"]) == (859_972, 859_971, False)

    done = result(mill.auto())
    assert (done["retired"], done["certificates"], done["status"]) == (
        859_971,
        1_059_971,
        "NOT_MET",
    )
    over = result(mill.offer(mill.retire(10)))
    assert [(row["count"], row["reason"]) for row in over["unrecognised"]] == [
        (10, "above_gross_cap")
    ]
    assert code_of(mill.set(mode="net")) is None
    assert mill.told()["certificates"] == 1_059_981


@given(
    of=st.sampled_from(["none", "share_of_excess", "share_of_offtake"]),
    share=st.decimals(0, 1, places=9),
    offtake_kwh=st.integers(0, 10**13),
    excess_tce=st.decimals(0, 10**9, places=6),
)
def test_a_cap_is_the_largest_number_of_certificates_within_the_share(
    of: str, share: Decimal, offtake_kwh: int, excess_tce: Decimal
) -> None:
    """One more would pass it; net mode has none."""
    cap, gross = GrossCap(gross_cap(capped(of), YEAR).of, share), terms(mode=Mode.GROSS)
    excess, zero = excess_tce * GCE_PER_TCE, Decimal(0)
    before = Parts(excess + 7, zero, zero, zero, zero)
    most = cap.most(gross, offtake_kwh, before, 7)

    assert cap.most(terms(), offtake_kwh, before, 7) is None
    if of == "none":
        assert most is None
        return
    assert most is not None
    of_excess = of == "share_of_excess"
    limit = Fraction(share) * (Fraction(excess) if of_excess else offtake_kwh)
    each = gross.marginal_gce if of_excess else 1_000
    assert most * Fraction(each) <= limit < (most + 1) * Fraction(each)
