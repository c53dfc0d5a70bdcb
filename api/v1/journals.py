"""`/v1/journals`: acts as they were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from sqlalchemy import select
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import LogPart, ReadsPart
from api.documented import READING, files, gets
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
_PROOF: Final = "text/plain; charset=utf-8"


@router.get("/journals/{journal_id}", **gets(JournalTold))
def journals_get(
    caller: Annotated[Caller, require("journals:read")], journal_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell a journal to those whose units it moved and to whoever acted, as the bytes that are hashed."""
    with reads.connect() as conn:
        row = _found(conn, caller, journal_id)
        return json_response(_told(row, _postings(conn, journal_id)))


@router.get("/journals/{journal_id}/proof", **files(_PROOF, *READING, 409))
def journals_proof(
    caller: Annotated[Caller, require("journals:read")],
    journal_id: JournalId,
    reads: ReadsPart,
    log: LogPart,
) -> Response:
    """Prove that a journal's record is in the log, under the checkpoint that is published now.

    A C2SP tlog-proof; its extra data is the record's bytes, so that nothing else is needed to check it.
    """
    with reads.connect() as conn:
        row = _found(conn, caller, journal_id)
    proof = log.prove(row.idx, bytes(row.body))
    return Response(bytes(proof), media_type=_PROOF, headers={"cache-control": "no-store"})


def _found(conn: Connection, caller: Caller, journal: int) -> AnyRow:
    """Read a journal of the caller's and its place in the log, None while it has none."""
    j, leaf = t.journal.c, t.log_leaf.c
    query = tenancy.rows(caller, "journal").add_columns(leaf.idx)
    placed = query.select_from(t.journal.outerjoin(t.log_leaf, leaf.seq == j.seq))
    row = conn.execute(placed.where(j.seq == journal)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return row


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
    name = encode_id(IdPrefix.JOURNAL, row.seq)
    return {
        "journal_id": name,
        "group": encode_id(IdPrefix.JOURNAL, row.grp),
        "part": row.part,
        "kind": row.kind,
        "at": instant_text(row.at),
        "day": row.day.isoformat(),
        "record": bytes(row.body).decode(),
        "leaf": bytes(row.leaf).hex(),
        "sealed": row.idx is not None,
        "leaf_index": row.idx,
        "links": {"journal": f"/v1/journals/{name}", "proof": f"/v1/journals/{name}/proof"},
        "postings": postings,
    }
