"""The whole life once: from the fleet's registration to a closed budget, on one turning clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from api.sample.cast import Cast, engage
from api.sample.desk import Clock, Office
from api.sample.duties import allowances, mill_budget
from api.sample.fleet import load_fleet
from api.sample.key_units import key_units
from api.sample.market import YEAR, Market
from settlement.desk import Desk
from settlement.expiry import expire

START: Final = datetime(2025, 1, 20, 4, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Life:
    """What a life came to; quantities in their units."""

    plants: int
    lots_issued: int
    certificates_issued: int
    transfers: int
    retirements: int
    allowances_allocated: int
    allowances_surrendered: int
    budgets_closed: int
    statement: dict[str, Any]

    def figures(self) -> dict[str, Any]:
        """Return the figures without the statement."""
        found = asdict(self)
        del found["statement"]
        return found


def live(desk: Desk, clock: Clock, say: Callable[[str], None]) -> tuple[Cast, Life]:
    """Live the sample's years through the same desk as everything else.

    An interrupted life goes on: what was posted answers from its key. Later draws depend on what is in
    stock, so they may differ from those of an uninterrupted one.
    """
    office, fleet = Office(desk, clock), load_fleet()
    say(f"registering {len(fleet.plants):,} plants and everybody around them")
    cast = engage(office, fleet)
    say("metering, issuing and selling, month by month")
    market = Market(office, cast, fleet)
    mill = key_units(YEAR)[0]
    tally = market.year(mill)
    market.retire_some(spare=mill.party.credit_code)
    say("allocating, verifying and surrendering allowances; closing a steel mill's budget")
    told = mill_budget(office, cast, mill)
    years = allowances(office, cast, fleet)
    expire(desk)
    office.finish()
    life = Life(
        plants=len(cast.plants),
        lots_issued=tally.lots,
        certificates_issued=tally.certificates,
        transfers=tally.transfers + years.transfers,
        retirements=tally.retirements + 1,
        allowances_allocated=years.allocated,
        allowances_surrendered=years.surrendered,
        budgets_closed=1,
        statement=told,
    )
    return cast, life
