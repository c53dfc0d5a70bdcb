"""Mandates: what an owner lets an agent do with the account that it holds on the owner's behalf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.command import Act, EndMandate, Enter, Plain
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.refusals import AgentAccountNeeded

if TYPE_CHECKING:
    from datetime import date

    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader


@dataclass(frozen=True, slots=True)
class MandateOrder:
    """What an agent may do (`sell`, `retire`), first and last day included, by which document."""

    account: int
    scopes: tuple[str, ...]
    valid_from: date
    valid_to: date
    document_no: str


def grant_mandate(read: Reader, actor: Actor, order: MandateOrder) -> Decision:
    """Register what an owner lets an agent do; several mandates add up.

    Raises:
        AgentAccountNeeded: the account is not one that an agent holds for an owner.
    """
    row, number = _account(read, order.account), read.numbers.entity()
    body: dict[str, Plain] = {
        "mandate_id": encode_id(IdPrefix.MANDATE, number),
        "account_id": encode_id(IdPrefix.ACCOUNT, order.account),
        "agent_id": encode_id(IdPrefix.PARTY, row.party),
        "owner_id": encode_id(IdPrefix.PARTY, row.on_behalf_of),
        "scopes": list(order.scopes),
        "valid_from": order.valid_from.isoformat(),
        "valid_to": order.valid_to.isoformat(),
        "document_no": order.document_no,
    }
    entry = Enter(
        "mandate",
        {
            "id": number,
            "account": order.account,
            "agent": row.party,
            "owner": row.on_behalf_of,
            "scopes": list(order.scopes),
            "valid_from": order.valid_from.isoformat(),
            "valid_to": order.valid_to.isoformat(),
            "document_no": order.document_no,
        },
    )
    return Decision((Act("mandate.grant", (entry,), body),), result=body)


def end_mandate(read: Reader, actor: Actor, number: int, document_no: str | None) -> Decision:
    """End a mandate, from the next act on; what an order set aside before is still delivered."""
    account = read.conn.execute(
        select(t.mandate.c.account).where(t.mandate.c.id == number)
    ).scalar_one()
    names: dict[str, Plain] = {"mandate_id": encode_id(IdPrefix.MANDATE, number), "ended": True}
    body = names | ({"document_no": document_no} if document_no else {})
    effects = (EndMandate(number, account), Enter("mandate_end", {"mandate": number}))
    return Decision((Act("mandate.end", effects, body),), result=names)


def _account(read: Reader, number: int) -> AnyRow:
    a = t.account.c
    query = select(a.party, a.on_behalf_of, a["class"].label("cls")).where(a.id == number)
    row = read.conn.execute(query).one()
    if row.cls != "agent" or row.on_behalf_of is None:
        raise AgentAccountNeeded(account=encode_id(IdPrefix.ACCOUNT, number))
    return row
