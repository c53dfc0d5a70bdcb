"""Meter readings: what a plant fed in, by month and category, in versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.account import SOURCE
from ledger.model.command import Act, Enter, Move, Plain
from ledger.model.instrument import KWH
from ledger.model.plant import Plant
from ledger.refusals import (
    PlantNotApproved,
    ReadingConflict,
    ReadingVersionWrong,
    Refusal,
)
from ledger.rules.issuance import check_reading
from ledger.rules.rulebook import NotInForce
from ledger.store import tables as t
from ledger.store.queries.among import among, rows_among
from schemas.calendar import format_month
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class Reading:
    """Energy a plant metered in a month, in kWh; a correction comes as the next version."""

    plant: int
    month: date
    category: str
    energy_kwh: int
    mechanism: bool
    source: str
    version: int


@dataclass(frozen=True, slots=True)
class Filed:
    """A reading on file."""

    id: int
    reading: Reading


def record_readings(
    read: Reader, actor: Actor, readings: Sequence[Reading]
) -> list[Decision | Refusal]:
    """Decide readings, each for itself, in order; the same version with the same content is no news."""
    plants = plants_by_id(read, {reading.plant for reading in readings})
    latest = _latest(read, readings)
    decided: list[Decision | Refusal] = []
    for reading in readings:
        try:
            decision, filed = _record(read, plants.get(reading.plant), reading, latest)
        except Refusal as refusal:
            decided.append(refusal)
        except NotInForce as missing:
            decided.append(missing.refused())
        else:
            latest[_key(reading)] = filed
            decided.append(decision)
    return decided


def plants_by_id(read: Reader, ids: Iterable[int]) -> dict[int, Plant]:
    """Read plants as the rules need them."""
    p, a = t.plant.c, t.plant_approval.c
    rows = read.conn.execute(
        select(
            p.id,
            p.party,
            p.account,
            p.energy,
            p.capacity_kw,
            p.commissioned_on,
            p.province,
            p.market_based,
            p.storage,
            a.plant.is_not(None).label("approved"),
        )
        .join_from(t.plant, t.plant_approval, a.plant == p.id, isouter=True)
        .where(among(p.id, set(ids)))
    )
    return {row[0]: Plant(*row) for row in rows.all()}


def _key(reading: Reading) -> tuple[int, date, str]:
    return reading.plant, reading.month, reading.category


def _latest(read: Reader, readings: Sequence[Reading]) -> dict[tuple[int, date, str], Filed]:
    m = t.meter_reading.c
    keys = {_key(reading) for reading in readings}
    rows = read.conn.execute(
        select(m.id, m.plant, m.month, m.category, m.energy_kwh, m.mechanism, m.source, m.version)
        .where(rows_among((m.plant, m.month, m.category), keys))
        .order_by(m.version)
    )
    filed = (Filed(row[0], Reading(*row[1:])) for row in rows)
    return {_key(item.reading): item for item in filed}


def _record(
    read: Reader,
    plant: Plant | None,
    reading: Reading,
    latest: dict[tuple[int, date, str], Filed],
) -> tuple[Decision, Filed]:
    if plant is None:
        raise PlantNotApproved(plant=encode_id(IdPrefix.PLANT, reading.plant))
    before = latest.get(_key(reading))
    if before is not None and reading.version <= before.reading.version:
        return _unchanged(before, reading)
    _check_version(before, reading)
    check_reading(plant, reading.month, reading.energy_kwh, read.day, read.rules)
    filed = Filed(read.numbers.entity(), reading)
    return _enter(plant, before, filed), filed


def _unchanged(before: Filed, reading: Reading) -> tuple[Decision, Filed]:
    if before.reading != reading:
        raise ReadingConflict(
            plant=encode_id(IdPrefix.PLANT, reading.plant),
            month=format_month(reading.month),
            version=reading.version,
        )
    return Decision((), result=_result(before) | {"unchanged": True}), before


def _check_version(before: Filed | None, reading: Reading) -> None:
    expected = before.reading.version + 1 if before else 1
    if reading.version != expected:
        raise ReadingVersionWrong(
            plant=encode_id(IdPrefix.PLANT, reading.plant),
            month=format_month(reading.month),
            version=reading.version,
            expected_version=expected,
        )


def entry_of(filed: Filed) -> Enter:
    """Write the register's row of a reading."""
    reading = filed.reading
    return Enter(
        "meter_reading",
        {
            "id": filed.id,
            "plant": reading.plant,
            "month": reading.month.isoformat(),
            "category": reading.category,
            "version": reading.version,
            "energy_kwh": reading.energy_kwh,
            "mechanism": reading.mechanism,
            "source": reading.source,
        },
    )


def _enter(plant: Plant, before: Filed | None, filed: Filed) -> Decision:
    """File a version and post what it adds to, or takes from, the version before."""
    reading, instrument = filed.reading, KWH[filed.reading.category]
    change = reading.energy_kwh - (before.reading.energy_kwh if before else 0)
    moves: tuple[Move, ...] = ()
    if change > 0:
        moves = (Move(SOURCE, plant.account, instrument, change),)
    if change < 0:
        moves = (Move(plant.account, SOURCE, instrument, -change),)
    return Decision(
        (Act("reading.record", (entry_of(filed), *moves), _body(filed)),), result=_result(filed)
    )


def _body(filed: Filed) -> dict[str, Plain]:
    reading = filed.reading
    return _result(filed) | {"mechanism": reading.mechanism, "source": reading.source}


def _result(filed: Filed) -> dict[str, Plain]:
    reading = filed.reading
    return {
        "reading_id": encode_id(IdPrefix.READING, filed.id),
        "plant_id": encode_id(IdPrefix.PLANT, reading.plant),
        "month": format_month(reading.month),
        "category": reading.category,
        "version": reading.version,
        "energy_kwh": reading.energy_kwh,
    }
