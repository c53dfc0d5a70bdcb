"""Stories told by hand, each answer foreseen; engine and model play them like any other."""

from __future__ import annotations

from tests.machines.drawn import MONTHS
from tests.machines.teller import (
    ANY,
    DRY_LOT,
    GENERATOR,
    GREEN_LOT,
    LISTED,
    NEVER,
    SELL,
    USER,
    Teller,
)


def test_a_certificate_is_sold_once_and_used_up_once(story: Teller) -> None:
    """Sold on it is not; used up twice it is not."""
    assert story.then("transfer", SELL, 10, LISTED, ANY) is None
    assert story.then("transfer", (USER, 1, False, False), 4, LISTED, ANY) == "too_few_eligible"
    again = story.then("transfer", (USER, 1, False, False), 4, LISTED, (0, None))
    assert again == "certificate_traded_already"
    assert story.then("transfer", SELL, 1, ("listing", True), ANY) == "price_missing"
    assert story.then("retire", USER, 4, NEVER, ANY) is None
    assert story.then("retire", USER, 7, NEVER, ANY) == "units_short"
    assert story.then("transfer", (1, 0, False, False), 1, LISTED, (0, 0)) == (
        "certificate_not_tradable"
    )


def test_a_hold_is_its_controller_s_until_it_runs_out(story: Teller) -> None:
    """Delivered in parts, given back in parts, by the right hand, in time."""
    assert story.then("hold", SELL, 20, True, 24, ANY) is None
    assert story.then("settle", 0, 2, 3, False, True) == "not_the_controller"
    assert story.then("release", 0, 2, True) == "not_the_controller"
    assert story.then("settle", 0, 0, 3, False, False) is None
    assert story.then("release", 0, 2, False) is None
    assert story.then("settle", 0, 0, 16, False, False) == "hold_too_small"
    assert story.then("settle", 0, 0, 5, True, False) is None
    assert story.then("settle", 0, 0, 1, False, False) == "hold_closed"
    assert story.then("hold", SELL, 6, False, 24, ANY) is None
    story.machine.let_time_pass(24)
    assert story.then("settle", 0, 0, 1, False, False) == "hold_expired"
    story.later(0)
    assert story.then("release", 1, None, False) == "hold_closed"


def test_two_deliveries_of_half_a_hold_share_a_batch(story: Teller) -> None:
    """The second closes it, though nothing is left."""
    assert story.then("hold", SELL, 20, False, None, ANY) is None
    half = ("settle", 0, 0, -1, True, False)
    assert story.together(("settle", 0, 0, -1, False, False), half) == [None, None]


def test_held_serials_are_nobody_s_to_sell(story: Teller) -> None:
    """Named outright or not; a run that overlaps them is not there."""
    assert story.then("hold", SELL, 5, False, None, (0, 3)) is None
    assert story.then("transfer", SELL, 4, LISTED, (0, 2)) == "serials_not_available"
    assert story.then("transfer", SELL, 2, LISTED, (0, 1)) is None
    named = [("ask_retirement", 0, 10, NEVER, (1, 0), 24), ("retire", 0, 8, NEVER, (1, 0))]
    assert story.together(*named) == ["serials_not_available"] * 2


def test_the_last_day_is_valid_and_the_next_is_not(story: Teller) -> None:
    """Certificates of February 2024 end with January 2026, at midnight in Shanghai."""
    story.later(42 * 24 + 11)  # 23:00 on the last day
    assert story.then("hold", SELL, 2, False, None, DRY_LOT) is None
    assert (
        story.then("hold", SELL, 1, True, None, DRY_LOT) is None
    )  # for one receiver, who gets none
    assert story.then("transfer", SELL, 1, LISTED, DRY_LOT) is None
    assert story.then("transfer", SELL, 1, LISTED, ANY) is None
    story.machine.let_time_pass(1)
    assert story.then("transfer", SELL, 1, LISTED, DRY_LOT) == "certificate_expired"
    assert story.then("settle", 0, 0, 1, False, False) == "certificate_expired"
    story.later(0)
    assert story.then("release", 0, None, False) == "hold_closed"


def test_a_claim_of_2026_is_about_the_year_of_production(story: Teller) -> None:
    """The rule holds from New Year's Day in Shanghai."""
    wrong_year = ("retire", GENERATOR, 1, (True, False), GREEN_LOT)
    assert story.then(*wrong_year) is None
    story.later(12 * 24 - 12)
    assert story.then(*wrong_year) == "consumption_year_mismatch"
    assert story.then("retire", GENERATOR, 1, NEVER, GREEN_LOT) is None


def test_a_second_person_decides_and_the_units_wait(story: Teller) -> None:
    """Not the same person, not twice, not late."""
    assert story.then("transfer", (0, 1, False, False), 20, LISTED, GREEN_LOT) is None
    assert story.then("retire", 2, 15, NEVER, ANY) == "approval_needed"
    assert story.then("ask_retirement", 2, 15, NEVER, ANY, 24) is None
    assert story.then("retire", 2, 6, NEVER, ANY) == "units_short"
    assert story.then("decide", 1, False, True) == "maker_is_checker"
    assert story.then("decide", 0, False, False) is None
    assert story.then("decide", 1, False, True) == "approval_decided"
    assert story.then("ask_retirement", 2, 5, NEVER, ANY, 24) is None
    story.machine.let_time_pass(24)
    assert story.then("decide", 0, False, False) == "approval_expired"
    story.later(0)
    assert story.then("retire", 2, 5, NEVER, ANY) is None


def test_nothing_leaves_a_frozen_account_but_by_lapse_of_time(story: Teller) -> None:
    """Not by sale, hold, delivery or claim, nor by an approval asked for before."""
    assert story.then("ask_retirement", GENERATOR, 5, NEVER, ANY, 72) is None
    assert story.then("hold", SELL, 5, False, 24, ANY) is None
    assert story.then("ask_freeze", 0, True, 24) is None
    assert story.then("decide", 1, False, False) is None
    for act in (
        ("transfer", (0, 2, False, True), 1, LISTED, ANY),
        ("hold", (0, 2, False, True), 1, False, None, ANY),
        ("settle", 0, 0, 1, False, False),
        ("retire", GENERATOR, 1, NEVER, ANY),
        ("decide", 0, False, False),
    ):
        assert story.then(*act) == "account_frozen"
    story.later(24)
    assert story.then("ask_freeze", 0, False, 24) is None
    assert story.then("decide", 1, False, False) is None
    assert story.then("transfer", SELL, 1, LISTED, ANY) is None


def test_a_duty_is_discharged_once(story: Teller) -> None:
    """In parts, never above, by vintages that may; whoever comes second decides again."""
    assert story.then("surrender", 0, 2025, [(2025, 10)]) is None
    assert story.then("surrender", 0, 2025, [(2024, 1)]) == "vintage_not_usable"
    assert story.then("surrender", 0, 2025, [(2025, 21)]) == "surrender_above_duty"
    rest = ("surrender", 0, 2025, [(2025, 0)])
    assert story.together(rest, rest) == [None, "surrender_above_duty"]
    assert story.then("verify", 0, 2025, 5) == "verified_below_surrendered"
    assert story.then("verify", 0, 2025, 40) is None
    assert story.then("surrender", 0, 2025, [(2025, 9), (2025, 1)]) is None
    assert story.then("surrender", 1, 2025, [(2025, 1)]) == "duty_missing"


def test_a_month_s_remainder_is_carried_and_a_correction_is_a_debt(story: Teller) -> None:
    """No kilowatt-hour makes two certificates, none is forgotten."""
    assert story.then("read", 0, MONTHS[3], 1, 1000) == "reading_month_impossible"
    assert story.then("read", 0, MONTHS[2], 0, 900) == "reading_conflict"
    assert story.then("read", 0, MONTHS[2], 2, 900) == "reading_version_wrong"
    assert story.then("read", 0, MONTHS[2], 1, 79_000) == "reading_above_capacity"
    assert story.then("read", 0, MONTHS[2], 1, 42_700) is None
    assert story.then("issue", 0, MONTHS[2]) is None  # 55,000 kWh in all: three more
    assert story.machine.model.carry(story.machine.world.plants[0]) == 0
    assert story.then("read", 0, MONTHS[2], 1, 20_000) is None
    assert story.then("issue", 0, MONTHS[2]) == "nothing_to_issue"
    story.later(20 * 24)
    assert story.then("read", 0, MONTHS[3], 1, 24_000) is None
    assert story.then("issue", 0, MONTHS[3]) is None  # 22,700 kWh pay the debt first
    assert story.machine.model.carry(story.machine.world.plants[0]) == 300


def test_a_budget_counts_no_more_certificates_than_the_grid_gave(story: Teller) -> None:
    """Set, charged, offset, restated, and closed for good."""
    assert story.then("charge", 30_000, 0) is None
    assert story.then("transfer", SELL, 10, LISTED, GREEN_LOT) is None
    assert story.then("retire", USER, 0, NEVER, ANY) is None
    assert story.then("offset", 0) is None
    assert story.left == 1_000_000 - 20_000 * 4916 // 100
    assert story.then("offset", 0) == "retirement_used_already"
    assert story.then("charge", 5_500, 0) is None
    assert story.left == 1_000_000 - 500 * 4916 // 100
    assert story.then("charge", 10_000, 20_000) == "traded_above_offtake"
    assert story.then("charge", 5_500, 0, 37) is None
    assert story.left == 1_000_000 - (500 * 4916 + 37 * 71430 + 99) // 100
    assert story.then("ask_budget", None, 24) is None
    assert story.then("decide", 0, False, False) is None
    assert story.then("charge", 30_000, 0) == "budget_closed"
    assert story.then("ask_budget", None, 24) is None
    assert story.then("decide", 0, False, False) == "budget_closed"
    assert story.then("decide", 2, False, True) == "budget_closed"


def test_keys_answer_for_ever_and_dry_runs_leave_no_trace(story: Teller) -> None:
    """The same request, the same answer, whoever asks how often; another request is refused."""
    assert story.then("transfer", SELL, 10, LISTED, ANY) is None
    last = len(story.machine.past) - 1
    story.machine.repeat_a_key(last, twice=False)
    story.machine.repeat_a_key(last, twice=True)
    story.machine.reuse_a_key(last)
    for act in (
        ("transfer", (SELL, 5, LISTED, ANY)),
        ("surrender", (0, 2025, [(2025, 10)])),
        ("settle", (0, 0, 1, False, False)),
    ):
        story.machine.dry_run(act)
    story.machine.change_the_law()
    assert story.then("transfer", (USER, 1, False, False), 4, LISTED, ANY) is None
