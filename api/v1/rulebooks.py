"""`/v1/rulebooks` and `/v1/factors`: the rules in force, and provinces' yearly figures."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Path, Query
from sqlalchemy import select
from starlette.responses import Response

from api.approvals import Operation, perform, register
from api.as_of import AsOfSize, check_size
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from api.v1 import caps
from ledger.rules.open_point import spelt
from ledger.rules.parameter import Parameter, kind_of
from ledger.rules.rulebook import Rules
from ledger.store import tables as t
from ledger.store.queries import rulebooks as queries
from ledger.store.queries.among import among
from schemas.fields import Day, Place, Word
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.rulebooks import (
    DifferenceTold,
    FactorBody,
    FactorList,
    FactorPosted,
    RulebookBody,
    RulebookList,
    RulebookPosted,
    RulebookText,
    RulesTold,
)
from settlement.factors import FactorOrder, set_factor
from settlement.rulebooks import adopt_rulebook, parsed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("rulebooks")
_VERSION_MAX: Final = 2**31 - 1


def _adopt(read: Reader, actor: Actor, model: RulebookBody, _hold: int | None) -> Decision:
    return adopt_rulebook(read, actor, model.toml.encode())


ADOPT: Final = register(
    Operation("rulebook.adopt", "rulebooks:write", RulebookBody, _adopt, always=True)
)


@router.post("/rulebooks", **posts(RulebookPosted, eyes=True))
def rulebooks_create(
    caller: Annotated[Caller, require("rulebooks:write")], body: RulebookBody, ask: Asked
) -> Response:
    """Propose a rulebook; a second person adopts it, and from then on its bytes rule."""
    return ask.post(lambda read: perform(read, caller.actor, ADOPT, body))


@router.get("/rulebooks", dependencies=[require("rulebooks:read")], **gets(RulebookList))
def rulebooks_list(
    reads: ReadsPart,
    page: Paged,
    name: Annotated[Word | None, Query()] = None,
    key_date: Annotated[Day | None, Query(description="Only books in force for this date.")] = None,
    as_of_size: AsOfSize = None,
) -> Response:
    """List adopted rulebooks in the order of adoption; the last version of a name is in force."""
    b = t.rulebook.c
    query = queries.adopted(as_of_size)
    if name is not None:
        query = query.where(b.name == name)
    with reads.connect() as conn:
        check_size(conn, as_of_size)
        if key_date is not None:
            query = query.where(among(b.journal, _ruling(conn, key_date, as_of_size)))
    return json_response(page.read(reads, query, (b.journal,), told))


@router.get("/rulebooks/in-force", dependencies=[require("rulebooks:read")], **gets(RulesTold))
def rulebooks_in_force(
    reads: ReadsPart,
    key_date: Annotated[Day, Query(description="The date of a case; a year by its first day.")],
    as_of_size: AsOfSize = None,
) -> Response:
    """Tell every value in force for a key date, by name, as known when the log had a size."""
    with reads.connect() as conn:
        check_size(conn, as_of_size)
        books = queries.in_force(conn, as_of_size)
    rules = Rules(tuple(parsed(bytes(row.raw)) for row in books))
    found = (rules.find(name, key_date) for name in rules.names())
    answer = {
        "key_date": key_date.isoformat(),
        "as_of_size": as_of_size,
        "digest": rules.digest,
        "rulebooks": [told(row) for row in books],
        "parameters": [parameter_told(span) for span in found if span is not None],
    }
    return json_response(answer)


@router.get(
    "/rulebooks/{name}/difference",
    dependencies=[require("rulebooks:read")],
    **gets(DifferenceTold),
)
def rulebooks_difference(
    name: Word,
    reads: ReadsPart,
    old: Annotated[int, Query(alias="from", ge=1, le=_VERSION_MAX)],
    new: Annotated[int, Query(alias="to", ge=1, le=_VERSION_MAX)],
) -> Response:
    """Tell what changes from one adopted version of a rulebook to another, by name and date."""
    with reads.connect() as conn:
        before, after = (parsed(bytes(_version(conn, name, each).raw)) for each in (old, new))
    answer = {
        "name": name,
        "from_version": before.version,
        "to_version": after.version,
        "from_digest": before.digest,
        "to_digest": after.digest,
        "changes": [
            {
                "name": change.name,
                "valid_from": change.valid_from.isoformat(),
                "before": change.before and parameter_told(change.before),
                "after": change.after and parameter_told(change.after),
            }
            for change in Rules((before,)).difference(Rules((after,)))
        ],
    }
    return json_response(answer)


@router.get(
    "/rulebooks/{name}/{version}", dependencies=[require("rulebooks:read")], **gets(RulebookText)
)
def rulebooks_get(
    name: Word,
    version: Annotated[int, Path(ge=1, le=_VERSION_MAX)],
    reads: ReadsPart,
) -> Response:
    """Tell one adopted rulebook with its text, byte by byte as adopted."""
    with reads.connect() as conn:
        row = _version(conn, name, version)
    return json_response({**told(row), "toml": bytes(row.raw).decode()})


def _version(conn: Connection, name: str, version: int) -> AnyRow:
    b = t.rulebook.c
    found = conn.execute(select(t.rulebook).where(b.name == name, b.version == version)).first()
    if found is None:
        raise Problem(DoorCode.NOT_FOUND)
    return found


def _ruling(conn: Connection, key_date: date, size: int | None) -> list[int]:
    """Find the adoptions of the books that are in force and say something of a key date."""
    return [
        row.journal
        for row in queries.in_force(conn, size)
        if any(span.covers(key_date) for span in parsed(bytes(row.raw)).parameters)
    ]


def parameter_told(span: Parameter) -> dict[str, Any]:
    """Tell one value of a rulebook with its source."""
    return {
        "name": span.name,
        "kind": kind_of(span.value),
        "value": spelt(span.value),
        "unit": span.unit,
        "by": span.by,
        "valid_from": span.valid_from.isoformat(),
        "valid_to": span.valid_to.isoformat() if span.valid_to else None,
        "document": span.document,
        "article": span.article,
        "evidence": span.evidence,
        "note": span.note,
        "note_zh": span.note_zh,
        "unit_zh": span.unit_zh,
    }


def told(row: AnyRow) -> dict[str, Any]:
    """Tell an adopted rulebook."""
    return {
        "name": row.name,
        "version": row.version,
        "digest": bytes(row.digest).hex(),
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }


@router.post("/factors", **posts(FactorPosted, eyes=True))
def factors_create(
    caller: Annotated[Caller, require("factors:write")], body: FactorBody, ask: Asked
) -> Response:
    """Set a province's figure for a year, as published; of a cap, a second person decides."""
    if body.name in caps.CAPS:
        return ask.post(lambda read: perform(read, caller.actor, caps.SET, body))
    order = FactorOrder(body.name, body.province, body.year, body.value, body.document_no)
    return ask.post(lambda read: set_factor(read, caller.actor, order))


@router.get("/factors", dependencies=[require("factors:read")], **gets(FactorList))
def factors_list(
    reads: ReadsPart,
    page: Paged,
    name: Annotated[Word | None, Query()] = None,
    province: Annotated[Place | None, Query()] = None,
    year: Annotated[int | None, Query(ge=2000, le=2099)] = None,
) -> Response:
    """List figures, every version, in the order they were set."""
    f = t.factor.c
    wanted = {f.name: name, f.province: province, f.year: year}
    query = select(t.factor).where(*(col == value for col, value in wanted.items() if value))
    return json_response(page.read(reads, query, (f.journal,), factor_told))


def factor_told(row: AnyRow) -> dict[str, Any]:
    """Tell one version of a figure."""
    return {
        "name": row.name,
        "province": row.province,
        "year": row.year,
        "version": row.version,
        "value": f"{row.value:f}",
        "document_no": row.document_no,
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
