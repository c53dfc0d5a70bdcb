"""The whole life once: from the fleet's registration to a closed budget, on one turning clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from api.sample.budgets import close_budgets
from api.sample.cast import Cast, engage
from api.sample.desk import Clock, Office
from api.sample.duties import first_year, second_year
from api.sample.figures import count
from api.sample.fleet import Fleet, SamplePlant, load_fleet
from api.sample.key_units import key_units
from api.sample.market import YEAR, Market
from api.sample.orders import order_book, retire_some
from settlement.desk import Desk
from settlement.expiry import expire

START: Final = datetime(2025, 1, 20, 4, tzinfo=UTC)
_DUTIES_AFTER: Final = 10  # the month: it is sold in November, before allowances are due
_SOLD: Final = ("wind", "solar")  # whose certificates a part of the fleet must have for its buyers


@dataclass(frozen=True, slots=True)
class Scope:
    """How much is lived: months of the year, and how many plants of each kind (None: all)."""

    months: range = range(1, 13)
    plants: int | None = None


WHOLE: Final = Scope()
RECENT: Final = Scope(months=range(7, 13))  # half the year: a first start must not take long


@dataclass(frozen=True, slots=True)
class Life:
    """What a life came to: counts, and the statements on which key units' years were closed."""

    figures: dict[str, int]
    statements: tuple[dict[str, Any], ...]


def live(
    desk: Desk, clock: Clock, say: Callable[[str], None], scope: Scope = WHOLE
) -> tuple[Cast, Life]:
    """Live the sample's years through the same desk as everything else.

    An interrupted life goes on where it stopped: what was posted answers from its key, and what was
    drawn from a stock that has changed since is not drawn again. A second life changes nothing.
    """
    office, fleet = Office(desk, clock), part_of(load_fleet(), scope.plants)
    say(f"registering {len(fleet.plants):,} plants and everybody around them")
    cast = engage(office, fleet)
    say("metering, issuing and selling, month by month")
    units = key_units(YEAR)
    for month in Market(office, cast, fleet).live(scope.months, units):
        if month == _DUTIES_AFTER:
            first_year(office, cast, fleet)
    order_book(office, cast)
    retire_some(office, cast, spare=frozenset(unit.party.credit_code for unit in units))
    say(f"closing {len(units)} fossil budgets; allocating, verifying and surrendering allowances")
    statements = close_budgets(office, cast, units)
    second_year(office, cast, fleet)
    expire(desk)
    return cast, Life(count(desk), statements)


def part_of(fleet: Fleet, plants: int | None) -> Fleet:
    """Take the largest plants that can sell and the largest coal plants, so many of each."""
    if plants is None:
        return fleet
    selling = [plant for plant in fleet.plants if plant.energy in _SOLD]
    chosen = tuple(sorted(selling, key=_size)[:plants])
    owning = {plant.owner_credit_code for plant in chosen}
    return replace(
        fleet,
        plants=chosen,
        coal_plants=tuple(sorted(fleet.coal_plants, key=lambda coal: -coal.capacity_kw)[:plants]),
        owners=tuple(owner for owner in fleet.owners if owner.credit_code in owning),
    )


def _size(plant: SamplePlant) -> tuple[int, str]:
    return -plant.capacity_kw, plant.source_id
