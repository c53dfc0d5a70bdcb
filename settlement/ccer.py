"""CCER: projects whose plants' untraded certificates are frozen, and cancelled as reductions are credited.

A kWh is a green certificate's, sold or used up, or a credited reduction's, never both: what is
frozen nobody sells, and what is credited is cancelled. Source: 国能综通新能〔2024〕124号; domain.md
GEC-X1 to X5.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import or_, select

from ledger.kinds.kind import CERTIFICATE_HOLDERS
from ledger.model.account import CANCELLED
from ledger.model.command import Act, Enter, Exact, Expect, OpenHold, Plain, Touch
from ledger.model.instrument import GEC, KWH, by_id
from ledger.rules.rulebook import NotInForce
from ledger.store import tables as t
from ledger.store.queries.among import among
from schemas.calendar import format_month
from schemas.identifiers import IdPrefix, encode_id
from settlement.balances import as_read
from settlement.desk import Decision
from settlement.freezable import YIELDING, Wanted
from settlement.freezes import FreezeOrder, freeze
from settlement.readings import plants_by_id
from settlement.refusals import CcerMethodNotAllowed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement

    from ledger.model.command import Actor, NewLot
    from ledger.model.plant import Plant
    from settlement.desk import Reader

_ON_REGISTRATION: Final = "ccer.freezes_untraded_certificates"
_ON_ISSUE: Final = "ccer.freeze_on_issue"


@dataclass(frozen=True, slots=True)
class ProjectOrder:
    """A project to register: its number, its plant and method, and the months it is credited for."""

    project: str
    plant: int
    method: str
    first_month: date
    last_month: date
    registered_on: date
    document_no: str


class Crediting(NamedTuple):
    """A project's months: what is issued for them is frozen for the party that registered it."""

    project: str
    first_month: date
    last_month: date
    party: int
    document_no: str


def register_project(read: Reader, actor: Actor, order: ProjectOrder) -> Decision:
    """Register a project, and freeze the untraded certificates of its months, whoever has them.

    The energy accounts of its plant are touched: whoever is just deciding an issuance decides again,
    and freezes what it issues.

    Raises:
        CcerMethodNotAllowed: the rules of the day do not let the method's projects choose CCER.
        TooFragmented, UnitsShort: as `settlement.freezes.freeze`.
    """
    assert order.first_month <= order.last_month
    _check_method(read, order.method)
    plant = plants_by_id(read, {order.plant})[order.plant]
    frozen = [freeze(read, actor, one) for one in _freezes(read, order)]
    total = sum(int(str(decision.result["quantity"])) for decision in frozen)
    names: list[Plain] = [decision.result["hold_id"] for decision in frozen]
    result: dict[str, Plain] = _told(order) | {
        "instrument": by_id(GEC).code,
        "unit": by_id(GEC).unit,
        "quantity": total,
        "hold_ids": names,
    }
    return Decision(
        (_registration(actor, order, plant), *chain.from_iterable(d.acts for d in frozen)),
        (*_energy(read, plant), *chain.from_iterable(d.expect for d in frozen)),
        result,
    )


def crediting(read: Reader, plants: Collection[int]) -> dict[int, list[Crediting]]:
    """Find the projects of plants, in one statement however many they are; none, if none freezes."""
    if not _is_on(read, _ON_ISSUE):
        return {}
    c = t.ccer_project.c
    query = select(c.plant, c.project, c.first_month, c.last_month, c.party, c.document_no)
    found: dict[int, list[Crediting]] = {}
    for row in read.conn.execute(query.where(among(c.plant, plants)).order_by(c.journal)):
        found.setdefault(row.plant, []).append(Crediting(*row[1:]))
    return found


def freeze_issued(
    read: Reader, projects: Mapping[int, Sequence[Crediting]], lot: NewLot, account: int, count: int
) -> tuple[Act, ...]:
    """Freeze a lot as it is issued, if a project is credited for its plant's month."""
    for project in projects.get(lot.plant, ()):
        if project.first_month <= lot.month <= project.last_month:
            return (_freezing(read.numbers.entity(), project, lot, account, count),)
    return ()


def is_ccer_linked() -> ColumnElement[bool]:
    """Say of a parcel's certificates that they are frozen or cancelled for CCER: no use counts them."""
    p, h = t.parcel.c, t.hold.alias("for_ccer").c
    frozen = select(h.id).where(h.id == p.hold, h.kind == "ccer").exists()
    return or_(p.account == CANCELLED, frozen)


def _check_method(read: Reader, method: str) -> None:
    try:
        allowed = read.rules.words("gec.ccer_methods", read.day)
    except NotInForce as missing:
        raise missing.refused() from missing
    if method not in allowed:
        raise CcerMethodNotAllowed(method=method, day=read.day.isoformat())


def _is_on(read: Reader, name: str) -> bool:
    return read.rules.find(name, read.day) is not None and read.rules.flag(name, read.day)


def _told(order: ProjectOrder) -> dict[str, Plain]:
    return {
        "project": order.project,
        "plant_id": encode_id(IdPrefix.PLANT, order.plant),
        "method": order.method,
        "first_month": format_month(order.first_month),
        "last_month": format_month(order.last_month),
        "registered_on": order.registered_on.isoformat(),
        "document_no": order.document_no,
    }


def _registration(actor: Actor, order: ProjectOrder, plant: Plant) -> Act:
    row: dict[str, Plain] = {
        "project": order.project,
        "plant": order.plant,
        "method": order.method,
        "first_month": order.first_month.isoformat(),
        "last_month": order.last_month.isoformat(),
        "registered_on": order.registered_on.isoformat(),
        "party": actor.party,
        "document_no": order.document_no,
    }
    touched = (Touch(plant.account, instrument) for instrument in KWH.values())
    return Act("ccer.project", (Enter("ccer_project", row), *touched), _told(order))


def _energy(read: Reader, plant: Plant) -> Iterator[Expect]:
    for instrument in KWH.values():
        yield as_read(read, plant.account, instrument)


def _freezes(read: Reader, order: ProjectOrder) -> Iterator[FreezeOrder]:
    """Order a freeze in each account that has untraded certificates of the project's months."""
    if not _is_on(read, _ON_REGISTRATION):
        return
    p, lot, h, a = t.parcel.c, t.lot.c, t.hold.c, t.account.c
    rows = read.conn.execute(
        select(p.account, p.lot)
        .distinct()
        .join_from(t.parcel, t.lot, lot.id == p.lot)
        .join(t.account, a.id == p.account)
        .join(t.hold, h.id == p.hold, isouter=True)
        .where(lot.plant == order.plant, lot.month.between(order.first_month, order.last_month))
        .where(p.trades == 0, p.origin == "issued", a["class"].in_(CERTIFICATE_HOLDERS))
        .where(or_(p.hold.is_(None), h.kind.in_(YIELDING)))
        .order_by(p.account, p.lot)
    )
    lots: dict[int, list[int]] = {}
    for row in rows:
        lots.setdefault(row.account, []).append(row.lot)
    for account, there in lots.items():
        wanted = Wanted(account, lots=tuple(there), untraded=True)
        yield FreezeOrder(wanted, by_id(GEC).code, "ccer", order.document_no)


def _freezing(number: int, project: Crediting, lot: NewLot, account: int, count: int) -> Act:
    opening = OpenHold(
        id=number,
        kind="ccer",
        account=account,
        instrument=GEC,
        amount=count,
        controller=project.party,
        beneficiary=None,
        expires_at=None,
        reference=project.document_no,
        source=Exact(lot.id, 0),
    )
    body: dict[str, Plain] = {
        "hold": encode_id(IdPrefix.HOLD, number),
        "account": encode_id(IdPrefix.ACCOUNT, account),
        "instrument": by_id(GEC).code,
        "quantity": count,
        "cause": "ccer",
        "controller": encode_id(IdPrefix.PARTY, project.party),
        "document_no": project.document_no,
        "lot_id": encode_id(IdPrefix.LOT, lot.id),
        "project": project.project,
    }
    return Act("ccer.freeze", (opening,), body)
