"""Laws of assignment: which certificates move by rule, until when, and how many."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from ledger.book.pick import fits
from ledger.model.command import Criteria
from ledger.model.instrument import GEC
from ledger.model.lot import Lot, Parcel, lot_id
from ledger.refusals import CertificateExpired, NotAssignable, Refusal, SettledEnergyShort
from ledger.rules.assignment import Assignment, check_assignment, check_settled
from ledger.rules.expiry import check_valid
from settlement.transfers import FITTING

UNTIL: Final = date(2027, 5, 31)
RULES: Final[tuple[Assignment, ...]] = ("hydro", "self_use", "off_grid", "mechanism")
LOTS: Final = st.builds(
    lambda energy, category, trade, mechanism: Lot(
        lot_id(GEC, UNTIL, 1), GEC, 1, date(2025, 6, 1), energy, category, trade, mechanism,
        "11", 0, 9, UNTIL,
    ),
    st.sampled_from(("wind", "solar", "hydro")),
    st.sampled_from(("on_grid", "self_use", "off_grid")),
    st.sampled_from(("tradable", "non_tradable")),
    st.booleans(),
)  # fmt: skip


def refused(lot: Lot, day: date, rule: Assignment) -> type[Refusal] | None:
    """Tell how a lot is refused."""
    try:
        check_assignment(lot, day, rule)
    except Refusal as refusal:
        return type(refusal)
    return None


@given(lot=LOTS, rule=st.sampled_from(RULES))
def test_each_rule_lets_go_its_own_sort_alone(lot: Lot, rule: Assignment) -> None:
    """As the law says it, in words of the lot."""
    sort = {
        "hydro": (lot.energy, lot.category, lot.trade) == ("hydro", "on_grid", "non_tradable"),
        "self_use": lot.category == "self_use",
        "off_grid": lot.category == "off_grid",
        "mechanism": lot.mechanism,
    }
    assert refused(lot, UNTIL, rule) is (None if sort[rule] else NotAssignable)


@given(lot=LOTS, rule=st.sampled_from(RULES), days=st.integers(-3, 3))
def test_validity_comes_first_and_its_last_day_counts(
    lot: Lot, rule: Assignment, days: int
) -> None:
    """Past it, nothing else is looked at; a province's allocation is held to it as well."""
    day = UNTIL + timedelta(days=days)
    assert (refused(lot, day, rule) is CertificateExpired) == (days > 0)
    try:
        check_valid(lot, day)
    except CertificateExpired:
        assert days > 0
    else:
        assert days <= 0


@given(lot=LOTS, rule=st.sampled_from(RULES))
def test_criteria_offer_a_rule_exactly_what_it_lets_go(lot: Lot, rule: Assignment) -> None:
    """So that a choice by criteria is never refused for what it chose itself."""
    parcel = Parcel(lot.id, 0, 9, 101, None, (1, 1), 0, "issued")
    offered = fits(parcel, lot, FITTING[rule], UNTIL)
    assert offered == (refused(lot, UNTIL, rule) is None)
    assert fits(parcel, lot, Criteria(), UNTIL)


@given(units=st.integers(1, 10**15), settled=st.integers(0, 10**18), unit=st.integers(1, 10_000))
def test_certificates_are_never_more_than_the_energy_settled(
    units: int, settled: int, unit: int
) -> None:
    """To the last kilowatt-hour; what is left of the energy makes no certificate."""
    try:
        check_settled(units, settled, unit)
    except SettledEnergyShort:
        assert units > settled // unit
    else:
        assert units <= settled // unit
