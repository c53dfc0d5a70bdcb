"""`/v1/rulebooks` and `/v1/factors`: the rules in force, and provinces' yearly figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Path, Query
from sqlalchemy import select
from starlette.responses import Response

from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import Province, Word
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.rulebooks import (
    FactorBody,
    FactorList,
    FactorPosted,
    RulebookBody,
    RulebookList,
    RulebookPosted,
    RulebookText,
)
from settlement.factors import FactorOrder, set_factor
from settlement.rulebooks import adopt_rulebook

if TYPE_CHECKING:
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
) -> Response:
    """List adopted rulebooks in the order of adoption; the last version of a name is in force."""
    b = t.rulebook.c
    query = select(b.name, b.version, b.digest, b.journal)
    if name is not None:
        query = query.where(b.name == name)
    return json_response(page.read(reads, query, (b.journal,), told))


@router.get(
    "/rulebooks/{name}/{version}", dependencies=[require("rulebooks:read")], **gets(RulebookText)
)
def rulebooks_get(
    name: Word,
    version: Annotated[int, Path(ge=1, le=_VERSION_MAX)],
    reads: ReadsPart,
) -> Response:
    """Tell one adopted rulebook with its text, byte by byte as adopted."""
    b = t.rulebook.c
    with reads.connect() as conn:
        row = conn.execute(select(t.rulebook).where(b.name == name, b.version == version)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response({**told(row), "toml": bytes(row.raw).decode()})


def told(row: AnyRow) -> dict[str, Any]:
    """Tell an adopted rulebook."""
    return {
        "name": row.name,
        "version": row.version,
        "digest": bytes(row.digest).hex(),
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }


@router.post("/factors", **posts(FactorPosted))
def factors_create(
    caller: Annotated[Caller, require("factors:write")], body: FactorBody, ask: Asked
) -> Response:
    """Set a province's figure for a year, as its authority published it."""
    order = FactorOrder(body.name, body.province, body.year, body.value, body.document_no)
    return ask.post(lambda read: set_factor(read, caller.actor, order))


@router.get("/factors", dependencies=[require("factors:read")], **gets(FactorList))
def factors_list(
    reads: ReadsPart,
    page: Paged,
    name: Annotated[Word | None, Query()] = None,
    province: Annotated[Province | None, Query()] = None,
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
