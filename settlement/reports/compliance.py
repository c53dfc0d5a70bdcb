"""Compliance by province and sector: what was due, what was handed in for it, and who stands how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from settlement.reports.cut import Cell, Cut, Report
from settlement.reports.duties import EntityThen, entities_then

_GROUP = ("province", "sector")


def compliance(cut: Cut) -> Report:
    """Add up the parties listed for the year, or owing for it, by province and sector, in t CO2e.

    `short` is what is due and not handed in; `a`, `b`, `c` count the standings of 775号 Art. 14 as
    this house writes them, `open` those before their deadline.
    """
    groups: dict[tuple[str, str], list[EntityThen]] = {}
    known = entities_then(cut)
    for one in known:
        groups.setdefault((one.province, one.sector), []).append(one)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (province or None, sector or None, *_added(found).values())
        for (province, sector), found in sorted(groups.items())
    )
    return Report("compliance", (*_GROUP, *_added(())), rows, _added(known))


def _added(entities: Iterable[EntityThen]) -> Mapping[str, int]:
    found = [one.standing for one in entities]
    letters = [one.letter for one in found]
    return {
        "entities": len(found),
        "verified_entities": sum(one.version > 0 for one in found),
        "verified": sum(one.verified for one in found),
        "surrendered": sum(one.surrendered for one in found),
        "cea": sum(one.surrendered - one.ccer for one in found),
        "ccer": sum(one.ccer for one in found),
        "short": sum(one.due for one in found),
        "a": letters.count("A"),
        "a_late": sum(one.letter == "A" and one.days_late > 0 for one in found),
        "b": letters.count("B"),
        "c": letters.count("C"),
        "open": letters.count(None),
    }
