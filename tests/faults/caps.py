"""Faults to plant in what counts once, and in the room under provincial caps."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

GREEN: Final = "tests/settlement/test_green_power.py"
BOOK: Final = "tests/settlement/test_caps.py"
LAWS: Final = "tests/settlement/test_caps_laws.py"
REPLAY: Final = "tests/auditor/test_caps_replayed.py"
HOME: Final = "settlement/fossil_budget"

CAPS: Final = (
    one(
        "green power retired for another stays traded energy",
        f"{GREEN}::test_green_power_retired_for_another_counts_for_nobody",
        f"{HOME}/green_power.py",
        "            if reason is Reason.COUNTED_AS_TRADED:",
        "            if reason is not None:",
    ),
    one(
        "green power of another counts as certificates",
        f"{GREEN}::test_green_power_retired_for_another_counts_for_nobody",
        f"{HOME}/certificates.py",
        "green_power_of_another=green and not own,",
        "green_power_of_another=False,",
    ),
    one(
        "frozen green power counts",
        f"{GREEN}::test_frozen_green_power_is_told_as_held",
        f"{HOME}/green_power.py",
        "        (p.hold.is_not(None), Reason.HELD.value),\n",
        "",
    ),
    one(
        "self-used energy counts a second time",
        f"{GREEN}::test_self_used_energy_is_not_counted_a_second_time",
        f"{HOME}/recognition.py",
        "Reason.COUNTED_AS_PHYSICAL: line.category not in claim.categories,",
        "Reason.COUNTED_AS_PHYSICAL: False,",
    ),
    one(
        "assigned certificates take room under the cap",
        f"{GREEN}::test_assigned_certificates_leave_the_cap_to_others",
        f"{HOME}/recognition.py",
        "return None if line.origin in self.uncapped else line.direction",
        "return line.direction",
    ),
    one(
        "room is taken although it is gone",
        f"{BOOK}::test_sixteen_units_at_one_cap_never_pass_it",
        f"{HOME}/caps.py",
        "enough = None if self.most is None else taken",
        "enough = 0",
    ),
    one(
        "room given back is lost",
        f"{BOOK}::test_room_given_back_is_free_for_others",
        f"{HOME}/caps.py",
        "return self._move(self.used, self._giving_back, -more)",
        "return self._move(self.used, self.beyond, -more)",
    ),
    one(
        "a first cap forgets what was recognised before it",
        f"{BOOK}::test_what_was_recognised_without_a_cap_takes_room_under_the_first",
        f"{HOME}/capping.py",
        "for move in (made, covered) if move.amount)",
        "for move in (made,) if move.amount)",
    ),
    one(
        "a cap is lowered below what is recognised",
        f"{BOOK}::test_what_was_recognised_without_a_cap_takes_room_under_the_first",
        f"{HOME}/capping.py",
        "if order.cap < now.recognised:",
        "if order.cap < 0:",
    ),
    one(
        "shares are rounded down, and what is left goes to nobody",
        f"{BOOK}::test_shares_come_to_the_room_and_are_within_one_of_the_exact",
        f"{HOME}/apportioning.py",
        "part + (name in by_remainder[:left])",
        "part",
    ),
    one(
        "a cap that is to be shared out is taken by who comes first",
        f"{BOOK}::test_a_cap_is_shared_out_in_proportion",
        f"{HOME}/caps.py",
        "(0 if self.shared else self.free.units)",
        "self.free.units",
    ),
    one(
        "a budget is closed before its cap is shared out",
        f"{BOOK}::test_a_cap_is_shared_out_in_proportion",
        f"{HOME}/closing.py",
        "if case.found.caps.waits:",
        "if False:",
    ),
    one(
        "the first verifier lets room be taken from beyond a cap",
        f"{REPLAY}::test_room_from_beyond_a_cap_is_found",
        "ledger/log/replay_caps.py",
        "    if code not in state.caps:\n",
        "    if code:\n",
    ),
    one(
        "the first verifier believes what a budget says of its room",
        f"{REPLAY}::test_a_budget_that_says_other_room_is_found",
        "ledger/log/replay_caps.py",
        "if lying(state, account, code) != units:",
        "if False:",
    ),
)
