"""Issuance: whole certificates out of a plant's metered energy, the remainder carried on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy import case as when
from sqlalchemy.dialects.postgresql import distinct_on

from ledger.model.account import CERTIFIED, EXPIRED, REVOKED, SOURCE
from ledger.model.command import Act, Criteria, Expect, Move, NewLot, Plain
from ledger.model.instrument import GEC, KWH
from ledger.model.lot import lot_id
from ledger.refusals import GeneratorAccountMissing, StorageNeverIssues
from ledger.rules.expiry import has_expired
from ledger.rules.issuance import PUSHED, earns_certificates, last_day, trade_category
from ledger.store import tables as t
from ledger.store.queries.acts import record
from ledger.store.queries.among import among
from schemas.calendar import format_month
from schemas.identifiers import IdPrefix, encode_id
from settlement.ccer import crediting, freeze_issued
from settlement.desk import Decision
from settlement.readings import plants_by_id
from settlement.refusals import RecorderMayNotIssue

if TYPE_CHECKING:
    from ledger.model.plant import Plant
    from ledger.refusals import Refusal
    from settlement.ccer import Crediting
    from settlement.desk import AnyRow, Reader


@dataclass(frozen=True, slots=True)
class Due:
    """A plant-month with whole certificates due, and the decision that issues them."""

    plant: int
    month: date
    category: str
    decision: Decision | Refusal


class _Metered(NamedTuple):
    """The latest reading of a month, and who recorded it, if no grid or exchange sent it."""

    month: date
    energy_kwh: int
    reading: int
    by_hand: str | None


class _Issued(NamedTuple):
    """What was issued for a month in one trade category, and what of it was revoked."""

    month: date
    trade: str
    units: int
    revoked: int


class _Holders(NamedTuple):
    """Who gets what is issued, by the plant's party; and the projects for which it is frozen, by plant."""

    first: dict[int, int]
    projects: dict[int, list[Crediting]]


class _Case(NamedTuple):
    """One plant-month of one category: what was metered, what was certified, what is left."""

    plant: Plant
    category: str
    month: date
    reading: int
    own_record: int | None  # a reading up to this month that who asks recorded by hand
    mechanism: bool
    energy_to_month: int  # kWh of all months up to this one, latest versions
    certified_to_month: int  # certificates of lots up to this month, less those revoked
    next_serial: dict[str, int]  # by trade category, in this month's series; revoked ones count


def due(
    read: Reader,
    month: date | None = None,
    readings: Sequence[int] | None = None,
    person: str | None = None,
) -> list[Due]:
    """Find what is due for a month, or for the plant-months of some readings, and decide each.

    A month's lot takes the energy up to that month that no lot has taken; what is below one
    certificate stays as the balance of the plant's account, and what is below zero is a debt that
    later energy pays first. Who asks, `person`, may not have recorded any of the energy by
    hand. Source: 67号 — a month's energy below one certificate is carried to the next.
    """
    rows = _latest_readings(read, month, readings)
    plants = plants_by_id(read, {row.plant for row in rows})
    energy, lots = _energy(read, set(plants)), _lots(read, set(plants))
    balances = _balances(read, plants)
    holders = _Holders(_first_holders(read, plants), crediting(read, set(plants)))
    found: list[Due] = []
    for _, group in groupby(rows, key=lambda row: (row.plant, row.category)):
        cases = [_case(plants[row.plant], row, person, energy, lots) for row in group]
        if readings is not None:
            found.extend(_in_vain(read, cases))
        found.extend(_decide(read, cases, balances, holders))
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
        query = query.where(among(m.id, readings))
    ordered = query.order_by(m.plant, m.category, m.month, m.version.desc())
    return list(read.conn.execute(ordered).all())


def _energy(read: Reader, plants: set[int]) -> dict[tuple[int, str], list[_Metered]]:
    m = t.meter_reading.c
    # A record is only opened where it matters: to read one takes longer than to decide a lot.
    recorder = when((m.source.not_in(sorted(PUSHED)), record()["actor"]["person"].astext))
    latest = (
        select(m.plant, m.category, m.month, m.energy_kwh, m.id, recorder.label("by_hand"))
        .ext(distinct_on(m.plant, m.category, m.month))
        .join_from(t.meter_reading, t.journal, t.journal.c.seq == m.journal)
        .where(among(m.plant, plants))
        .order_by(m.plant, m.category, m.month, m.version.desc())
    )
    found: dict[tuple[int, str], list[_Metered]] = {}
    for plant, category, *metered in read.conn.execute(latest).all():
        found.setdefault((plant, category), []).append(_Metered(*metered))
    return found


def _lots(read: Reader, plants: set[int]) -> dict[tuple[int, str], list[_Issued]]:
    c, p = t.lot.c, t.posting.c
    gone = (
        select(func.coalesce(func.sum(p.amount), 0))
        .where(p.lot == c.id, p.credit == REVOKED)
        .correlate(t.lot)
        .scalar_subquery()
    )
    each = select(c.plant, c.category, c.month, c.trade, c.size, gone.label("revoked"))
    lots = each.where(among(c.plant, plants)).subquery().c
    rows = read.conn.execute(
        select(lots.plant, lots.category, lots.month, lots.trade)
        .add_columns(func.sum(lots.size).label("units"), func.sum(lots.revoked).label("revoked"))
        .group_by(lots.plant, lots.category, lots.month, lots.trade)
    ).all()
    found: dict[tuple[int, str], list[_Issued]] = {}
    for plant, category, month, trade, units, revoked in rows:
        issued = _Issued(month, trade, int(units), int(revoked))
        found.setdefault((plant, category), []).append(issued)
    return found


def _balances(read: Reader, plants: dict[int, Plant]) -> dict[tuple[int, int], tuple[int, int]]:
    b = t.balance.c
    accounts = {plant.account for plant in plants.values()}
    rows = read.conn.execute(
        select(b.account, b.instrument, b.posted, b.version).where(among(b.account, accounts))
    )
    return {
        (account, instrument): (posted, version)
        for account, instrument, posted, version in rows.all()
    }


def _first_holders(read: Reader, plants: dict[int, Plant]) -> dict[int, int]:
    """Find where owners hold what is issued: with themselves, or else with an agent for them."""
    a = t.account.c
    parties = {plant.party for plant in plants.values()}
    own = and_(a["class"] == "generator", a.on_behalf_of.is_(None), among(a.party, parties))
    kept = and_(a["class"] == "agent", among(a.on_behalf_of, parties))
    owner = func.coalesce(a.on_behalf_of, a.party).label("owner")
    rows = read.conn.execute(
        select(owner, a.id)
        .ext(distinct_on(owner))
        .where(or_(own, kept), a.status == "open")
        .order_by(owner, a.on_behalf_of.is_not(None), a.id)
    )
    return dict(map(tuple, rows.all()))


def _case(
    plant: Plant,
    row: AnyRow,
    person: str | None,
    energy: dict[tuple[int, str], list[_Metered]],
    lots: dict[tuple[int, str], list[_Issued]],
) -> _Case:
    issued = lots.get((row.plant, row.category), [])
    metered = [m for m in energy[row.plant, row.category] if m.month <= row.month]
    own = (m.reading for m in metered if person is not None and m.by_hand == person)
    return _Case(
        plant=plant,
        category=row.category,
        month=row.month,
        reading=row.id,
        own_record=next(own, None),
        mechanism=row.mechanism,
        energy_to_month=sum(m.energy_kwh for m in metered),
        certified_to_month=sum(i.units - i.revoked for i in issued if i.month <= row.month),
        next_serial={i.trade: i.units for i in issued if i.month == row.month},
    )


def _decide(
    read: Reader,
    cases: Sequence[_Case],
    balances: dict[tuple[int, int], tuple[int, int]],
    holders: _Holders,
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
        owner = holders.first.get(plant.party)
        if owner is None or case.own_record is not None:
            yield Due(plant.id, case.month, case.category, _refused(case))
            return
        left, issued = left - count * unit, issued + count
        expect = Expect(plant.account, instrument, version)
        version += 1
        yield Due(
            plant.id,
            case.month,
            case.category,
            _issue(read, case, (count, count * unit, carry_kwh), expect, holders),
        )


def _refused(case: _Case) -> Refusal:
    if case.own_record is not None:
        return RecorderMayNotIssue(reading=encode_id(IdPrefix.READING, case.own_record))
    return GeneratorAccountMissing(plant=encode_id(IdPrefix.PLANT, case.plant.id))


def _issue(
    read: Reader, case: _Case, amounts: tuple[int, int, int], expect: Expect, holders: _Holders
) -> Decision:
    owner = holders.first[case.plant.party]
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
    else:
        acts += freeze_issued(read, holders.projects, new, owner, count)
    result: dict[str, Plain] = described | {"carry_kwh": carry_kwh}
    return Decision(tuple(acts), (expect,), result)


def _new_lot(read: Reader, case: _Case) -> NewLot:
    rules, month = read.rules, case.month
    ends = last_day(month, rules)
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
