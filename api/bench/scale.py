"""How much of everything a run does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes of one run; a ratio is only told together with the name of its scale."""

    name: str
    rounds: int
    tpcb_scale: int  # pgbench -s
    tpcb_seconds: int  # pgbench -T
    accounts: int  # of the market: half issue and sell, a quarter buys, a quarter trades crumbs
    lots: int  # of the market
    crumbs: int  # small parcels that each of that quarter begins with
    together: int  # commands in one transaction of an engine case
    batches: int  # of those, posted in one round
    batch: int  # transfers in one request, and what a book is filled with at a time
    posts: int  # batches sent over HTTP in one round
    http_seconds: int  # of single requests in one round
    month_lots: int  # issued in the month's issuance
    giant_parcels: int  # of the one account that holds very many
    singles: int  # transfers timed, one at a time, for a latency
    key_units: int  # whose budget year is closed, with 25 retirements each
    entities: int  # whose year of allowances is lived


FULL: Final = Scale(
    name="full",
    rounds=5,
    tpcb_scale=50,
    tpcb_seconds=20,
    accounts=10_000,
    lots=100_000,
    crumbs=60,
    together=2_000,
    batches=20,
    batch=1_000,
    posts=30,
    http_seconds=10,
    month_lots=1_000_000,
    giant_parcels=100_000,
    singles=2_000,
    key_units=20_000,
    entities=3_400,
)
QUICK: Final = Scale(
    name="quick",
    rounds=3,
    tpcb_scale=50,
    tpcb_seconds=8,
    accounts=2_000,
    lots=20_000,
    crumbs=60,
    together=2_000,
    batches=6,
    batch=1_000,
    posts=8,
    http_seconds=4,
    month_lots=50_000,
    giant_parcels=10_000,
    singles=500,
    key_units=1_000,
    entities=500,
)
TINY: Final = Scale(  # shows that all of it works; its figures say nothing
    name="tiny",
    rounds=2,
    tpcb_scale=1,
    tpcb_seconds=1,
    accounts=40,
    lots=200,
    crumbs=30,
    together=50,
    batches=3,
    batch=50,
    posts=3,
    http_seconds=1,
    month_lots=400,
    giant_parcels=100,
    singles=20,
    key_units=50,
    entities=20,
)
SCALES: Final = {scale.name: scale for scale in (FULL, QUICK, TINY)}
