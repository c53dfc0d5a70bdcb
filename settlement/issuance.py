"""Issuance: whole certificates out of a plant's metered energy, the remainder carried on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.account import CERTIFIED, EXPIRED, SOURCE
from ledger.model.command import Act, Criteria, Expect, Move, NewLot, Plain
from ledger.model.instrument import GEC, KWH
from ledger.model.lot import lot_id
from ledger.model.period import valid_until
from ledger.refusals import GeneratorAccountMissing, StorageNeverIssues
from ledger.rules.expiry import has_expired
from ledger.rules.issuance import earns_certificates, trade_category
from ledger.store import tables as t
from schemas.calendar import format_month
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.readings import plants_by_id

if TYPE_CHECKING:
    from ledger.model.plant import Plant
    from ledger.refusals import Refusal
    from settlement.desk import AnyRow, Reader


@dataclass(frozen=True, slots=True)
class Due:
    """A plant-month with whole certificates due, and the decision that issues them."""

    plant: int
    month: date
    category: str
    decision: Decision | Refusal


@dataclass(frozen=True, slots=True)
class _Case:
    """One plant-month of one category: what was metered, what was certified, what is left."""

    plant: Plant
    category: str
    month: date
    reading: int
    mechanism: bool
    energy_to_month: int  # kWh of all months up to this one, latest versions
    certified_to_month: int  # certificates of lots up to this month
    next_serial: dict[str, int]  # by trade category, in this month's series


def due(
    read: Reader, month: date | None = None, readings: Sequence[int] | None = None
) -> list[Due]:
    """Find what is due for a month, or for the plant-months of some readings, and decide each.

    A month's lot takes the energy up to that month that no lot has taken; what is below one
    certificate stays as the balance of the plant's account. Source: 67号 — a month's energy
    below one certificate is carried to the next.
    """
    rows = _latest_readings(read, month, readings)
    plants = plants_by_id(read, {row.plant for row in rows})
    energy, lots = _energy(read, set(plants)), _lots(read, set(plants))
    balances, owners = _balances(read, plants), _generator_accounts(read, plants)
    found: list[Due] = []
    for _, group in groupby(rows, key=lambda row: (row.plant, row.category)):
        cases = [_case(plants[row.plant], row, energy, lots) for row in group]
        if readings is not None:
            found.extend(_in_vain(read, cases))
        found.extend(_decide(read, cases, balances, owners))
    return found


def _in_vain(read: Reader, cases: Sequence[_Case]) -> Iterator[Due]:
    """Refuse what is named outright and never earns; a month just passes over it."""
    for case in cases:
        if not earns_certificates(case.plant, case.category, read.day, read.rules):
            refused = StorageNeverIssues(plant=encode_id(IdPrefix.PLANT, case.plant.id))
            yield Due(case.plant.id, case.month, case.category, refused)


def _latest_readings(
    read: Reader, month: date | None, readings: Sequence[int] | None
) -> list[AnyRow]:
    m = t.meter_reading.c
    query = select(m.id, m.plant, m.month, m.category, m.mechanism).ext(
        distinct_on(m.plant, m.category, m.month)
    )
    if month is not None:
        query = query.where(m.month == month)
    if readings is not None:
        query = query.where(m.id.in_(readings))
    ordered = query.order_by(m.plant, m.category, m.month, m.version.desc())
    return list(read.conn.execute(ordered))


def _energy(read: Reader, plants: set[int]) -> dict[tuple[int, str], list[tuple[date, int]]]:
    m = t.meter_reading.c
    latest = (
        select(m.plant, m.category, m.month, m.energy_kwh)
        .ext(distinct_on(m.plant, m.category, m.month))
        .where(m.plant.in_(plants))
        .order_by(m.plant, m.category, m.month, m.version.desc())
    )
    found: dict[tuple[int, str], list[tuple[date, int]]] = {}
    for row in read.conn.execute(latest):
        found.setdefault((row.plant, row.category), []).append((row.month, row.energy_kwh))
    return found


def _lots(read: Reader, plants: set[int]) -> dict[tuple[int, str], list[tuple[date, str, int]]]:
    c = t.lot.c
    rows = read.conn.execute(
        select(c.plant, c.category, c.month, c.trade, func.sum(c.size).label("units"))
        .where(c.plant.in_(plants))
        .group_by(c.plant, c.category, c.month, c.trade)
    )
    found: dict[tuple[int, str], list[tuple[date, str, int]]] = {}
    for row in rows:
        found.setdefault((row.plant, row.category), []).append(
            (row.month, row.trade, int(row.units))
        )
    return found


def _balances(read: Reader, plants: dict[int, Plant]) -> dict[tuple[int, int], tuple[int, int]]:
    b = t.balance.c
    accounts = {plant.account for plant in plants.values()}
    rows = read.conn.execute(
        select(b.account, b.instrument, b.posted, b.version).where(b.account.in_(accounts))
    )
    return {(row.account, row.instrument): (row.posted, row.version) for row in rows}


def _generator_accounts(read: Reader, plants: dict[int, Plant]) -> dict[int, int]:
    a = t.account.c
    parties = {plant.party for plant in plants.values()}
    rows = read.conn.execute(
        select(a.party, a.id).where(
            and_(a.party.in_(parties), a["class"] == "generator", a.on_behalf_of.is_(None))
        )
    )
    return {row.party: row.id for row in rows}


def _case(
    plant: Plant,
    row: AnyRow,
    energy: dict[tuple[int, str], list[tuple[date, int]]],
    lots: dict[tuple[int, str], list[tuple[date, str, int]]],
) -> _Case:
    issued = lots.get((row.plant, row.category), [])
    return _Case(
        plant=plant,
        category=row.category,
        month=row.month,
        reading=row.id,
        mechanism=row.mechanism,
        energy_to_month=sum(
            kwh for month, kwh in energy[row.plant, row.category] if month <= row.month
        ),
        certified_to_month=sum(count for month, _, count in issued if month <= row.month),
        next_serial={trade: count for month, trade, count in issued if month == row.month},
    )


def _decide(
    read: Reader,
    cases: Sequence[_Case],
    balances: dict[tuple[int, int], tuple[int, int]],
    owners: dict[int, int],
) -> Iterator[Due]:
    """Issue for the months of one plant and category, in order; each leaves its rest to the next."""
    first = cases[0]
    plant, instrument = first.plant, KWH[first.category]
    if not (plant.approved and earns_certificates(plant, first.category, read.day, read.rules)):
        return
    left, version = balances.get((plant.account, instrument), (0, 0))
    issued = 0  # here, in months before the one at hand
    for case in cases:
        unit = read.rules.integer("gec.kwh_per_cert", case.month)
        unclaimed = case.energy_to_month - (case.certified_to_month + issued) * unit
        count, carry_kwh = divmod(min(unclaimed, left), unit)
        if count <= 0:
            continue
        owner = owners.get(plant.party)
        if owner is None:
            yield Due(
                plant.id,
                case.month,
                case.category,
                GeneratorAccountMissing(plant=encode_id(IdPrefix.PLANT, plant.id)),
            )
            return
        left, issued = left - count * unit, issued + count
        expect = Expect(plant.account, instrument, version)
        version += 1
        yield Due(
            plant.id,
            case.month,
            case.category,
            _issue(read, case, (count, count * unit, carry_kwh), expect, owner),
        )


def _issue(
    read: Reader, case: _Case, amounts: tuple[int, int, int], expect: Expect, owner: int
) -> Decision:
    count, energy_kwh, carry_kwh = amounts
    new = _new_lot(read, case)
    energy = Move(case.plant.account, CERTIFIED, KWH[case.category], energy_kwh)
    issue = Move(SOURCE, owner, GEC, count, new)
    described: dict[str, Plain] = {
        "lot_id": encode_id(IdPrefix.LOT, new.id),
        "plant_id": encode_id(IdPrefix.PLANT, case.plant.id),
        "month": format_month(case.month),
        "category": case.category,
        "trade": new.trade,
        "first_serial": new.first_serial,
        "count": count,
        "valid_until": new.valid_until.isoformat(),
    }
    body = described | {
        "reading_id": encode_id(IdPrefix.READING, case.reading),
        "energy": new.energy,
        "province": new.province,
        "mechanism": new.mechanism,
        "origin_registry": new.origin_registry,
        "carry_kwh": carry_kwh,
    }
    acts = [Act("gec.issue", (energy, issue), body)]
    if has_expired(new.valid_until, read.day):
        # issued too late to be used: written off at once, in the same transaction
        gone = Move(owner, EXPIRED, GEC, count, Criteria(lot=new.id, expired=True))
        acts.append(Act("gec.expire", (gone,), {"lot_id": encode_id(IdPrefix.LOT, new.id)}))
    result: dict[str, Plain] = described | {"carry_kwh": carry_kwh}
    return Decision(tuple(acts), (expect,), result)


def _new_lot(read: Reader, case: _Case) -> NewLot:
    rules, month = read.rules, case.month
    ends = valid_until(
        month,
        rules.integer("gec.validity_months", month),
        rules.day("gec.transition_before", month),
        rules.day("gec.transition_until", month),
    )
    trade = trade_category(case.plant, case.category, read.day, rules)
    return NewLot(
        id=lot_id(GEC, ends, read.numbers.lot()),
        plant=case.plant.id,
        month=month,
        energy=case.plant.energy,
        category=case.category,
        trade=trade,
        mechanism=case.mechanism,
        province=case.plant.province,
        reading=case.reading,
        first_serial=case.next_serial.get(trade, 0),
        valid_until=ends,
        origin_registry=read.registry,
    )
