"""Serials as they are told: runs as long as they are unbroken, with certificate codes where asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ledger.model.certificate_code import DEFAULT_CODE_MAP, CertificateName, encode
from ledger.model.serials import SerialRange
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from api.idempotency import Outcome, Shape
    from settlement.desk import AnyRow


def unbroken(moved: Iterable[Iterable[int]]) -> list[tuple[int, SerialRange]]:
    """Join (lot, first serial, count) into runs without gaps, by lot and serial."""
    runs: list[tuple[int, SerialRange]] = []
    for lot, first, count in sorted(tuple(piece) for piece in moved):
        run = SerialRange(first, count)
        if runs and runs[-1][0] == lot and runs[-1][1].end == first:
            run = runs.pop()[1].merge(run)
        runs.append((lot, run))
    return runs


def told(moved: Iterable[Iterable[int]]) -> list[dict[str, Any]]:
    """Tell serials."""
    return [_run(lot, run) for lot, run in unbroken(moved)]


def _run(lot: int, run: SerialRange) -> dict[str, Any]:
    return {
        "lot_id": encode_id(IdPrefix.LOT, lot),
        "first_serial": run.first,
        "count": run.count,
    }


def coded(conn: Connection, moved: Iterable[Iterable[int]]) -> list[dict[str, Any]]:
    """Tell serials with the codes of the first and last certificate of each run."""
    runs = unbroken(moved)
    lots = _named(conn, {lot for lot, _ in runs})
    return [_run(lot, run) | codes(lots[lot], run.first, run.count) for lot, run in runs]


def codes(lot: AnyRow, first: int, count: int) -> dict[str, str]:
    """Write the codes of the first and last of some certificates of a lot."""
    return {
        "first_code": _code(lot, first),
        "last_code": _code(lot, first + count - 1),
    }


def _code(lot: AnyRow, serial: int) -> str:
    name = CertificateName(lot.registration_code, lot.month, serial, lot.category, lot.trade)
    return encode(DEFAULT_CODE_MAP, name)


def _named(conn: Connection, lots: set[int]) -> Mapping[int, AnyRow]:
    lot, plant = t.lot.c, t.plant.c
    query = (
        select(lot.id, lot.month, lot.category, lot.trade, plant.registration_code)
        .join_from(t.lot, t.plant, plant.id == lot.plant)
        .where(lot.id.in_(lots))
    )
    return {row.id: row for row in conn.execute(query)}


def with_codes(shape: Shape, reads: Engine) -> Shape:
    """Extend a shape by the serials moved, with codes; a lot's name never changes.

    A dry run's lots are there already: only what is issued makes new ones.
    """

    def tell(outcome: Outcome) -> dict[str, Any]:
        with reads.connect() as conn:
            return {**shape(outcome), "serials": coded(conn, outcome["moved"])}

    return tell
