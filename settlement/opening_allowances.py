"""Allowances that come in at cut-over: balances, and where their holders stood in the other registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.account import EXTERNAL
from ledger.model.command import Act, Enter, Move, Plain
from ledger.refusals import ExternalReferenceUsed
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.allowances import emitter_of, opened_vintage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from settlement.desk import Reader
    from settlement.opening import OpeningOrder


@dataclass(frozen=True, slots=True)
class Standing:
    """What a party sold and bought there in the window of carry-over, and the years it met in time."""

    sold: int
    bought: int
    on_time: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OpeningAllowance:
    """Allowances that an account comes with, as held there at the end of `as_of`."""

    account: int
    vintage: int
    quantity: int
    as_of: date | None = None
    standing: Standing | None = None


def balances(read: Reader, order: OpeningOrder) -> Iterator[Act]:
    """Bring the allowances of an order in, an act each.

    Raises:
        ExternalReferenceUsed: where a party stood in that registry was told already.
        InstrumentUnknown: a vintage is not open here.
    """
    stated: set[int] = set()
    for n, opening in enumerate(order.allowances, 1):
        instrument = opened_vintage(read, opening.vintage)
        move = Move(EXTERNAL, opening.account, instrument.id, opening.quantity)
        entries = _standing(read, order, opening, stated)
        external = (order.source_registry, numbered(order, n))
        yield Act("opening.balance", (move, *entries), _body(order, opening), external=external)


def numbered(order: OpeningOrder, n: int) -> str:
    """Name the n-th balance of an order, as its source does for ever."""
    return f"{order.reference}#{n}"


def _standing(
    read: Reader, order: OpeningOrder, opening: OpeningAllowance, stated: set[int]
) -> Iterator[Enter]:
    told = opening.standing
    if told is None or opening.as_of is None:
        return
    party, o = emitter_of(read, opening.account), t.opening_standing.c
    there = select(o.party).where(o.party == party, o.source == order.source_registry)
    if party in stated or read.conn.execute(there).first() is not None:
        raise ExternalReferenceUsed
    stated.add(party)
    row: dict[str, Plain] = {
        "party": party,
        "source": order.source_registry,
        "as_of": opening.as_of.isoformat(),
        "sold": told.sold,
        "bought": told.bought,
        "on_time": [*told.on_time],
    }
    yield Enter("opening_standing", row)


def _body(order: OpeningOrder, opening: OpeningAllowance) -> dict[str, Plain]:
    body: dict[str, Plain] = {
        "document_no": order.document_no,
        "reference": order.reference,
        "account": encode_id(IdPrefix.ACCOUNT, opening.account),
        "vintage": opening.vintage,
        "quantity": opening.quantity,
    }
    if opening.as_of is not None:
        body["as_of"] = opening.as_of.isoformat()
    if told := opening.standing:
        body |= {"sold": told.sold, "bought": told.bought, "on_time": [*told.on_time]}
    return body
