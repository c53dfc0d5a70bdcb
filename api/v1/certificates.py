"""`/v1/certificates`: one certificate found by its code (绿证编码), with its whole history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from sqlalchemy import and_, select
from starlette.responses import Response

from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets
from api.idempotency import json_response
from api.problems import DoorCode, Problem
from api.security import Caller, require
from api.v1 import lots
from ledger.model.account import CONTRA_LIMIT, EXPIRED, RETIRED
from ledger.model.certificate_code import DEFAULT_CODE_MAP, CertificateName, decode
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.lots import CertificateTold

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from settlement.desk import AnyRow

router = doors("lots")
_SINKS: Final = {RETIRED: "retired", EXPIRED: "expired"}


@router.get("/certificates/{code}", **gets(CertificateTold))
def certificates_get(
    caller: Annotated[Caller, require("lots:read")], code: str, reads: ReadsPart
) -> Response:
    """Tell a certificate's face, its state and what happened to it, to whoever has its code.

    Accounts, parties and prices are told only where the caller may see them.
    """
    name = decode(DEFAULT_CODE_MAP, code)
    with reads.connect() as conn:
        lot = _lot(conn, name) if name else None
        if name is None or lot is None:
            raise Problem(DoorCode.NOT_FOUND)
        offset = name.serial - lot.first_serial
        seen = _Seen(conn, caller)
        body = {
            "code": code,
            "serial": name.serial,
            "lot": lots.told(lot),
            "plant_name": lot.plant_name,
            **_holding(seen, lot.id, offset),
            "history": _history(seen, lot.id, offset),
        }
    return json_response(body)


def _lot(conn: Connection, name: CertificateName) -> AnyRow | None:
    lot, plant = t.lot.c, t.plant.c
    query = (
        select(t.lot, plant.name.label("plant_name"))
        .join_from(t.lot, t.plant, plant.id == lot.plant)
        .where(
            plant.registration_code == name.plant_code,
            lot.month == name.month,
            lot.category == name.category,
            lot.trade == name.trade,
            lot.first_serial <= name.serial,
            lot.past_serial > name.serial,
        )
    )
    return conn.execute(query).first()


class _Seen:
    """Which accounts the caller may see, asked for a few at a time."""

    def __init__(self, conn: Connection, caller: Caller) -> None:
        """Ask over a connection that is open already."""
        self.conn = conn
        self._caller = caller

    def parties(self, accounts: set[int]) -> dict[int, int]:
        """Answer the accounts the caller may see, each with its party."""
        a = t.account.c
        visible = and_(a.id >= CONTRA_LIMIT, self._caller.scope.covers(a.party))
        query = select(a.id, a.party).where(a.id.in_(accounts), visible)
        return {row.id: row.party for row in self.conn.execute(query)}


def _holding(seen: _Seen, lot: int, offset: int) -> dict[str, Any]:
    p = t.parcel.c
    at = select(p.account, p.hold).where(p.lot == lot, p.lo <= offset)
    parcel = seen.conn.execute(at.order_by(p.lo.desc()).limit(1)).one()
    party = seen.parties({parcel.account}).get(parcel.account)
    known = party is not None
    return {
        "state": _SINKS.get(parcel.account, "held"),
        "holder_account": encode_id(IdPrefix.ACCOUNT, parcel.account) if known else None,
        "holder_party": encode_id(IdPrefix.PARTY, party) if party is not None else None,
        "hold_id": encode_id(IdPrefix.HOLD, parcel.hold) if known and parcel.hold else None,
    }


def _history(seen: _Seen, lot: int, offset: int) -> list[dict[str, Any]]:
    j, p = t.journal.c, t.posting.c
    query = (
        select(p.journal, p.debit, p.credit, p.price_fen, j.kind, j.at, j.day)
        .join_from(t.posting, t.journal, j.seq == p.journal)
        .where(p.lot == lot, p.lo <= offset, p.lo + p.amount > offset)
        .order_by(p.journal, p.n)
    )
    rows = seen.conn.execute(query).all()
    visible = seen.parties({account for row in rows for account in (row.debit, row.credit)})
    return [_event(row, visible.keys()) for row in rows]


def _event(row: AnyRow, visible: Any) -> dict[str, Any]:
    entitled = row.debit in visible or row.credit in visible
    return {
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
        "kind": row.kind,
        "at": instant_text(row.at),
        "day": row.day.isoformat(),
        "from_account": _account(row.debit) if entitled else None,
        "to_account": _account(row.credit) if entitled else None,
        "price_fen": row.price_fen if entitled else None,
    }


def _account(number: int) -> str:
    return encode_id(IdPrefix.ACCOUNT, number)
