"""Certified reductions (CCER): cancelled where they were, brought in here, and picked to be handed in.

Each import is an instrument of its own: its units keep its day of registration and its evidence.
Source: 管理办法(试行) Art. 29; plan of 2025-2026, five, as drafted.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from ledger.model.account import EXTERNAL
from ledger.model.command import Act, Enter, Expect, Move, Plain
from ledger.model.instrument import CCERS, ccer
from ledger.refusals import TooFragmented, UnitsShort
from ledger.store import tables as t
from schemas.identifiers import IdPrefix, encode_id
from settlement.desk import Decision
from settlement.instruments import instrument_row
from settlement.refusals import (
    CcerCancellationUsed,
    CcerInsideCap,
    CcerRegisteredTooEarly,
    CcerUnitsUnknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.model.command import Actor
    from settlement.desk import AnyRow, Reader


PICKED_MAX: Final = 40
"""Imports in one surrender: with 20 vintages and what they discharge they fit one journal."""


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """Reductions, in t CO2e, that were cancelled in the registry they were in, for an account here."""

    account: int
    project: str
    registered_on: date
    inside_ets: bool  # of a project whose emissions are under the cap
    quantity: int
    cancellation_no: str
    document_no: str
    document_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Picked:
    """Reductions of one import that are handed in."""

    account: int
    number: int  # of the import
    quantity: int
    version: int  # of the balance they come out of

    @property
    def code(self) -> str:
        """Name the import's instrument."""
        return ccer(self.number).code

    @property
    def expect(self) -> Expect:
        """State that so much of it is free."""
        return Expect(self.account, ccer(self.number).id, self.version, self.quantity)


def import_units(read: Reader, actor: Actor, order: ImportOrder) -> Decision:
    """Bring reductions in, once for each cancellation; whether a year takes them is asked as they are used.

    Raises:
        CcerCancellationUsed: this cancellation came in already.
    """
    c = t.ccer_import.c
    used = select(c.n).where(c.cancellation_no == order.cancellation_no)
    if read.conn.execute(used).first() is not None:
        raise CcerCancellationUsed(cancellation_no=order.cancellation_no)
    number = int(read.conn.execute(select(func.coalesce(func.max(c.n), 0) + 1)).scalar_one())
    party = read.conn.execute(
        select(t.account.c.party).where(t.account.c.id == order.account)
    ).scalar_one()
    instrument = ccer(number)
    facts = asdict(order) | {"registered_on": order.registered_on.isoformat()}
    row = {name: value for name, value in facts.items() if name != "document_ids"}
    body: dict[str, Plain] = {
        **facts,
        "account": encode_id(IdPrefix.ACCOUNT, order.account),
        "instrument": instrument.code,
        "document_ids": [encode_id(IdPrefix.DOCUMENT, each) for each in order.document_ids],
    }
    effects = (
        instrument_row(instrument),
        Enter("ccer_import", row | {"n": number, "party": party}),
        Move(EXTERNAL, order.account, instrument.id, order.quantity),
    )
    return Decision((Act("ccer.import", effects, body),), result=body)


def pick(
    read: Reader, party: int, wanted: Iterable[tuple[str, int]], year: int
) -> tuple[Picked, ...]:
    """Choose reductions of a holder, (project, quantity) each: those registered first come first.

    Raises:
        CcerUnitsUnknown: nothing of the project was brought in by the holder.
        UnitsShort: less of it is free than asked.
        TooFragmented: it lies in more imports than one record tells.
        CcerRegisteredTooEarly, CcerInsideCap: of what the year takes there is too little.
    """
    sums: dict[str, int] = {}
    for project, quantity in wanted:
        sums[project] = sums.get(project, 0) + quantity
    found = tuple(
        picked
        for project, quantity in sums.items()
        for picked in _of_project(read, _held(read, party, project), (project, quantity), year)
    )
    if len(found) > PICKED_MAX:
        account = encode_id(IdPrefix.ACCOUNT, found[0].account)
        raise TooFragmented(account=account, parcels_limit=PICKED_MAX)
    return found


def _held(read: Reader, party: int, project: str) -> Sequence[AnyRow]:
    """Find the imports of a project by a holder, with what is free of each, the oldest first."""
    c, a, b = t.ccer_import.c, t.account.c, t.balance.c
    return read.conn.execute(
        select(c.n, c.registered_on, c.inside_ets, b.account, b.posted, b.held, b.version)
        .join_from(t.ccer_import, t.balance, c.n == b.instrument - CCERS)
        .join(t.account, a.id == b.account)
        .where(c.project == project, a.party == party, a["class"] == "ccer", b.instrument > CCERS)
        .order_by(c.registered_on, c.n)
    ).all()


def _of_project(
    read: Reader, held: Sequence[AnyRow], wanted: tuple[str, int], year: int
) -> list[Picked]:
    project, quantity = wanted
    if not held:
        raise CcerUnitsUnknown(project=project)
    free = sum(row.posted - row.held for row in held)
    if free < quantity:
        raise UnitsShort(
            account=encode_id(IdPrefix.ACCOUNT, held[0].account),
            instrument=ccer(held[0].n).code,
            asked=quantity,
            available=free,
        )
    picked, left = list[Picked](), quantity
    for row in held:
        part = 0 if _unfit(read, row, project, year) else min(left, row.posted - row.held)
        if part:
            picked.append(Picked(row.account, row.n, part, row.version))
        left -= part
    if left:
        unfit = (_unfit(read, row, project, year) for row in held if row.posted > row.held)
        raise next(reason for reason in unfit if reason)
    return picked


def _unfit(
    read: Reader, row: AnyRow, project: str, year: int
) -> CcerRegisteredTooEarly | CcerInsideCap | None:
    """Say why a year does not take the reductions of an import; where no rule speaks, it takes them."""
    key = date(year, 1, 1)
    after = read.rules.find("ccer.registered_after", key)
    if after is not None and row.registered_on <= read.rules.day("ccer.registered_after", key):
        return CcerRegisteredTooEarly(
            project=project,
            registered_on=row.registered_on.isoformat(),
            after=str(after.value),
            compliance_year=year,
        )
    if row.inside_ets and not read.rules.flag("ccer.inside_ets_allowed", key):
        return CcerInsideCap(project=project, compliance_year=year)
    return None
