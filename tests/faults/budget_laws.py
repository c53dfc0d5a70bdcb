"""Faults to plant against the laws of budgets: order, plans, provinces, caps."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

_HOME: Final = "settlement/fossil_budget"
_ORDER: Final = "tests/settlement/test_restate_laws.py"
_PLAN: Final = "tests/settlement/test_plan_laws.py"
_STORY: Final = (
    "tests/settlement/test_cap_stories.py::test_caps_and_provinces_hold_in_a_story_told_by_hand"
)
_NEED: Final = f"{_PLAN}::test_what_a_plan_says_meets_the_budget_and_one_certificate_less_does_not"

BUDGET_LAWS: Final = (
    one(
        "room that a restatement does not need is kept, so that the order of acts shows",
        f"{_ORDER}::test_any_order_of_acts_ends_in_the_same_balances",
        f"{_HOME}/caps.py",
        "            return self._move(self.used, self._giving_back, -more)\n",
        "            return ()\n",
    ),
    one(
        "a plan asks for one certificate more than it takes",
        _NEED,
        f"{_HOME}/planner.py",
        "return int(whole) + bool(rest)",
        "return int(whole) + 1",
    ),
    one(
        "a plan in the book tells to buy one more where a price is asked",
        f"{_PLAN}::test_in_the_book_what_a_plan_says_is_bought_is_enough_and_one_less_is_not",
        f"{_HOME}/planning.py",
        'return told | {"price_fen": price_fen, ',
        'return told | {"to_buy": covered.to_buy + 1, "price_fen": price_fen, ',
    ),
    one(
        "a plan counts what is over budget as if the budget were charged to it",
        f"{_PLAN}::test_a_larger_budget_never_needs_more",
        f"{_HOME}/charge.py",
        "return max(Decimal(0), self.fossil - budget_gce)",
        "return max(Decimal(0), budget_gce - self.fossil)",
    ),
    one(
        "a net certificate takes off its whole equivalent in the plan's eyes",
        f"{_PLAN}::test_the_need_is_monotone_in_k",
        f"{_HOME}/charge.py",
        "per_kwh = self.grid_gce_per_kwh if net else self.factors.gce_per_kwh",
        "per_kwh = self.factors.gce_per_kwh",
    ),
    one(
        "what was dear is retired before what was cheap",
        f"{_PLAN}::test_the_cost_is_monotone_in_price",
        f"{_HOME}/planner.py",
        "return (parcel.expires_on, parcel.price_fen, parcel.lot, parcel.lo)",
        "return (parcel.expires_on, parcel.price_fen % 2, parcel.lot, parcel.lo)",
    ),
    one(
        "buying costs more where less is bought",
        f"{_PLAN}::test_the_cost_is_monotone_in_price",
        f"{_HOME}/planner.py",
        "return self.to_buy * price_fen",
        "return self.to_buy * (1_000 - price_fen)",
    ),
    one(
        "what comes from without stands under the cap of what is made at home",
        _STORY,
        f"{_HOME}/certificates.py",
        "own = province == on_file.province",
        "own = province != on_file.province",
    ),
    one(
        "room is taken from beyond a cap that is set",
        _STORY,
        f"{_HOME}/caps.py",
        "source = self.beyond if self.most is None else self.free",
        "source = self.beyond",
    ),
    one(
        "a unit reads the caps of the seller's province",
        _STORY,
        f"{_HOME}/cap_rooms.py",
        "return {to: instrument_of(on_file.province, to, on_file.year) for to in Direction}",
        'return {to: instrument_of("37", to, on_file.year) for to in Direction}',
    ),
)
