"""`/v1/surrenders`: allowances and reductions handed in for a compliance year (清缴)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.acts import act, acts, record_of, reversal_of
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Asked, Outcome, json_response, plain
from api.paging import Paged
from api.problems import DoorCode, Problem
from api.security import Caller, require
from ledger.store import tables as t
from schemas.calendar import instant_text
from schemas.fields import AccountId, SurrenderId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.duties import SurrenderBody, SurrenderList, SurrenderPosted, SurrenderTold
from settlement.surrendering import SurrenderOrder, surrender

if TYPE_CHECKING:
    from ledger.model.command import Actor, Plain
    from settlement.desk import AnyRow, Decision, Reader

router = doors("allowances")
_UNIT: Final = "tCO2e"
_KIND: Final = "cea.surrender"


@router.post("/surrenders", **posts(SurrenderPosted, eyes=True))
def surrenders_create(
    caller: Annotated[Caller, require("surrenders:write")], body: SurrenderBody, ask: Asked
) -> Response:
    """Hand units in; the duty of the year is discharged by as much, and may be met in parts.

    A province hands in what it keeps in custody, for the emitter it keeps it for. Who helps another
    party to meet its duty (`on_behalf_of`) waits for a province, or a regulator, to decide.
    """
    row = tenancy.find(ask.reads, caller, "account", body.account)
    if caller.role == "province" and row.party != caller.party:
        raise Problem(DoorCode.FORBIDDEN, facts={"permission": "surrenders:write"})
    if body.on_behalf_of is None:
        return ask.post(lambda read: _surrendered(read, caller.actor, body), shape=_posted)
    tenancy.known(ask.reads, "party", [body.on_behalf_of])
    return ask.post(lambda read: perform(read, caller.actor, ASSIST, body), shape=_posted)


def _surrendered(
    read: Reader, actor: Actor, body: SurrenderBody, _hold: int | None = None
) -> Decision:
    order = SurrenderOrder(
        body.account,
        body.compliance_year,
        tuple((part.vintage, part.quantity) for part in body.allowances),
        tuple((part.project, part.quantity) for part in body.ccer or ()),
        body.on_behalf_of,
    )
    decision = surrender(read, actor, order)
    told: dict[str, Plain] = {
        "account": encode_id(IdPrefix.ACCOUNT, body.account),
        "ccer": decision.result.get("ccer", []),
        "on_behalf_of": decision.result.get("party"),
        "unit": _UNIT,
    }
    return replace(decision, result={**decision.result, **told})


def _posted(outcome: Outcome) -> dict[str, Any]:
    told = {name: value for name, value in plain(outcome).items() if name != "party"}
    at = 1 if "approval_id" in told else 0
    name = _name(outcome["journals"][at]) if told["journal_id"] else None
    return {**told, "surrender_id": name}


def _name(journal: int) -> str:
    return encode_id(IdPrefix.SURRENDER, journal)


ASSIST: Final = register(
    Operation(
        "surrender.assist",
        "surrenders:decide",
        SurrenderBody,
        _surrendered,
        always=True,
        shape=_posted,
        checkers=frozenset({"province", "regulator"}),
    )
)


@router.get("/surrenders", **gets(SurrenderList))
def surrenders_list(
    caller: Annotated[Caller, require("surrenders:read")],
    reads: ReadsPart,
    page: Paged,
    account: Annotated[AccountId | None, Query()] = None,
) -> Response:
    """List surrenders by journal, oldest first."""
    query = acts(caller, _KIND)
    if account is not None:
        query = query.where(t.posting.c.debit == account)
    return json_response(page.read(reads, query, (t.journal.c.seq,), told))


@router.get("/surrenders/{surrender_id}", **gets(SurrenderTold))
def surrenders_get(
    caller: Annotated[Caller, require("surrenders:read")],
    surrender_id: SurrenderId,
    reads: ReadsPart,
) -> Response:
    """Tell one surrender."""
    return json_response(told(act(reads, caller, surrender_id, _KIND)))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell a surrender."""
    record = record_of(row)
    parts = [
        {"vintage": int(part["vintage"]), "quantity": int(part["quantity"])}
        for part in record["allowances"]
    ]
    reductions = [
        {"instrument": part["instrument"], "quantity": int(part["quantity"])}
        for part in record.get("ccer", ())
    ]
    return {
        "surrender_id": _name(row.seq),
        "journal_id": encode_id(IdPrefix.JOURNAL, row.seq),
        "at": instant_text(row.at),
        "account": encode_id(IdPrefix.ACCOUNT, row.debit),
        "compliance_year": int(record["compliance_year"]),
        "allowances": parts,
        "ccer": reductions,
        "on_behalf_of": record.get("party"),
        "surrendered": sum(part["quantity"] for part in (*parts, *reductions)),
        "unit": _UNIT,
        "reversed_by": reversal_of(row),
    }
