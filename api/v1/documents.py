"""`/v1/documents`: evidence on file. A document travels as bytes, its title in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from sqlalchemy import Select, func, select
from starlette.responses import Response

from api import tenancy
from api.bodies import Raw, doors, raw_body
from api.dependencies import ReadsPart
from api.documented import READING, gets, posts, problems
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import DocumentId, Name
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.documents import DocumentList, DocumentPosted, DocumentTold
from settlement.registration import DocumentOrder, store_document

if TYPE_CHECKING:
    from settlement.desk import AnyRow

router = doors("documents")
_BYTES = {
    "requestBody": {
        "required": True,
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The bytes as they came in.", "content": {"*/*": {}}}
}


@router.post("/documents", **posts(DocumentPosted), openapi_extra=_BYTES)
def documents_create(
    caller: Annotated[Caller, require("documents:write")],
    title: Annotated[Name, Query()],
    raw: Annotated[Raw, raw_body()],
    ask: Asked,
) -> Response:
    """Put evidence on file for the caller's own party: 8 MiB at most, any media type."""
    order = DocumentOrder(caller.party, title, raw.media_type, raw.content)
    return ask.post(lambda read: store_document(read, caller.actor, order))


@router.get("/documents", **gets(DocumentList))
def documents_list(
    caller: Annotated[Caller, require("documents:read")], reads: ReadsPart, page: Paged
) -> Response:
    """List documents by id."""
    return json_response(page.read(reads, _documents(caller), (t.document.c.id,), told))


@router.get("/documents/{document_id}", **gets(DocumentTold))
def documents_get(
    caller: Annotated[Caller, require("documents:read")], document_id: DocumentId, reads: ReadsPart
) -> Response:
    """Tell one document, without its bytes."""
    with reads.connect() as conn:
        row = conn.execute(_documents(caller).where(t.document.c.id == document_id)).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response(told(row))


@router.get(
    "/documents/{document_id}/content",
    response_class=Response,
    responses=_CONTENT | problems(*READING),
)
def documents_content(
    caller: Annotated[Caller, require("documents:read")], document_id: DocumentId, reads: ReadsPart
) -> Response:
    """Give the bytes back, to be saved and never to be shown by a browser."""
    row = tenancy.find(reads, caller, "document", document_id)
    headers = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    return Response(bytes(row.bytes), media_type=row.media_type, headers=headers)


def _documents(caller: Caller) -> Select[Any]:
    d = t.document.c
    return select(
        d.id, d.party, d.title, d.media_type, d.sha256, func.length(d.bytes).label("size")
    ).where(tenancy.within(caller, "document"))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a document."""
    return {
        "document_id": encode_id(IdPrefix.DOCUMENT, row.id),
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "title": row.title,
        "media_type": row.media_type,
        "sha256": bytes(row.sha256).hex(),
        "bytes": row.size,
    }
