"""`/v1/events`: the sealed log as a feed of what the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from sqlalchemy import select
from starlette.responses import Response

from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets
from api.idempotency import json_response
from api.paging import LIMIT_MAX, LIMIT_USUAL
from api.security import Caller, require
from ledger.log.tree import SIZE_MAX
from ledger.store import tables as t
from ledger.store.queries.events import EventRow, events
from schemas.calendar import instant_text
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.log import EventList

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = doors("events")


@router.get("/events", **gets(EventList))
def events_list(
    caller: Annotated[Caller, require("events:read")],
    reads: ReadsPart,
    after: Annotated[
        int, Query(ge=-1, le=SIZE_MAX, description="The last index seen; -1 for none.")
    ] = -1,
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = LIMIT_USUAL,
) -> Response:
    """List what concerns the caller in the order of the log; then ask again with `after=next_after`.

    Indices increase, and gaps between them are others' acts. An index that was told is never told
    to be anything else.
    """
    with reads.connect() as conn:
        feed = events(conn, _parties(conn, caller), after, limit)
    told = {
        "items": [_told(row) for row in feed.items],
        "next_after": feed.next_after,
        "size": feed.size,
    }
    return json_response(told)


def _parties(conn: Connection, caller: Caller) -> list[int] | None:
    """List the parties whose events a caller sees, None for everybody's."""
    if caller.scope.everyone:
        return None
    if caller.scope.province is None:
        return [caller.party]
    query = select(t.party.c.id).where(caller.scope.covers(t.party.c.id))
    return [int(number) for (number,) in conn.execute(query)]


def _told(row: EventRow) -> dict[str, Any]:
    name = encode_id(IdPrefix.JOURNAL, row.seq)
    return {
        "index": row.index,
        "type": row.kind,
        "at": instant_text(row.at),
        "journal_id": name,
        "group": encode_id(IdPrefix.JOURNAL, row.group),
        "part": row.part,
        "links": {"journal": f"/v1/journals/{name}", "proof": f"/v1/journals/{name}/proof"},
    }
