"""Shares of renewable energy: exact figures of a unit, and sums that add up. Pure laws."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.shares.completion import (
    Completion,
    Energy,
    ShareStatus,
    Target,
    completion,
    status,
    total,
)

ALL = frozenset({"certificate", "traded", "physical"})
GRID_AND_OWN = frozenset({"G", "P"})
KWH = st.integers(0, 10**13)
ENERGIES = st.builds(Energy, KWH, KWH, st.just(0), KWH, KWH)


def due(share: str) -> Target:
    """Give a target set for the unit itself."""
    return Target(Decimal(share), "unit", "share_target", "doc")


TARGETS = st.none() | st.decimals(0, 1, places=9).map(lambda share: due(str(share)))


def of(energy: Energy, target: Target | None = None) -> Completion:
    """Work out a unit by the rule that is shipped."""
    return completion(energy, ALL, GRID_AND_OWN, target)


@pytest.mark.parametrize(
    ("certificates", "missing", "expected"),
    [(249, 1_000, ShareStatus.NOT_MET), (250, 0, ShareStatus.MET), (251, 0, ShareStatus.MET)],
)
def test_a_quarter_of_an_aluminium_plants_energy(
    certificates: int, missing: int, expected: ShareStatus
) -> None:
    """国发〔2024〕12号 二(五)3: a quarter, to the kWh."""
    energy = Energy(certificates * 1_000, 1_000_000, 250_500, 5_002_000, 1_000_000)
    found = of(energy, due("0.25"))

    assert status(found) is expected
    assert found.energy_kwh == 6_002_000
    assert found.missing_kwh == missing
    assert status(of(energy)) is ShareStatus.NO_TARGET


def test_certificates_and_traded_energy_stand_for_no_more_than_the_offtake() -> None:
    """What was used physically counts beside it."""
    found = of(Energy(80, 70, 20, 100, 30), due("1"))

    assert (found.renewable_kwh, found.energy_kwh, found.missing_kwh) == (120, 130, 10)


def test_only_the_parts_that_the_rule_names_count() -> None:
    """Another numerator and denominator, another share."""
    energy = Energy(10, 20, 30, 100, 50)

    assert completion(energy, frozenset({"traded"}), frozenset({"G"}), None).share == Decimal("0.2")
    assert of(Energy()).share is None


@given(energy=ENERGIES, more=st.integers(0, 10**9), target=TARGETS)
def test_a_claim_never_makes_a_share_smaller(
    energy: Energy, more: int, target: Target | None
) -> None:
    """And a share is met exactly when nothing is missing."""
    richer = Energy(
        energy.certificate_kwh + more,
        energy.traded_kwh,
        energy.physical_kwh,
        energy.grid_offtake_kwh,
        energy.used_physically_kwh,
    )
    before, after = of(energy, target), of(richer, target)

    assert after.renewable_kwh >= before.renewable_kwh
    assert after.renewable_kwh <= max(after.energy_kwh, 0)
    if target is not None:
        assert bool(after.met) is (after.missing_kwh == 0)


@given(units=st.lists(st.tuples(ENERGIES, TARGETS, st.sampled_from("ab")), max_size=8))
def test_a_province_is_the_sum_of_its_units_however_they_are_grouped(
    units: list[tuple[Energy, Target | None, str]],
) -> None:
    """Exactly: no rounding of a unit is in the sum."""
    found = [of(energy, target) for energy, target, _ in units]
    sectors = [
        total(one for one, (_, _, sector) in zip(found, units, strict=True) if sector == name)
        for name in "ab"
    ]

    assert total(sectors) == total(found) == total(reversed(found))
    assert total(found).due_kwh == sum(
        (Fraction(t.share) * of(e).energy_kwh for e, t, _ in units if t), Fraction(0)
    )
