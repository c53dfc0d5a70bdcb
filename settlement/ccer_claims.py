"""Energy credited as CCER: the frozen certificates of a plant's month are cancelled for it.

A kWh is a green certificate's, sold or used up, or a credited reduction's, never both. Source:
国能综通新能〔2024〕124号; domain.md GEC-X2 to X4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from ledger.book.pick import PARCELS_MAX
from ledger.model.account import CANCELLED
from ledger.model.command import Act, FromHold, Move, Plain
from ledger.model.instrument import GEC, by_id
from ledger.refusals import TooFragmented
from ledger.store import tables as t
from ledger.store.queries import units
from schemas.calendar import format_month
from schemas.identifiers import IdPrefix, encode_id
from settlement.balances import as_read
from settlement.desk import Decision
from settlement.refusals import CcerEnergyNotFree, CcerProjectUnknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class EnergyOrder:
    """Energy of a plant's month that is credited to a project, and the decision it rests on."""

    plant: int
    month: date
    energy_kwh: int
    project: str
    document_no: str


class _Frozen(NamedTuple):
    """Certificates of one lot, under one freeze for CCER."""

    lot: int
    lo: int
    units: int
    hold: int
    account: int


def claim_energy(read: Reader, order: EnergyOrder) -> Decision:
    """Cancel frozen certificates of a plant's month for energy that is credited, low serials first.

    A certificate begun is taken whole, so that none of its energy is claimed once more. One act a
    freeze: each names what it takes out of it.

    Raises:
        CcerProjectUnknown: the project is not registered for this plant and month.
        CcerEnergyNotFree: less is frozen there.
        TooFragmented: more runs would be touched than one act may.
    """
    _check_project(read, order)
    unit = read.rules.integer("gec.kwh_per_cert", order.month)
    there = _frozen(read, order)
    free_kwh = sum(run.units for run in there) * unit
    if order.energy_kwh > free_kwh:
        raise CcerEnergyNotFree(
            plant=encode_id(IdPrefix.PLANT, order.plant),
            month=format_month(order.month),
            asked_kwh=order.energy_kwh,
            free_kwh=free_kwh,
        )
    taken = list(_first(there, -(-order.energy_kwh // unit)))
    if len(taken) > PARCELS_MAX:
        account = encode_id(IdPrefix.ACCOUNT, taken[0].account)
        raise TooFragmented(account=account, parcels_limit=PARCELS_MAX)
    acts = tuple(_cancellations(order, taken, unit))
    accounts = sorted({run.account for run in taken})
    first = encode_id(IdPrefix.HOLD, taken[0].hold)
    result = _claimed(order) | {
        "hold_id": first,
        "instrument": by_id(GEC).code,
        "unit": by_id(GEC).unit,
        "quantity": sum(run.units for run in taken),
        "energy_kwh": order.energy_kwh,
    }
    return Decision(acts, tuple(as_read(read, account, GEC) for account in accounts), result)


def _check_project(read: Reader, order: EnergyOrder) -> None:
    c = t.ccer_project.c
    query = select(c.project).where(
        c.project == order.project,
        c.plant == order.plant,
        c.first_month <= order.month,
        c.last_month >= order.month,
    )
    if read.conn.execute(query).first() is None:
        raise CcerProjectUnknown(
            project=order.project,
            plant=encode_id(IdPrefix.PLANT, order.plant),
            month=format_month(order.month),
        )


def _frozen(read: Reader, order: EnergyOrder) -> list[_Frozen]:
    """Read what is frozen for CCER of a plant's month, by category and serial."""
    p, lot, h = t.parcel.c, t.lot.c, t.hold.c
    query = (
        select(p.lot, p.lo, units.past - p.lo, p.hold, p.account)
        .join_from(t.parcel, t.lot, lot.id == p.lot)
        .join(t.hold, h.id == p.hold)
        .where(lot.plant == order.plant, lot.month == order.month, h.kind == "ccer")
        .order_by(lot.category, lot.trade, lot.first_serial, p.lo)
    )
    return [_Frozen(*row) for row in read.conn.execute(query)]


def _first(there: Sequence[_Frozen], need: int) -> Iterator[_Frozen]:
    """Take runs until there are enough; which end of the last one goes is the book's to say."""
    for run in there:
        if need <= 0:
            return
        count = min(need, run.units)
        need -= count
        yield run._replace(units=count)


def _cancellations(order: EnergyOrder, taken: Sequence[_Frozen], unit: int) -> Iterator[Act]:
    left = order.energy_kwh
    by_hold: dict[int, list[_Frozen]] = {}
    for run in taken:
        by_hold.setdefault(run.hold, []).append(run)
    for hold, runs in by_hold.items():
        quantity = sum(run.units for run in runs)
        energy = min(left, quantity * unit)
        left -= energy
        body = _claimed(order) | {
            "hold": encode_id(IdPrefix.HOLD, hold),
            "quantity": quantity,
            "energy_kwh": energy,
            "document_no": order.document_no,
        }
        yield Act("gec.cancel_ccer", tuple(_moves(hold, runs)), body)


def _moves(hold: int, runs: Sequence[_Frozen]) -> Iterator[Move]:
    """Take units out of a freeze, lot by lot."""
    by_lot: dict[int, int] = {}
    for run in runs:
        by_lot[run.lot] = by_lot.get(run.lot, 0) + run.units
    for lot, count in by_lot.items():
        yield Move(runs[0].account, CANCELLED, GEC, count, FromHold(hold, lot))


def _claimed(order: EnergyOrder) -> dict[str, Plain]:
    return {
        "project": order.project,
        "plant_id": encode_id(IdPrefix.PLANT, order.plant),
        "month": format_month(order.month),
    }
