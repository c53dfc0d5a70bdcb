"""Faults to plant in what a closing rests on."""

from __future__ import annotations

from typing import Final

from tests.faults.fault import one

CLOSING: Final = "tests/settlement/test_closing.py"
HOME: Final = "settlement/fossil_budget"

CLOSINGS: Final = (
    one(
        "a closing does not notice what an agent retired meanwhile",
        f"{CLOSING}::test_what_an_agent_retires_between_decision_and_posting_is_counted",
        f"{HOME}/green_power.py",
        "owner, b = owners(filed, _OWN_OR_KEPT), t.balance.c",
        "owner, b = owners(filed), t.balance.c",
    ),
    one(
        "a closing does not notice that certificates were used up meanwhile",
        f"{CLOSING}::test_what_is_used_up_between_decision_and_posting_is_not_counted",
        f"{HOME}/closing.py",
        "*found.caps.as_read, *case.held)",
        "*found.caps.as_read)",
    ),
)
