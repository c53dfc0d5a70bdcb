"""`/v1/caps`: provincial caps on certificates, and sharing them out. They are set at `/v1/factors`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, json_response
from api.paging import Paged
from api.security import Caller, require
from ledger.rules.factor import check_factor
from ledger.store import tables as t
from ledger.store.queries.caps import standing
from schemas.fields import Province
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.caps import ApportionBody, ApportionPosted, CapList
from schemas.wire.rulebooks import FactorBody
from settlement.fossil_budget.apportioning import ApportionOrder, apportion
from settlement.fossil_budget.capping import CapOrder, set_cap
from settlement.fossil_budget.recognition import Direction

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("rulebooks")
CAPS: Final = {to.cap: to for to in Direction}
"""Figures of `/v1/factors` that are caps, and need a second person."""
_WAYS: Final = {"in": Direction.IN_PROVINCE, "out": Direction.OUT_OF_PROVINCE}


def _set(read: Reader, actor: Actor, model: FactorBody, _hold: int | None) -> Decision:
    check_factor(model.name, model.value)
    direction = CAPS[model.name]
    order = CapOrder(model.province, model.year, direction, int(model.value), model.document_no)
    done = set_cap(read, actor, order)
    told = {name: done.result[name] for name in ("province", "year", "version")}
    return replace(done, result={"name": model.name, **told})


def _apportion(read: Reader, actor: Actor, model: ApportionBody, _hold: int | None) -> Decision:
    return apportion(read, actor, ApportionOrder(model.province, model.year, model.document_no))


SET: Final = register(Operation("cap.set", "factors:write", FactorBody, _set, always=True))
APPORTION: Final = register(
    Operation("cap.apportion", "factors:write", ApportionBody, _apportion, always=True)
)


@router.post("/caps/apportion", **posts(ApportionPosted, eyes=True))
def caps_apportion(
    caller: Annotated[Caller, require("factors:write")], body: ApportionBody, ask: Asked
) -> Response:
    """Share out what room is left under a province's caps; a second person decides."""
    return ask.post(lambda read: perform(read, caller.actor, APPORTION, body))


@router.get("/caps", dependencies=[require("factors:read")], **gets(CapList))
def caps_list(
    reads: ReadsPart,
    page: Paged,
    province: Annotated[Province | None, Query()] = None,
    year: Annotated[int | None, Query(ge=2000, le=2099)] = None,
) -> Response:
    """List caps, and what is recognised of provinces and years that have none."""
    return json_response(page.read(reads, standing(province, year), (t.instrument.c.id,), told))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a cap and where its room lies."""
    _, province, way, year = row.code.split("-")
    return {
        "instrument": row.code,
        "province": province,
        "year": int(year),
        "direction": _WAYS[way].value,
        "cap": row.cap,
        "recognised": row.recognised or 0,
        "given": row.given or 0,
        "free": row.free or 0,
        "version": row.version,
        "document_no": row.document_no,
        "journal_id": None if row.journal is None else encode_id(IdPrefix.JOURNAL, row.journal),
    }
