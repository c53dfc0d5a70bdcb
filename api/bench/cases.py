"""The cases, in the order in which a round plays them. A new figure is a line here and one in figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.bench.engine import drive
from api.bench.sample import Sample

if TYPE_CHECKING:
    from api.bench.stand import Stand


@dataclass(frozen=True, slots=True)
class Case:
    """Something that is measured on a stand: in every round, or once, after all rounds."""

    name: str
    unit: str
    needs: str  # the part of the stand that must be there before the rounds begin
    measure: Callable[[Stand], Sample]
    once: bool = False


CASES: Final = (
    Case("tpcb", "tx/s", "tpcb", lambda at: at.tpcb.play()),
    Case("split", "tx/s", "trades", lambda at: drive(at.market.book, at.trades.split, at.scale)),
    Case(
        "fungible", "tx/s", "trades", lambda at: drive(at.market.book, at.trades.fungible, at.scale)
    ),
    Case("mix", "tx/s", "mix", lambda at: drive(at.market.book, at.mix.mixed, at.scale)),
    Case("hot", "tx/s", "trades", lambda at: drive(at.market.book, at.trades.hot, at.scale)),
    Case("unsealed", "tx/s", "sealing", lambda at: at.sealing.unsealed()),
    Case("sealed", "tx/s", "sealing", lambda at: at.sealing.sealed()),
    Case("seal_lag", "s, p99", "sealing", lambda at: at.sealing.lag()),
    Case("verify", "entries/s", "auditing", lambda at: at.auditing.verify()),
    Case("bulk", "tx/s", "doors", lambda at: at.doors.bulk()),
    Case("empty", "requests/s", "doors", lambda at: at.doors.empty()),
    Case("single", "requests/s", "doors", lambda at: at.doors.single()),
    Case("plan", "ms, median", "planning", lambda at: at.planning.plan()),
    Case("latency_1k", "ms, p95", "month", lambda at: at.month.single(), once=True),
    Case("issuance", "s per million lots", "month", lambda at: at.month.issuance(), once=True),
    Case("latency_1m", "ms, p95", "month", lambda at: at.month.grown().single(), once=True),
    Case("giant_account", "ms, p95", "month", lambda at: at.month.grown().giant(), once=True),
    Case("closings", "s per 20,000 units", "budgets", lambda at: at.budgets.closings(), once=True),
    Case("national", "s per 3,400 entities", "nation", lambda at: at.nation.year(), once=True),
    Case("small_account", "ms, p95", "month", lambda at: at.month.grown().small(), once=True),
)
