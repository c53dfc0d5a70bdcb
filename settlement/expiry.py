"""The clock's own acts: certificates past validity, holds and approvals that ran out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from ledger.model.account import CONTRA_LIMIT, EXPIRED, REGISTRY_PARTY
from ledger.model.command import Act, Actor, CloseHold, Criteria, FromHold, Move
from ledger.model.instrument import GEC
from ledger.model.lot import lot_floor
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.approvals import lapse
from settlement.desk import Decision, Envelope

if TYPE_CHECKING:
    from settlement.desk import AnyRow, Desk, Reader

SYSTEM: Final = Actor(party=REGISTRY_PARTY, person="registry clock", client=1)
_BATCH: Final = 500  # acts per round, so that one run never holds the writer for long


@dataclass(frozen=True, slots=True)
class Lapsed:
    """What one run ended."""

    certificates: int
    holds: int
    approvals: int


def expire(desk: Desk) -> Lapsed:
    """End everything whose time is over, in bounded rounds; running it twice ends nothing twice.

    Approvals go before holds, since theirs are ended with them; holds before certificates.
    """
    approvals = _rounds(desk, _lapsed_approvals)
    holds = _rounds(desk, _lapsed_holds)
    return Lapsed(_rounds(desk, _expired_units), holds, approvals)


def _rounds(desk: Desk, find: Callable[[Reader], Sequence[tuple[str, int, Decision]]]) -> int:
    ended = 0
    while True:
        with desk.reader() as reader:
            found = find(reader)
        if not found:
            return ended
        for (_, units, _), answer in zip(found, _post(desk, found), strict=True):
            if "journals" not in answer:
                return ended  # somebody acted meanwhile; the next run sees what is left
            ended += units


def _post(desk: Desk, found: Sequence[tuple[str, int, Decision]]) -> list[dict[str, Any]]:
    envelopes = [Envelope(key, sha256(key.encode()).digest()) for key, _, _ in found]
    decisions = [decision for _, _, decision in found]
    answers = desk.post_many(SYSTEM, envelopes, lambda _: decisions)
    return [dict(answer.outcome or {}) for answer in answers]


def _lapsed_approvals(read: Reader) -> list[tuple[str, int, Decision]]:
    a = t.approval.c
    due = select(a.id).where(a.state == "pending", a.expires_at <= read.now).limit(_BATCH)
    return [(f"lapse:approval:{row.id}", 1, lapse(read, row.id)) for row in read.conn.execute(due)]


def _lapsed_holds(read: Reader) -> list[tuple[str, int, Decision]]:
    h = t.hold.c
    due = (
        select(h.id, h.account, h.instrument)
        .where(h.remaining > 0, h.kind != "approval", h.expires_at <= read.now)
        .order_by(h.expires_at)
        .limit(_BATCH)
    )
    return [
        (f"lapse:hold:{row.id}", 1, _close(row.id, row.account, row.instrument))
        for row in read.conn.execute(due)
    ]


def _close(hold: int, account: int, instrument: int) -> Decision:
    closing = CloseHold(hold, account, instrument, expired=True)
    return Decision((Act("hold.expire", (closing,), {"hold": encode_id(IdPrefix.HOLD, hold)}),))


def _expired_units(read: Reader) -> list[tuple[str, int, Decision]]:
    """Write off what lots past their validity still hold, free or held: one act a lot and account."""
    p, limit = t.parcel.c, lot_floor(GEC, read.day)
    following = func.lead(p.lo).over(partition_by=p.lot, order_by=p.lo)
    runs = (
        select(p.lot, p.account, p.hold, (func.coalesce(following, p.size) - p.lo).label("units"))
        .where(p.lot < limit)
        .subquery()
    )
    r = runs.c
    due = (
        select(r.lot, r.account, r.hold, func.sum(r.units).label("units"))
        .where(r.account >= CONTRA_LIMIT)
        .group_by(r.lot, r.account, r.hold)
        .order_by(r.lot, r.account, r.hold)
        .limit(_BATCH)
    )
    return [_write_off(read, row) for row in read.conn.execute(due)]


def _write_off(read: Reader, row: AnyRow) -> tuple[str, int, Decision]:
    units = int(row.units)
    source = FromHold(row.hold, row.lot) if row.hold else Criteria(lot=row.lot, expired=True)
    move = Move(row.account, EXPIRED, GEC, units, source)
    act = Act("gec.expire", (move,), {"lot_id": encode_id(IdPrefix.LOT, row.lot)})
    key = f"expire:{row.lot}:{row.account}:{row.hold or 0}:{units}:{read.day.isoformat()}"
    return key, units, Decision((act,))
