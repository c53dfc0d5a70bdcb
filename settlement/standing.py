"""Where an emitter stands for a compliance year, from postings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ledger.model.account import DISCHARGED
from ledger.model.instrument import Instrument, yearly
from ledger.store import tables as t
from settlement.balances import balance_of
from settlement.registration import account_or_opening
from settlement.verifying import last_verified

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from settlement.desk import Reader


@dataclass(frozen=True, slots=True)
class Obligation:
    """Where an emitter stands for a year, from postings: nothing due means complied."""

    party: int
    compliance_year: int
    verified: int
    taken_over: int  # from a predecessor, less what passed on to a successor
    surrendered: int
    due: int
    ccer_room: int

    @property
    def status(self) -> str:
        """Tell the status; it is a function of postings, never a stored flag."""
        if self.verified == 0 and self.taken_over == 0:
            return "NOT_VERIFIED"
        return "COMPLIED" if self.due == 0 else "DUE"


def obligation(read: Reader, party: int, year: int) -> Obligation:
    """Read where a party stands for a compliance year."""
    account, _ = account_or_opening(read, party, "duty")
    due, room = yearly("DUE-CEA", year), yearly("CCER-ROOM", year)
    owed, space = balance_of(read, account, due.id), balance_of(read, account, room.id)
    last = last_verified(read, party, year)
    discharged, restored = (
        _sum(read, due, t.posting.c.debit == account, t.posting.c.credit == DISCHARGED),
        _sum(read, due, t.posting.c.credit == account, t.posting.c.debit == DISCHARGED),
    )
    passed_in, passed_on = _passed(read, account, due)
    return Obligation(
        party=party,
        compliance_year=year,
        verified=last.tco2e if last else 0,
        taken_over=passed_in - passed_on,
        surrendered=discharged - restored,
        due=owed.posted if owed else 0,
        ccer_room=space.posted if space else 0,
    )


def _passed(read: Reader, account: int, due: Instrument) -> tuple[int, int]:
    """Sum what came with a predecessor's duty, and what went with this one, to a successor."""
    p, duties = t.posting.c, select(t.account.c.id).where(t.account.c["class"] == "duty")
    return (
        _sum(read, due, p.credit == account, p.debit.in_(duties)),
        _sum(read, due, p.debit == account, p.credit.in_(duties)),
    )


def _sum(read: Reader, instrument: Instrument, *lines: ColumnElement[bool]) -> int:
    p = t.posting.c
    query = select(func.coalesce(func.sum(p.amount), 0)).where(
        p.instrument == instrument.id, *lines
    )
    return int(read.conn.execute(query).scalar_one())
