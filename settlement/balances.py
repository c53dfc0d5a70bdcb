"""Balances as decisions read them, and how a decision says that it rests on one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.command import Expect
from ledger.store import tables as t

if TYPE_CHECKING:
    from settlement.desk import AnyRow, Reader


def balance_of(read: Reader, account: int, instrument: int) -> AnyRow | None:
    """Read what an account has of an instrument, and the version of it."""
    b = t.balance.c
    return read.conn.execute(
        select(b.posted, b.held, b.version).where(b.account == account, b.instrument == instrument)
    ).first()


def as_read(read: Reader, account: int, instrument: int) -> Expect:
    """State what a decision rests on: the units of an account as they are read now."""
    balance = balance_of(read, account, instrument)
    return Expect(account, instrument, balance.version if balance else 0)
