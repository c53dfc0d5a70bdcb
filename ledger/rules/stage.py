"""Which approvals of a year an allocation may name as its stage. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_TRUE_UP: Final = frozenset({"final", "adjustment"})
"""Approvals that are settled by topping up or returning (多退少补)."""


def is_approved(stage: str, approved: Collection[str]) -> bool:
    """Tell whether a year's approvals have an allocation's stage; a true-up follows the final ones.

    Source: 2023、2024年度 and 2025-2026年度配额总量和分配方案: pre-allocation, approval, then 多退少补.
    """
    named = _TRUE_UP if stage == "true_up" else {stage}
    return not named.isdisjoint(approved)
