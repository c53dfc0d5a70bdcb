"""Shares of many units: a part of them one by one, or all of them added up by sector or province."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from settlement.fossil_budget.filed import filed_many
from settlement.fossil_budget.told import tell_open
from settlement.shares.completion import Completion
from settlement.shares.standing import Standing, standings, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.model.command import Plain
    from ledger.rules.open_point import OpenPoint
    from settlement.desk import Reader
    from settlement.metrics import Metric

_TOGETHER: Final = 500  # budgets looked at in one question


def units(
    read: Reader, budgets: Sequence[int], metric: Metric, year: int
) -> list[dict[str, Plain]]:
    """Tell the shares of units by their budgets of a year, in the order given."""
    filed = list(filed_many(read, budgets).values())
    return [tell(one) for one in standings(read, filed, metric, year)]


def groups(
    read: Reader, budgets: Sequence[int], metric: Metric, year: int, by: str
) -> dict[str, list[Plain]]:
    """Add up the shares of units by `sector` or `province` in `items`; who has none comes first.

    What the shares of any of them rest on that is open is told beside them.
    """
    open_points: dict[OpenPoint, None] = {}
    sums: dict[str | None, Completion] = {}
    untold: Counter[str | None] = Counter()
    for some in _parts(budgets):
        filed = list(filed_many(read, some).values())
        for one in standings(read, filed, metric, year):
            name = _group(one, by)
            open_points |= dict.fromkeys(one.open_points)
            untold[name] += one.found is None
            sums[name] = sums.get(name, Completion()) + (one.found or Completion())
    ordered = sorted(sums, key=lambda name: (name is not None, name or ""))
    return {
        "items": [_told(name, sums[name], untold[name]) for name in ordered],
        "open_points": tell_open(sorted(open_points, key=lambda one: (one.name, one.value))),
    }


def _parts(budgets: Sequence[int]) -> list[Sequence[int]]:
    return [budgets[at : at + _TOGETHER] for at in range(0, len(budgets), _TOGETHER)]


def _group(one: Standing, by: str) -> str | None:
    return one.on_file.sector if by == "sector" else one.on_file.province


def _told(name: str | None, found: Completion, untold: int) -> dict[str, Plain]:
    return {
        "group": name,
        "units": found.units + untold,
        "targeted": found.targeted,
        "met": found.met,
        "untold": untold,
        "renewable_kwh": found.renewable_kwh,
        "energy_kwh": found.energy_kwh,
        "due_kwh": -(-found.due_kwh // 1),
        "share": None if found.share is None else f"{found.share:f}",
    }
