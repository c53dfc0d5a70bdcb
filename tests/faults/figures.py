"""Faults to plant in what counts under whose limits, and in what reports tell of it."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

MANY: Final = "tests/settlement/test_closing_many.py"
GROSS: Final = "tests/settlement/test_gross_cap.py"
LATE: Final = "tests/settlement/test_late_retirements.py"
REPORTS: Final = "tests/http/test_reports.py"
HOME: Final = "settlement/fossil_budget"

FIGURES: Final = (
    one(
        "units that took their part of a cap are closed apart",
        f"{MANY}::test_who_shares_no_free_room_is_closed_together",
        f"{HOME}/caps.py",
        "return any(free in {move.debit, move.credit} for move in self.moves(count))",
        "return self.most is not None",
    ),
    one(
        "who waits for room is closed before it is given back",
        f"{MANY}::test_who_waits_for_room_is_closed_after_those_who_give_it_back",
        f"{HOME}/closing_many.py",
        "apart = found.rests and found.place in self.changed",
        "apart = found.changes and found.place in self.changed",
    ),
    one(
        "offsets count what came after the cut",
        f"{REPORTS}::test_offsets_count_what_a_cap_gave_when_it_was_shared_out",
        "settlement/reports/budgets.py",
        ".where(or_(among(p.debit, accounts), among(p.credit, accounts)), cut.holds(p.journal))\n"
        "        .group_by(p.instrument, p.debit, p.credit)",
        ".where(or_(among(p.debit, accounts), among(p.credit, accounts)))\n"
        "        .group_by(p.instrument, p.debit, p.credit)",
    ),
    one(
        "a stock in kilograms is taken for one in tonnes",
        f"{REPORTS}::test_stocks_told_in_other_units_join_up",
        "settlement/reports/gaps.py",
        "scale = ONE if line.unit is None else UNITS[line.unit][1]",
        "scale = ONE",
    ),
    one(
        "a cap in gross mode is rounded up",
        f"{GROSS}::test_a_cap_is_the_largest_number_of_certificates_within_the_share",
        f"{HOME}/gross_cap.py",
        "return floor(Fraction(self.share) * whole)",
        "return floor(Fraction(self.share) * whole) + 1",
    ),
    one(
        "net mode is held to the cap of gross mode",
        f"{GROSS}::test_net_mode_knows_no_cap_but_shows_gross_under_its_own",
        f"{HOME}/gross_cap.py",
        "if terms.mode is Mode.NET or self.of is CapOf.NOTHING:",
        "if self.of is CapOf.NOTHING:",
    ),
    one(
        "provinces open years again whatever the rulebook says",
        "tests/settlement/test_reopening.py::test_who_may_open_a_year_again_is_what_the_rulebook_says",
        f"{HOME}/reopening.py",
        "if allowed.isdisjoint(kinds):",
        'if (allowed | {"province"}).isdisjoint(kinds):',
    ),
    one(
        "a revision that says no mode takes the rulebook's",
        "tests/http/test_budget_years.py::test_a_mode_that_nobody_says_is_the_rulebook_s",
        f"{HOME}/setting.py",
        "replace(order, mode=order.mode or on_file.mode.value)",
        'replace(order, mode=order.mode or read.rules.text("feb.mode", date(order.year, 1, 1)))',
    ),
    one(
        "a frozen account fails a closing only when it is posted",
        "tests/http/test_budget_years.py::"
        "test_a_frozen_account_with_green_power_bars_the_closing_and_says_what_to_do",
        f"{HOME}/closing.py",
        "if on_file.user_frozen and case.rests.green:",
        "if False:",
    ),
    one(
        "certificates retired too late count",
        f"{LATE}::test_in_the_book_the_day_of_the_retirement_decides",
        f"{HOME}/certificates.py",
        "        retired_on=row.day,\n",
        "",
    ),
    one(
        "what cannot count any more is planned",
        f"{LATE}::test_after_the_last_day_nothing_more_can_be_planned",
        f"{HOME}/statement.py",
        "room = Room(0) if basis.claim.is_late(case.asked_on) else recognition.room",
        "room = recognition.room",
    ),
    one(
        "the last day itself is too late",
        f"{LATE}::test_on_the_last_day_itself_it_counts",
        f"{HOME}/recognition.py",
        "day > self.last_day",
        "day >= self.last_day",
    ),
    one(
        "the mode beside shows what counts in the one that posts",
        f"{GROSS}::test_net_mode_knows_no_cap_but_shows_gross_under_its_own",
        f"{HOME}/statement.py",
        "        room = self.room.at_most(most, Reason.ABOVE_GROSS_CAP)\n",
        "        room = self.room\n",
    ),
)
