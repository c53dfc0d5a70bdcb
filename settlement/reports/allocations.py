"""Allocation by province and sector: what was approved stage by stage, and what of it was allocated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import BigInteger, case, cast, func, select

from ledger.model.instrument import yearly
from ledger.store import tables as t
from ledger.store.queries.among import among
from settlement.duties import Flow
from settlement.entitlement.worked import PRICE
from settlement.reports.cut import Cell, Cut, Report
from settlement.reports.duties import flows_then, listed_then

_STAGES: Final = ("pre", "final", "adjustment", "auction")
_PRICED: Final = ("auction_priced", "auction_fen")
_FIGURES: Final = ("entities", *_STAGES, *_PRICED, "approved", "allocated", "left")


def allocations(cut: Cut) -> Report:
    """Add up a year's approvals by province and sector, in t CO2e.

    Stages tell by how much they changed what the year gives; what is allocated or kept back for a
    debt, less what came back, is `allocated`. Of what was auctioned, `auction_priced` is what a price is
    on file for, and `auction_fen` what it came to.
    """
    quota = yearly("QUOTA-CEA", cut.year).id
    stages, flows, listed = _stages(cut), flows_then(cut, (quota,)), listed_then(cut)
    groups = defaultdict[tuple[str, str], list[dict[str, int]]](list)
    p = t.party.c
    query = select(p.id, p.province).where(among(p.id, stages), cut.sees)
    for party, province in cut.conn.execute(query):
        sector = listed[party].sector if party in listed else ""
        flow = flows.get((party, quota), Flow())
        groups[province or "", sector].append(_figures(stages[party], flow))
    added = {group: _added(found) for group, found in sorted(groups.items())}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (province or None, sector or None, *figures.values())
        for (province, sector), figures in added.items()
    )
    return Report("allocations", ("province", "sector", *_FIGURES), rows, _added(added.values()))


def _figures(stages: dict[str, int], flow: Flow) -> dict[str, int]:
    by_stage = {stage: stages.get(stage, 0) for stage in (*_STAGES, *_PRICED)}
    more = {"approved": flow.granted, "allocated": flow.discharged, "left": flow.left}
    return {"entities": 1, **by_stage, **more}


def _added(found: Collection[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(one[name] for one in found) for name in _FIGURES}


def _stages(cut: Cut) -> dict[int, dict[str, int]]:
    """Add up by how much each stage changed a party's year, and what was paid for it."""
    e = t.entitlement.c
    figure = e.body["inputs"][0]["figures"][0]
    price = case((figure["name"].astext == PRICE, cast(figure["value"].astext, BigInteger)))
    query = (
        select(e.party, e.stage, func.sum(e.change))
        .add_columns(func.sum(e.change).filter(price.is_not(None)), func.sum(e.change * price))
        .where(e.year == cut.year, cut.holds(e.journal))
        .group_by(e.party, e.stage)
    )
    found = defaultdict[int, dict[str, int]](dict)
    for party, stage, change, priced, came_to in cut.conn.execute(query):
        found[party][stage] = int(change)
        if priced is not None:
            found[party] |= {"auction_priced": int(priced), "auction_fen": int(came_to)}
    return found
