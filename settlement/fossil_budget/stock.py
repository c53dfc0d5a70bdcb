"""A key unit's certificates in its own hands: what it may retire for its budget.

Read by the day on which they expire, and no further than the need: a unit may hold very many parcels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from ledger.book.pick import PARCELS_MAX
from ledger.model.instrument import GEC
from ledger.model.lot import expires_on, lot_ceiling, lot_floor
from ledger.store.statements import statements
from settlement.fossil_budget.certificates import GREEN, Offer, Run, line_name
from settlement.fossil_budget.planner import OwnParcel, Proposal, Stock, propose, taken
from settlement.fossil_budget.recognition import Claim, Direction, RetiredLine, Room
from settlement.prior import driver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from settlement.desk import Reader
    from settlement.fossil_budget.filed import Filed

SQL: Final = statements(files("settlement") / "fossil_budget" / "stock.sql")
_LOTS_MAX: Final = 256  # of an account, looked at before all of its postings are added up
_DAY: Final = 1 << 32  # lots of one day of expiry have ids of one such span
_INSIDE: Final = {None: None, Direction.IN_PROVINCE: True, Direction.OUT_OF_PROVINCE: False}
_CAPS: Final = {inside: cap for cap, inside in _INSIDE.items()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a unit's own certificates: what may serve, how many, and in how much room.

    `hold` is an approval's, whose certificates alone are then chosen from.
    """

    claim: Claim
    certificates: int
    room: Room
    hold: int | None = None
    parcels_max: int = PARCELS_MAX

    def less(self, proposals: Iterable[Proposal]) -> Wanted:
        """Give what is still wanted besides these."""
        units, room = taken(proposals, self.room, self.claim.uncapped)
        return replace(self, certificates=self.certificates - units, room=room)


def stock_of(read: Reader, on_file: Filed, wanted: Wanted) -> Stock:
    """Choose of what a unit holds free, valid and of the year: soonest to expire, then cheapest.

    Green power is left out: its energy is traded energy already; so is what counts physically.
    What expires later than is needed is not read; where what is needed lies in more parcels than
    one act may retire, the rest is only counted.
    """
    if on_file.user is None or not min(wanted.certificates, wanted.room.most):
        return Stock()
    if wanted.hold is not None:
        return _of_hold(read, on_file, wanted, wanted.hold)
    values, most = _values(read, on_file, wanted.claim), wanted.parcels_max
    chosen: tuple[Proposal, ...] = ()
    for floor in _days(read, values):
        day = values | {"floor": floor, "ceiling": floor + _DAY, "most": most - len(chosen) + 1}
        more = _of_day(read, day, wanted)
        chosen, wanted = (*chosen, *more), wanted.less(more)
        if len(chosen) > most:
            return Stock(chosen[:most], _count(read, values))
        if not wanted.certificates:
            break
    return Stock(chosen)


def retired_now(read: Reader, on_file: Filed, proposal: Proposal, place: tuple[int, int]) -> Offer:
    """Give the run that a proposal retires today as the budget will see it; `place` is (number, order)."""
    parcel, (number, order) = proposal.parcel, place
    run = run_of(proposal)
    line = RetiredLine(
        line=line_name(number, run),
        order=order,
        count=run.count,
        beneficiary=on_file.credit_code,
        purpose="fossil_budget",
        production_year=on_file.year,
        consumption_year=on_file.year,
        direction=parcel.direction,
        category=parcel.category,
        origin=parcel.origin,
        retired_on=read.day,
    )
    return Offer(number, run, line)


def run_of(proposal: Proposal) -> Run:
    """Give the run that a proposal would retire."""
    parcel, units = proposal
    return Run(parcel.lot, parcel.lo, parcel.units, parcel.serial).high(units)


def _values(read: Reader, on_file: Filed, claim: Claim) -> dict[str, Any]:
    """Say to the statements whose certificates are asked for, and which could count."""
    return {
        "account": on_file.user,
        "instrument": GEC,
        "floor": lot_floor(GEC, read.day),
        "ceiling": lot_ceiling(GEC),
        "province": on_file.province,
        "green": GREEN,
        "first": date(on_file.year, 1, 1),
        "last": date(on_file.year, 12, 31),
        "categories": sorted(claim.categories),
        "uncapped": sorted(claim.uncapped),
    }


def _days(read: Reader, values: Mapping[str, Any]) -> list[int]:
    rows = driver(read.conn).execute(SQL["find_days"], values, binary=True)
    return [floor for (floor,) in rows]


def _of_day(read: Reader, values: Mapping[str, Any], wanted: Wanted) -> tuple[Proposal, ...]:
    """Choose among what expires on one day, of what still has room under its cap."""
    room, uncapped = wanted.room, wanted.claim.uncapped
    caps = [cap for cap in _INSIDE if room.of(cap)] if room.caps else [None]
    parcels = [
        _parcel(row)
        for cap in caps
        for row in driver(read.conn).execute(
            SQL["pick_day"],
            {**values, "capped": bool(room.caps), "inside": _INSIDE[cap]},
            binary=True,
        )
    ]
    return propose(parcels, wanted.certificates, room, uncapped)


def _of_hold(read: Reader, on_file: Filed, wanted: Wanted, hold: int) -> Stock:
    values = {"hold": hold, "province": on_file.province}
    rows = driver(read.conn).execute(SQL["pick_held"], values, binary=True)
    parcels = [_parcel(row) for row in rows]
    return Stock(propose(parcels, wanted.certificates, wanted.room, wanted.claim.uncapped))


def _parcel(row: tuple[Any, ...]) -> OwnParcel:
    lot, lo, serial, units, inside, price, origin, category = row
    to = Direction.IN_PROVINCE if inside else Direction.OUT_OF_PROVINCE
    return OwnParcel(lot, lo, serial, units, expires_on(lot), to, price, origin, category)


def _count(read: Reader, values: Mapping[str, Any]) -> dict[Direction | None, int]:
    """Count what may serve by the cap that binds it: at once where all of it is alike."""
    alike = {**values, "oldest": lot_ceiling(GEC - 1), "lots_max": _LOTS_MAX}
    rows = driver(read.conn).execute(SQL["count_alike"], alike, binary=True).fetchall()
    if not rows:
        rows = driver(read.conn).execute(SQL["count_own"], values, binary=True).fetchall()
    return {_CAPS[inside]: units for inside, units in rows}
