"""Faults in duties: their signatures, the room for reductions, and where a party stands."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import Fault, one

SURRENDER: Final = "tests/settlement/test_surrender.py"
UNITS: Final = "tests/settlement/test_ccer_units.py"
STANDING: Final = "tests/settlement/test_standing.py"

DUTY: Final[tuple[Fault, ...]] = (
    one(
        "room is granted by the difference of shares",
        f"{SURRENDER}::test_room_follows_the_share_in_force",
        "settlement/verifying.py",
        "granted = _share(order.tco2e, share) - duty.room.granted",
        "granted = _share(order.tco2e, share) - _share(before, share)",
    ),
    one(
        "room may go below what was used",
        f"{SURRENDER}::test_no_version_is_below_what_was_handed_in",
        "settlement/verifying.py",
        "if duty.due.left + due < 0 or duty.room.left + room < 0:",
        "if duty.due.left + due < 0:",
    ),
    one(
        "who passed its duty on is verified again",
        f"{SURRENDER}::test_a_duty_that_passed_on_changes_with_its_successor",
        "settlement/verifying.py",
        "if duty.due.passed < 0:",
        "if duty.due.passed > 0:",
    ),
    one(
        "anybody's key signs",
        f"{SURRENDER}::test_no_other_s_key_signs_for_a_verifier",
        "settlement/verifying.py",
        'if row is None or (row.party, row.purpose) != (order.verifier, "request"):',
        "if row is None:",
    ),
    one(
        "the version is not signed",
        f"{SURRENDER}::test_a_version_s_signature_is_not_the_next_one_s",
        "ledger/log/verification.py",
        '            "version": self.version,\n',
        "",
    ),
    one(
        "an ended key's signature is posted",
        f"{SURRENDER}::test_a_key_that_ended_meanwhile_signs_nothing",
        "ledger/posting/load.py",
        "    signing.update(*(part.needs.leans for part in parts))\n",
        "",
    ),
    one(
        "reductions take no room",
        f"{SURRENDER}::test_the_worked_case_to_the_tonne",
        "settlement/surrendering.py",
        "    return picked, (Move(duty, DISCHARGED, space.id, asked),)",
        "    return picked, ()",
    ),
    one(
        "reductions registered on the last early day count",
        f"{UNITS}::test_what_was_registered_on_the_last_early_day_does_not_count",
        "settlement/ccer_units.py",
        "row.registered_on <= read.rules.day",
        "row.registered_on < read.rules.day",
    ),
    one(
        "reductions are handed in as they came in",
        f"{UNITS}::test_what_was_registered_first_is_handed_in_first",
        "settlement/ccer_units.py",
        ".order_by(c.registered_on, c.n)",
        ".order_by(c.n)",
    ),
    one(
        "a custody serves another",
        f"{SURRENDER}::test_another_may_help_and_a_custody_may_not",
        "settlement/surrendering.py",
        'if cls == "province_custody" and order.on_behalf_of != emitter:',
        'if cls == "province" and order.on_behalf_of != emitter:',
    ),
    one(
        "the deadline's own day is late",
        f"{STANDING}::test_the_deadline_s_own_day_is_in_time",
        "settlement/standing.py",
        "self.deadline is not None and self.day > self.deadline",
        "self.deadline is not None and self.day >= self.deadline",
    ),
    one(
        "nothing emitted is nothing verified",
        f"{STANDING}::test_nothing_verified_and_nothing_emitted_are_not_the_same",
        "settlement/standing.py",
        "return self.version > 0 or self.taken_over != 0",
        "return self.verified > 0 or self.taken_over != 0",
    ),
    one(
        "a past day counts later acts",
        f"{SURRENDER}::test_a_past_day_stands_as_it_stood",
        "settlement/duties.py",
        "return query if day is None else query.where(j.day <= day)",
        "return query",
    ),
    one(
        "a past day is judged by today's rules",
        f"{STANDING}::test_a_past_day_is_judged_by_the_rules_known_then",
        "settlement/standing.py",
        "    if day >= read.day:\n        return read.rules\n",
        "    if day >= date.min:\n        return read.rules\n",
    ),
    one(
        "the new law still deducts",
        f"{STANDING}::test_the_new_law_asks_a_fine_first_and_deducts_nothing",
        "settlement/penalty.py",
        "deduction=stood.due if deducted else 0,",
        "deduction=stood.due,",
    ),
)
