"""`/v1/journals`: acts as they were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from sqlalchemy import or_, select
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets
from api.idempotency import json_response
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.model.instrument import by_id
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import JournalId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.journals import JournalTold

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from settlement.desk import AnyRow

router = doors("journals")


@router.get("/journals/{journal_id}", **gets(JournalTold))
def journals_get(
    caller: Annotated[Caller, require("journals:read")], journal_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell a journal to those whose units it moved and to whoever acted, as the bytes that are hashed."""
    j = t.journal.c
    own = or_(tenancy.within(caller, "act"), caller.scope.covers(j.party))
    with reads.connect() as conn:
        row = conn.execute(select(t.journal).where(j.seq == journal_id, own)).first()
        if row is None:
            raise Problem(DoorCode.NOT_FOUND)
        return json_response(_told(row, _postings(conn, journal_id)))


def _postings(conn: Connection, journal: int) -> list[dict[str, Any]]:
    p, lot = t.posting.c, t.lot.c
    query = (
        select(t.posting, (lot.first_serial + p.lo).label("first"))
        .outerjoin(t.lot, lot.id == p.lot)
        .where(p.journal == journal)
        .order_by(p.n)
    )
    return [_posting(row) for row in conn.execute(query)]


def _posting(row: AnyRow) -> dict[str, Any]:
    instrument = by_id(row.instrument)
    return {
        "n": row.n,
        "debit": encode_id(IdPrefix.ACCOUNT, row.debit),
        "credit": encode_id(IdPrefix.ACCOUNT, row.credit),
        "instrument": instrument.code,
        "unit": instrument.unit,
        "amount": row.amount,
        "lot_id": encode_id(IdPrefix.LOT, row.lot) if row.lot is not None else None,
        "first_serial": row.first,
        "price_fen_per_unit": row.price_fen,
    }


def _told(row: AnyRow, postings: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "journal_id": encode_id(IdPrefix.JOURNAL, row.seq),
        "group": encode_id(IdPrefix.JOURNAL, row.grp),
        "part": row.part,
        "kind": row.kind,
        "at": instant_text(row.at),
        "day": row.day.isoformat(),
        "record": bytes(row.body).decode(),
        "leaf": bytes(row.leaf).hex(),
        "sealed": False,
        "postings": postings,
    }
