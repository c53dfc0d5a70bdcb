"""`/v1/ccer/projects`: projects whose untraded certificates are set apart for CCER."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.security import Caller, require
from ledger.store import tables as t
from schemas.calendar import format_month
from schemas.fields import PlantId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.ccer import ProjectBody, ProjectList, ProjectPosted
from settlement.ccer import ProjectOrder, register_project

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("freezes")


def _register(read: Reader, actor: Actor, body: ProjectBody, _hold: int | None) -> Decision:
    order = ProjectOrder(
        project=body.project,
        plant=body.plant_id,
        method=body.method,
        first_month=body.first_month,
        last_month=body.last_month,
        registered_on=body.registered_on,
        document_no=body.document_no,
    )
    return register_project(read, actor, order)


REGISTER: Final = register(
    Operation("ccer.project", "ccer:write", ProjectBody, _register, always=True)
)


@router.post("/ccer/projects", **posts(ProjectPosted, eyes=True))
def ccer_projects_create(
    caller: Annotated[Caller, require("ccer:write")], body: ProjectBody, ask: Asked
) -> Response:
    """Register a project, and freeze the untraded certificates of its months; a second person decides."""
    tenancy.own(ask.reads, caller, "plant", [body.plant_id])
    return ask.post(lambda read: perform(read, caller.actor, REGISTER, body))


@router.get("/ccer/projects", **gets(ProjectList))
def ccer_projects_list(
    caller: Annotated[Caller, require("ccer:read")],
    reads: ReadsPart,
    page: Paged,
    plant_id: Annotated[PlantId | None, Query()] = None,
) -> Response:
    """List projects in the order they were registered."""
    c = t.ccer_project.c
    query = tenancy.rows(caller, "project")
    if plant_id is not None:
        query = query.where(c.plant == plant_id)
    return json_response(page.read(reads, query, (c.journal,), told))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a project."""
    return {
        "project": row.project,
        "plant_id": encode_id(IdPrefix.PLANT, row.plant),
        "method": row.method,
        "first_month": format_month(row.first_month),
        "last_month": format_month(row.last_month),
        "registered_on": row.registered_on.isoformat(),
        "document_no": row.document_no,
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "journal_id": encode_id(IdPrefix.JOURNAL, row.journal),
    }
