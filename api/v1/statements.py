"""`/v1/retirements/{id}/statement`: a retirement told to whoever asks, as a document that proves itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from sqlalchemy import select
from starlette.responses import Response

from api import tenancy
from api.bodies import doors
from api.dependencies import DeskPart, LogPart, ReadsPart
from api.documented import READING, files
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.log.retired import RecordUnfit
from ledger.log.statement import make_statement
from ledger.store import tables as t
from ledger.store.queries.acts import parts, reversed_by
from schemas.fields import RetirementId
from schemas.records.statement import STATEMENT

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from settlement.desk import AnyRow

router = doors("retirements")
_MEDIA_TYPE: Final = "application/vc"
_SCHEMA: Final = {name: told for name, told in STATEMENT.items() if not name.startswith("$")}


@router.get(
    "/retirements/{retirement_id}/statement", **files(_MEDIA_TYPE, *READING, 409, schema=_SCHEMA)
)
def retirements_statement(
    caller: Annotated[Caller, require("statements:read")],
    retirement_id: RetirementId,
    reads: ReadsPart,
    desk: DeskPart,
    log: LogPart,
) -> Response:
    """State a retirement as a W3C Verifiable Credential that carries its logged records and their proofs.

    The records show who acted and from which account: whoever is handed the statement sees both.
    """
    records = _records(reads, caller, retirement_id)
    proofs = [log.prove(row.idx, bytes(row.body)) for row in records]
    try:
        raw = make_statement(proofs, log.policy(), log.statement_key, desk.clock())
    except RecordUnfit as fault:
        raise Problem(DoorCode.RETIREMENT_ELSEWHERE) from fault
    return Response(raw, media_type=_MEDIA_TYPE, headers={"cache-control": "no-store"})


def _records(reads: Engine, caller: Caller, retirement: int) -> list[AnyRow]:
    """Read the records of a retirement the caller may have stated, each with its place in the log."""
    with reads.connect() as conn:
        back = reversed_by(t.retirement.c.journal)
        mine = tenancy.rows(caller, "statement").add_columns(back)
        row = conn.execute(mine.where(t.retirement.c.id == retirement)).first()
        if row is None:
            raise Problem(DoorCode.NOT_FOUND)
        if row.reversed_by is not None:
            raise Problem(DoorCode.RETIREMENT_REVERSED)
        return _parts(conn, row.journal)


def _parts(conn: Connection, journal: int) -> list[AnyRow]:
    j, leaf = t.journal.c, t.log_leaf.c
    query = (
        select(j.body, leaf.idx)
        .select_from(t.journal.outerjoin(t.log_leaf, leaf.seq == j.seq))
        .where(j.seq.in_(parts(journal)))
        .order_by(j.seq)
    )
    return list(conn.execute(query))
