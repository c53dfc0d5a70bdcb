"""What is drawn for each verb: who, which year, how much of what there is, and now and then nonsense."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, TypeAlias, TypeVar

from hypothesis import strategies as st

from tests.machines.compliance.model import EARLY, INTO, VINTAGES

Drawn: TypeAlias = tuple[Any, ...]
T = TypeVar("T")

DAYS: Final = tuple(
    date(*day)
    for day in (
        (2025, 12, 31),
        (2026, 1, 1),
        (2026, 2, 10),
        (2026, 6, 10),
        (2026, 6, 11),
        (2026, 7, 20),
        (2026, 8, 15),
        (2026, 12, 31),
        (2027, 1, 1),
        (2027, 6, 1),
        (2027, 12, 31),
        (2028, 1, 1),
    )
)
"""Days on which something changes: deadlines, and the days after them."""

WHO: Final = st.integers(0, 2)
TONNES: Final = st.integers(1, 60_000)
PARTS: Final = st.sampled_from((0, 0, 0, 50, 10, 33, 1))
"""All that there is, so many hundredths of it, or (1) one tonne more than there is."""
RARELY: Final = st.sampled_from((False, False, False, False, True))
RECENT: Final = st.sampled_from((INTO, INTO, INTO + 1, INTO - 1))
OPEN: Final = st.sampled_from(VINTAGES)
FITTING: Final = date(2025, 3, 1)
PROJECTS: Final = st.sampled_from(("A", "A", "B"))
INDEX: Final = st.integers(0, 11)
"""One of what there is, counted round."""

APPROVAL: Final = st.tuples(
    WHO, RECENT, st.sampled_from(("pre", "final", "final", "adjustment", "auction"))
)
ASKED: Final = st.tuples(
    TONNES,
    st.integers(0, 999),
    st.sampled_from((None, None, None, None, None, "0.5", "0.75", "1", "0.49", "1.01")),
    st.booleans(),
)
HOW: Final = st.sampled_from(("formula", "formula", "formula", "less", "above"))
ODD: Final = st.sampled_from(("", "", "", "kept", "kept", "lacking", "alone", "unknown"))
VERIFIED: Final = st.tuples(
    WHO, RECENT, TONNES, st.sampled_from(("right", "right", "right", "none", "wrong"))
)
IMPORTED: Final = st.tuples(
    WHO,
    PROJECTS,
    st.sampled_from((FITTING, FITTING, EARLY, date(2024, 1, 23))),
    RARELY,
)
ONCE: Final = st.sampled_from(("", "", "", "again", "alone"))
DUTY: Final = st.tuples(INDEX, RARELY, WHO, RECENT)
"""One of those that are owed; or oddly any year of anybody."""
UNITS: Final = st.tuples(INDEX, RARELY, OPEN, PARTS)
"""One of the vintages that are there, or oddly any; and how much of it."""
REDUCTIONS: Final = st.tuples(INDEX, RARELY, PROJECTS, PARTS)
"""Of one of the projects that are there, or oddly of any."""
ALLOCATED: Final = st.tuples(WHO, OPEN, PARTS)
CAUSES: Final = st.sampled_from(("fraud", "non_surrender"))


def choose(options: Sequence[T], index: int, odd: bool, otherwise: T) -> T:
    """Choose one of what there is; what was drawn otherwise if there is none, or oddly."""
    return otherwise if odd or not options else options[index % len(options)]


def part(drawn: int, there: int) -> int:
    """Turn a drawn part into units."""
    return {0: max(1, there), 1: max(0, there) + 1}.get(drawn, max(1, there * drawn // 100))
