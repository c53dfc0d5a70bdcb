"""Balances as decisions read them, and how a decision says that it rests on one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.model.command import Expect
from ledger.store import tables as t
from ledger.store.queries.among import among

if TYPE_CHECKING:
    from collections.abc import Collection

    from settlement.desk import AnyRow, Reader


def balance_of(read: Reader, account: int, instrument: int) -> AnyRow | None:
    """Read what an account has of an instrument, and the version of it."""
    b = t.balance.c
    return read.conn.execute(
        select(b.posted, b.held, b.version).where(b.account == account, b.instrument == instrument)
    ).first()


def balances_of(
    read: Reader, accounts: Collection[int], instruments: Collection[int]
) -> dict[tuple[int, int], AnyRow]:
    """Read what accounts have of a few instruments, by account and instrument, in one statement."""
    b = t.balance.c
    rows = read.conn.execute(
        select(b.account, b.instrument, b.posted, b.held, b.version).where(
            among(b.account, accounts), b.instrument.in_(instruments)
        )
    )
    return {(row.account, row.instrument): row for row in rows}


def as_read(read: Reader, account: int, instrument: int) -> Expect:
    """State what a decision rests on: the units of an account as they are read now."""
    balance = balance_of(read, account, instrument)
    return Expect(account, instrument, balance.version if balance else 0)
