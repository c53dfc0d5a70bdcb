"""What provinces gain and lose by what their units have recognised: zero in sum.

Source: guide 622 of 2026, annex 1.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import select

from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.reports.cut import Cell, Cut, Report
from settlement.reports.serials import CERTIFICATE, Use, claims_of

_COLUMNS: Final = (
    "province",
    "own",
    "gained_certificates",
    "gained_traded",
    "lost_certificates",
    "lost_traded",
    "net",
)


def province_flows(cut: Cut) -> Report:
    """Add up, by province, the certificates that closed years recognise, in certificates of 1000 kWh.

    What a unit has recognised is gained by its province and lost by the one that the energy was
    made in, `own` where these are one; green power is told by the certificates that came with it.
    Losses of the grid, which the guide charges to the seller, are nothing that a registry knows.
    """
    provinces: dict[str, Counter[str]] = {}
    for use, home, maker in _recognised(cut):
        what = "certificates" if use.what == CERTIFICATE else "traded"
        count = use.past - use.lo
        if home == maker:
            provinces.setdefault(home, Counter())["own"] += count
        else:
            provinces.setdefault(home, Counter())[f"gained_{what}"] += count
            provinces.setdefault(maker, Counter())[f"lost_{what}"] += count
    rows = tuple(_row(name, counted) for name, counted in sorted(provinces.items()))
    whole = sum(provinces.values(), Counter[str]())
    sums = {name: whole[name] for name in _COLUMNS[1:-1]}
    return Report(
        "province-flows", _COLUMNS, rows, sums | {"net": sum(map(_net, provinces.values()))}
    )


def _recognised(cut: Cut) -> list[tuple[Use, str, str]]:
    """Read what closed years recognise, with the provinces of the unit and of the plant."""
    uses = claims_of(cut)
    p, lot = t.party.c, t.lot.c
    units = select(p.id, p.province).where(among(p.id, {use.party for use in uses}), cut.sees)
    lots = select(lot.id, lot.province).where(among(lot.id, {use.lot for use in uses}))
    homes = {row.id: row.province or "" for row in cut.conn.execute(units)}
    makers = {row.id: row.province for row in cut.conn.execute(lots)}
    return [(use, homes[use.party], makers[use.lot]) for use in uses if use.party in homes]


def _row(province: str, counted: Counter[str]) -> tuple[Cell, ...]:
    return (province or None, *(counted[name] for name in _COLUMNS[1:-1]), _net(counted))


def _net(counted: Counter[str]) -> int:
    gained = counted["gained_certificates"] + counted["gained_traded"]
    return gained - counted["lost_certificates"] - counted["lost_traded"]
