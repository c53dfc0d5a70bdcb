"""Succession: a merger or split passes units and duties on. It is not a trade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, or_, select

from ledger.kinds.kind import ALLOWANCE_HOLDERS, CERTIFICATE_HOLDERS
from ledger.model.command import Act, Criteria, Expect, Move, Plain
from ledger.model.instrument import GEC, by_id, yearly
from ledger.model.lot import lot_floor
from ledger.store import tables as t
from ledger.store.queries.units import past
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.refusals import NothingToPass, RoomWithoutDuty, SuccessionUnitsHeld
from settlement.registration import account_or_opening, kept_or_opening

if TYPE_CHECKING:
    from ledger.model.command import Actor, Effect, Enter
    from settlement.desk import AnyRow, Reader

_CUSTODY: Final = "province_custody"
_CLASSES: Final = {*CERTIFICATE_HOLDERS, *ALLOWANCE_HOLDERS, "ccer", "duty"} - {"agent", _CUSTODY}


@dataclass(frozen=True, slots=True)
class Part:
    """Part of what passes, where a party is split: units of one account and instrument."""

    account: int
    instrument: str
    quantity: int


@dataclass(frozen=True, slots=True)
class SuccessionOrder:
    """What passes from one party to another by the document; everything, if no parts are named."""

    from_party: int
    to_party: int
    document_no: str
    parts: tuple[Part, ...] = ()


def succeed(read: Reader, actor: Actor, order: SuccessionOrder) -> Decision:
    """Pass units and duties on to accounts of the same class, opened where they are missing.

    What a province keeps for the party it keeps for the successor from then on. Trade count, origin
    and validity stay. Source: 管理办法(试行) Art. 18.

    Raises:
        RoomWithoutDuty: part of a duty passes, and more room for reductions than its share.
        SuccessionUnitsHeld: everything is to pass, and some of it is held or frozen.
        NothingToPass: there is nothing that could.
    """
    held = _balances(read, order.from_party)
    wanted = _named(order, held) if order.parts else dict(_everything(read, held))
    if not wanted:
        raise NothingToPass(party=encode_id(IdPrefix.PARTY, order.from_party))
    _check_rooms(read, held, wanted)
    effects: list[Effect] = []
    receivers: dict[int, int] = {}
    for (account, instrument), units in wanted.items():
        if account not in receivers:
            receivers[account], opening = _receiver(read, held[account, instrument], order.to_party)
            effects += opening
        source = Criteria() if instrument == GEC else None
        effects.append(Move(account, receivers[account], instrument, units, source))
    passed: list[Plain] = [
        {
            "account": encode_id(IdPrefix.ACCOUNT, account),
            "to_account": encode_id(IdPrefix.ACCOUNT, receivers[account]),
            "instrument": by_id(instrument).code,
            "quantity": units,
        }
        for (account, instrument), units in wanted.items()
    ]
    body: dict[str, Plain] = {
        "from_party": encode_id(IdPrefix.PARTY, order.from_party),
        "to_party": encode_id(IdPrefix.PARTY, order.to_party),
        "passed": passed,
        "document_no": order.document_no,
    }
    expect = tuple(Expect(*key, held[key].version) for key in wanted)
    return Decision((Act("party.succession", tuple(effects), body),), expect, body)


def _balances(read: Reader, party: int) -> dict[tuple[int, int], AnyRow]:
    a, b = t.account.c, t.balance.c
    rows = read.conn.execute(
        select(
            b.account,
            b.instrument,
            b.posted,
            b.held,
            b.version,
            a["class"].label("cls"),
            a.party.label("keeper"),
        )
        .join_from(t.balance, t.account, a.id == b.account)
        .where(
            or_(
                and_(a.party == party, a["class"].in_(_CLASSES), a.on_behalf_of.is_(None)),
                and_(a.on_behalf_of == party, a["class"] == _CUSTODY),
            ),
            b.posted > 0,
        )
        .order_by(b.account, b.instrument)
    )
    return {(row.account, row.instrument): row for row in rows}


def _receiver(read: Reader, row: AnyRow, to_party: int) -> tuple[int, tuple[Enter, ...]]:
    """Find or open the successor's account, or the one that the same province keeps for it."""
    if row.cls == _CUSTODY:
        return kept_or_opening(read, row.keeper, to_party, _CUSTODY)
    return account_or_opening(read, to_party, row.cls)


def _check_rooms(
    read: Reader, held: dict[tuple[int, int], AnyRow], wanted: dict[tuple[int, int], int]
) -> None:
    """Let room for reductions go with its share of the duty, or with all that is left of it."""
    for (account, number), units in wanted.items():
        instrument = by_id(number)
        if instrument.family != "CCER-ROOM":
            continue
        year, due = instrument.year, yearly("DUE-CEA", instrument.year).id
        passed, left = wanted.get((account, due), 0), held.get((account, due))
        room = floor(passed * Fraction(read.rules.decimal("ccer.cap", date(year, 1, 1))))
        if units > room and left is not None and passed < left.posted:
            raise RoomWithoutDuty(compliance_year=year, asked=units, room=room)


def _named(
    order: SuccessionOrder, held: dict[tuple[int, int], AnyRow]
) -> dict[tuple[int, int], int]:
    """Take the parts named; what the party does not hold at all is nothing to pass."""
    by_code = {(account, by_id(number).code): number for account, number in held}
    wanted: dict[tuple[int, int], int] = {}
    for part in order.parts:
        number = by_code.get((part.account, part.instrument))
        if number is None:
            raise NothingToPass(party=encode_id(IdPrefix.PARTY, order.from_party))
        key = (part.account, number)
        wanted[key] = wanted.get(key, 0) + part.quantity
    return wanted


def _everything(
    read: Reader, held: dict[tuple[int, int], AnyRow]
) -> Iterator[tuple[tuple[int, int], int]]:
    for key, row in held.items():
        if row.held:
            raise SuccessionUnitsHeld(
                account=encode_id(IdPrefix.ACCOUNT, row.account),
                instrument=by_id(row.instrument).code,
                held=row.held,
            )
        units = _valid_units(read, row.account) if row.instrument == GEC else row.posted
        if units:
            yield key, units


def _valid_units(read: Reader, account: int) -> int:
    """Count certificates that are not past their validity; the rest is written off where it lies."""
    p = t.parcel.c
    query = select(func.coalesce(func.sum(past - p.lo), 0)).where(
        p.account == account, p.lot >= lot_floor(GEC, read.day)
    )
    return int(read.conn.execute(query).scalar_one())
