"""What provinces gain and lose by what their units have recognised: zero in sum.

Source: guide 622 of 2026, annex 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select

from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.reports.cut import Cell, Cut, Report
from settlement.reports.losses import ground_at
from settlement.reports.serials import TRADED, claims_of

_COUNTED: Final = (
    "own",
    "gained_certificates",
    "gained_traded",
    "lost_certificates",
    "lost_traded",
)
_COLUMNS: Final = ("province", *_COUNTED, "net", "line_loss_kwh")


@dataclass(frozen=True, slots=True)
class Flow:
    """Certificates that a unit of one province has recognised, with green power or without it."""

    home: str
    maker: str
    with_power: bool
    count: int

    @property
    def crosses(self) -> bool:
        """Say whether the energy was made in another province."""
        return self.home != self.maker


def province_flows(cut: Cut) -> Report:
    """Add up, by province, the certificates that closed years recognise, in certificates of 1000 kWh.

    What a unit has recognised is gained by its province and lost by the one that the energy was
    made in, `own` where these are one; green power is told by the certificates that came with it.
    `line_loss_kwh` is what the grid lost of green power on its way, by the sending province's figure of
    the year as the cut has it; its seller bears it beside what it lost, and nobody gains it.
    """
    flows, ground = _flows_of(cut), ground_at(cut)
    sent = sent_abroad(flows)
    return replace(balanced(flows, ground.charged(sent)), points=ground.points(sent))


def sent_abroad(flows: Iterable[Flow]) -> Counter[str]:
    """Count green power that units of other provinces have recognised, by where it was made.

    Certificates without power travel no line, nor does what is used where it was made.
    """
    sent: Counter[str] = Counter()
    for flow in flows:
        if flow.with_power and flow.crosses:
            sent[flow.maker] += flow.count
    return sent


def balanced(flows: Iterable[Flow], losses: Mapping[str, int | None]) -> Report:
    """Add flows up by province; `losses` are those of provinces that sent power, None if unknown."""
    provinces: dict[str, Counter[str]] = {}
    for flow in flows:
        what = "traded" if flow.with_power else "certificates"
        if flow.crosses:
            provinces.setdefault(flow.home, Counter())[f"gained_{what}"] += flow.count
            provinces.setdefault(flow.maker, Counter())[f"lost_{what}"] += flow.count
        else:
            provinces.setdefault(flow.home, Counter())["own"] += flow.count
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name or None, *_cells(counted), losses.get(name, 0))
        for name, counted in sorted(provinces.items())
    )
    whole = sum(provinces.values(), Counter[str]())
    known = sum(kwh for kwh in losses.values() if kwh is not None)
    sums = dict(zip(_COLUMNS[1:], (*_cells(whole), known), strict=True))
    return Report("province-flows", _COLUMNS, rows, sums)


def _flows_of(cut: Cut) -> tuple[Flow, ...]:
    """Read what closed years recognise, with the provinces of the unit and of the plant."""
    uses = claims_of(cut)
    p, lot = t.party.c, t.lot.c
    units = select(p.id, p.province).where(among(p.id, {use.party for use in uses}), cut.sees)
    lots = select(lot.id, lot.province).where(among(lot.id, {use.lot for use in uses}))
    homes = {row.id: row.province or "" for row in cut.conn.execute(units)}
    makers = {row.id: row.province for row in cut.conn.execute(lots)}
    return tuple(
        Flow(homes[use.party], makers[use.lot], use.what == TRADED, use.past - use.lo)
        for use in uses
        if use.party in homes
    )


def _cells(counted: Counter[str]) -> tuple[int, ...]:
    """Give the counts in the order of their columns, and what is gained less what is lost."""
    gained = counted["gained_certificates"] + counted["gained_traded"]
    net = gained - counted["lost_certificates"] - counted["lost_traded"]
    return (*(counted[name] for name in _COUNTED), net)
