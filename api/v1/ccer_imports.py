"""`/v1/ccer/imports`: certified reductions, cancelled where they were, that come in to be surrendered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, Outcome, json_response, own_journal, plain
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.model.instrument import ccer
from ledger.store import tables as t
from schemas.fields import AccountId, JournalId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.duties import ImportBody, ImportList, ImportPosted, ImportTold
from settlement.ccer_units import ImportOrder, import_units

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("allowances")
_UNIT: Final = "tCO2e"


def _imported(read: Reader, actor: Actor, body: ImportBody, _hold: int | None = None) -> Decision:
    order = ImportOrder(
        account=body.account,
        project=body.project,
        registered_on=body.registered_on,
        inside_ets=body.inside_ets,
        quantity=body.quantity,
        cancellation_no=body.cancellation_no,
        document_no=body.document_no,
        document_ids=tuple(body.document_ids),
    )
    decision = import_units(read, actor, order)
    return replace(decision, result={**decision.result, "unit": _UNIT})


def _posted(outcome: Outcome) -> dict[str, Any]:
    return {**plain(outcome), "import_id": own_journal(outcome)}


IMPORT: Final = register(
    Operation(
        "ccer.import",
        "ccer:decide",
        ImportBody,
        _imported,
        always=True,
        shape=_posted,
        checkers=frozenset({"province", "regulator"}),
    )
)


@router.post("/ccer/imports", **posts(ImportPosted, eyes=True))
def ccer_imports_create(
    caller: Annotated[Caller, require("ccer:import")], body: ImportBody, ask: Asked
) -> Response:
    """Bring reductions in, on the evidence of their cancellation; a province or regulator decides.

    Each cancellation comes in once. Whether a year takes the reductions is judged as they are handed in.
    """
    tenancy.own(ask.reads, caller, "account", [body.account])
    tenancy.own(ask.reads, caller, "document", body.document_ids)
    return ask.post(lambda read: perform(read, caller.actor, IMPORT, body), shape=_posted)


@router.get("/ccer/imports", **gets(ImportList))
def ccer_imports_list(
    caller: Annotated[Caller, require("ccer:read")],
    reads: ReadsPart,
    page: Paged,
    account: Annotated[AccountId | None, Query()] = None,
) -> Response:
    """List imports of reductions, in the order they came in."""
    query = tenancy.rows(caller, "ccer_import")
    if account is not None:
        query = query.where(t.ccer_import.c.account == account)
    return json_response(page.read(reads, query, (t.ccer_import.c.n,), told))


@router.get("/ccer/imports/{import_id}", **gets(ImportTold))
def ccer_imports_get(
    caller: Annotated[Caller, require("ccer:read")], import_id: JournalId, reads: ReadsPart
) -> Response:
    """Tell one import; its id is that of its journal."""
    query = tenancy.rows(caller, "ccer_import").where(t.ccer_import.c.journal == import_id)
    with reads.connect() as conn:
        row = conn.execute(query).first()
    if row is None:
        raise Problem(DoorCode.NOT_FOUND)
    return json_response(told(row))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell an import as it is on file; what is left of it is the balance of its instrument."""
    name = encode_id(IdPrefix.JOURNAL, row.journal)
    return {
        "import_id": name,
        "journal_id": name,
        "account": encode_id(IdPrefix.ACCOUNT, row.account),
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "instrument": ccer(row.n).code,
        "unit": _UNIT,
        "project": row.project,
        "registered_on": row.registered_on.isoformat(),
        "inside_ets": row.inside_ets,
        "quantity": row.quantity,
        "cancellation_no": row.cancellation_no,
        "document_no": row.document_no,
    }
