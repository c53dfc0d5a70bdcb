"""`/v1/accounts`: where units are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from starlette.responses import Response

from api import tenancy
from api.approvals import Operation, perform, register
from api.bodies import doors
from api.dependencies import ReadsPart
from api.documented import gets, posts
from api.idempotency import Ask, Asked, json_response
from api.paging import Paged
from api.security import Caller, require
from ledger.store import tables as t
from schemas.fields import AccountId, PartyId
from schemas.identifiers import IdPrefix, encode_id
from schemas.wire.accounts import (
    AccountBody,
    AccountClass,
    AccountList,
    AccountPosted,
    AccountTold,
    ClosePosted,
    ConsolidateBody,
    ConsolidatePosted,
    FreezeBody,
    FreezePayload,
    FreezePosted,
)
from settlement.accounts import close_account, consolidate
from settlement.registration import AccountOrder, FreezeOrder, freeze_account, open_account

if TYPE_CHECKING:
    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Decision, Reader

router = doors("accounts")


def _freeze(read: Reader, actor: Actor, model: FreezePayload, _hold: int | None) -> Decision:
    order = FreezeOrder(model.account_id, model.frozen, model.document_no)
    return freeze_account(read, actor, order)


FREEZE: Final = register(
    Operation("account.freeze", "accounts:freeze", FreezePayload, _freeze, always=True)
)


@router.post("/accounts", **posts(AccountPosted))
def accounts_create(
    caller: Annotated[Caller, require("accounts:write")], body: AccountBody, ask: Asked
) -> Response:
    """Open an account; a party has one of each class, and one more for each it acts for."""
    reads = ask.reads
    tenancy.own(reads, caller, "party", [body.party_id])
    if body.on_behalf_of is not None:
        tenancy.own(reads, caller, "party", [body.on_behalf_of])
    order = AccountOrder(body.party_id, body.cls, body.on_behalf_of, body.approval_above)
    return ask.post(lambda read: open_account(read, caller.actor, order))


@router.get("/accounts", **gets(AccountList))
def accounts_list(
    caller: Annotated[Caller, require("accounts:read")],
    reads: ReadsPart,
    page: Paged,
    party_id: Annotated[PartyId | None, Query()] = None,
    cls: Annotated[AccountClass | None, Query(alias="class")] = None,
) -> Response:
    """List accounts by id."""
    a = t.account.c
    query = tenancy.rows(caller, "account")
    if party_id is not None:
        query = query.where(a.party == party_id)
    if cls is not None:
        query = query.where(a["class"] == cls)
    return json_response(page.read(reads, query, (a.id,), told))


@router.get("/accounts/{account_id}", **gets(AccountTold))
def accounts_get(
    caller: Annotated[Caller, require("accounts:read")], account_id: AccountId, reads: ReadsPart
) -> Response:
    """Tell one account."""
    return json_response(told(tenancy.find(reads, caller, "account", account_id)))


@router.post("/accounts/{account_id}/freeze", **posts(FreezePosted, eyes=True))
def accounts_freeze(
    caller: Annotated[Caller, require("accounts:freeze")],
    account_id: AccountId,
    body: FreezeBody,
    ask: Asked,
) -> Response:
    """Freeze an account by decision of an authority; a second person decides."""
    return _ask_freeze(caller, account_id, body, ask, frozen=True)


@router.post("/accounts/{account_id}/unfreeze", **posts(FreezePosted, eyes=True))
def accounts_unfreeze(
    caller: Annotated[Caller, require("accounts:freeze")],
    account_id: AccountId,
    body: FreezeBody,
    ask: Asked,
) -> Response:
    """Lift a freeze by decision of an authority; a second person decides."""
    return _ask_freeze(caller, account_id, body, ask, frozen=False)


@router.post("/accounts/{account_id}/close", **posts(ClosePosted))
def accounts_close(
    caller: Annotated[Caller, require("accounts:write")], account_id: AccountId, ask: Asked
) -> Response:
    """Close an account that holds nothing, for good."""
    tenancy.own(ask.reads, caller, "account", [account_id])
    return ask.post(lambda read: close_account(read, caller.actor, account_id))


@router.post("/accounts/{account_id}/parcels/consolidate", **posts(ConsolidatePosted))
def accounts_consolidate(
    caller: Annotated[Caller, require("accounts:consolidate")],
    account_id: AccountId,
    body: ConsolidateBody,
    ask: Asked,
) -> Response:
    """Join neighbouring free parcels that differ only in how they were acquired."""
    tenancy.own(ask.reads, caller, "giver", [account_id])
    if body.lot_id is not None:
        tenancy.own(ask.reads, caller, "lot", [body.lot_id])
    return ask.post(
        lambda read: consolidate(read, caller.actor, account_id, body.lot_id, body.limit)
    )


def _ask_freeze(
    caller: Caller, account_id: int, body: FreezeBody, ask: Ask, *, frozen: bool
) -> Response:
    tenancy.own(ask.reads, caller, "account", [account_id])
    payload = FreezePayload.model_construct(
        account_id=account_id, frozen=frozen, document_no=body.document_no
    )
    return ask.post(lambda read: perform(read, caller.actor, FREEZE, payload))


def told(row: AnyRow) -> dict[str, Any]:
    """Tell an account."""
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's public name; `class` is a Python word
    return {
        "account_id": encode_id(IdPrefix.ACCOUNT, row.id),
        "class": found["class"],
        "party_id": encode_id(IdPrefix.PARTY, row.party),
        "on_behalf_of": encode_id(IdPrefix.PARTY, row.on_behalf_of) if row.on_behalf_of else None,
        "plant_id": encode_id(IdPrefix.PLANT, row.plant) if row.plant else None,
        "approval_above": row.approval_above,
        "frozen": row.frozen,
        "status": row.status,
    }
