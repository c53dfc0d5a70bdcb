"""Kinds of act on fossil-energy budgets."""

from __future__ import annotations

from typing import Final

from ledger.kinds.kind import Kind, paths

_FOSSIL: Final = ("fossil.direct", "fossil.power", "fossil.heat")
_RECOGNISED: Final = ("recognised.traded", "recognised.certificate")

BUDGETS: Final = (
    Kind(
        "budget.set",
        "a key unit's fossil budget for a year is set or revised",
        "fossil_budget",
        paths(("budget.source",), ("budget",), "FEB")
        | paths(("budget",), ("budget.source",), "FEB"),
        four_eyes="always",
        document=True,
    ),
    Kind(
        "budget.restate",
        "consumption or recognition changed; the differences are posted",
        "fossil_budget",
        paths(("budget",), _FOSSIL + _RECOGNISED, "FEB")
        | paths(_FOSSIL + _RECOGNISED, ("budget",), "FEB")
        | paths(("duty", "budget"), ("budget",), "CAP")
        | paths(("budget",), ("duty",), "CAP"),
    ),
    Kind(
        "cap.set",
        "how many certificates a province's units may have recognised in a year, by where from",
        "fossil_budget",
        paths(("source",), ("duty",), "CAP")
        | paths(("duty",), ("source",), "CAP")
        | paths(("duty",), ("budget",), "CAP"),
        four_eyes="always",
        document=True,
    ),
    Kind(
        "cap.apportion",
        "the room left under a province's cap is shared out among the units that ask for it",
        "fossil_budget",
        four_eyes="always",
        document=True,
    ),
    Kind(
        "cap.part",
        "a unit gets its part of the room under a province's cap",
        "fossil_budget",
        paths(("duty",), ("duty",), "CAP"),
        four_eyes="always",
    ),
    Kind(
        "budget.confirm",
        "others confirm traded or physical energy of a budget's year",
        "fossil_budget",
        document=True,
    ),
    Kind(
        "share.target",
        "a unit's own share of renewable energy for a year is set",
        "share",
        four_eyes="always",
        document=True,
    ),
    Kind("share.claim", "retirements count towards a unit's share of a year", "share"),
    Kind("budget.close", "a fossil budget's year is closed", "fossil_budget", four_eyes="always"),
    Kind(
        "budget.reopen",
        "a closed year is opened again by decision; its statement stays until another supersedes it",
        "fossil_budget",
        four_eyes="always",
        document=True,
    ),
)
