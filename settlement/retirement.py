"""Retirement: certificates used up for one claim of one beneficiary about one year."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.model.account import RETIRED
from ledger.model.command import Act, Criteria, Enter, FromHold, Move, Plain
from ledger.model.instrument import GEC
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.transfers import ANY, Selection, lot_starts, source_of

if TYPE_CHECKING:
    from ledger.model.command import Actor, Source
    from settlement.desk import Reader

PURPOSES: Final = (
    "green_power_claim",
    "rps",
    "fossil_budget",
    "minimum_share",
    "voluntary",
)
_RANDOM_CHARACTERS: Final = 10  # of 5 bits each: statement numbers cannot be guessed
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class RetirementOrder:
    """Certificates to retire, for whom, for what, and about which year of consumption.

    `party` is whose account it is, where who orders knows that already.
    """

    account: int
    quantity: int
    beneficiary_code: str
    beneficiary_name: str
    purpose: str
    consumption_year: int
    select: Selection = ANY
    public: bool = False
    note: str = ""
    party: int | None = None


def retire(read: Reader, actor: Actor, order: RetirementOrder, hold: int | None = None) -> Decision:
    """Retire certificates; final once answered.

    Where the same-year rule is in force, criteria pick only certificates produced in the year
    claimed; a lot named outright is judged as it is. Source: 622号 §5, 绿证管理实施细则(试行).
    """
    number = read.numbers.entity()
    statement = statement_number(number, order.consumption_year)
    move = Move(order.account, RETIRED, GEC, order.quantity, _source(read, order, hold))
    names: dict[str, Plain] = {
        "retirement_id": encode_id(IdPrefix.RETIREMENT, number),
        "statement_no": statement,
    }
    entry = Enter("retirement", _row(read, number, statement, order))
    body = names | {
        "beneficiary_code": order.beneficiary_code,
        "beneficiary_name": order.beneficiary_name,
        "purpose": order.purpose,
        "consumption_year": order.consumption_year,
        "quantity": order.quantity,
        "public": order.public,
    }
    if order.note:
        body["note"] = list(order.note.split("\n"))  # a record holds no line breaks
    return Decision((Act("gec.retire", (move, entry), body),), result=names)


def _source(read: Reader, order: RetirementOrder, hold: int | None) -> Source:
    if hold is not None:
        return FromHold(hold)
    source = source_of(order.select, lot_starts(read, [order.select]))
    same_year = read.rules.flag("gec.same_year_retire", read.day)
    if isinstance(source, Criteria) and source.lot is None and same_year:
        return Criteria(month=source.month, energy=source.energy, year=order.consumption_year)
    return source


def _row(read: Reader, number: int, statement: str, order: RetirementOrder) -> dict[str, Plain]:
    return {
        "id": number,
        "account": order.account,
        "party": _party_of(read, order.account) if order.party is None else order.party,
        "beneficiary_code": order.beneficiary_code,
        "beneficiary_name": order.beneficiary_name,
        "purpose": order.purpose,
        "consumption_year": order.consumption_year,
        "quantity": order.quantity,
        "statement_no": statement,
        "public": order.public,
        "note": order.note,
    }


def statement_number(number: int, year: int) -> str:
    """Number a statement: readable, unique, and ending in 50 random bits."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    return f"GL-{year}-{number:08d}-{tail}"


def _party_of(read: Reader, account: int) -> int:
    query = select(t.account.c.party).where(t.account.c.id == account)
    return int(read.conn.execute(query).scalar_one())
