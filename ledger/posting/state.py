"""Write the state that a batch changed: balances, holds, parcels, freezes, decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from ledger.book.book import Book, Key
from ledger.model.account import Account, Balance
from ledger.model.command import Decide
from ledger.model.hold import Hold
from ledger.model.journal import Draft
from ledger.model.lot import Parcel
from ledger.posting.arrays import send


@dataclass(frozen=True, slots=True)
class Loaded:
    """The state rows as they were loaded, to tell what changed."""

    parcels: Mapping[Key, Parcel]
    holds: Mapping[int, Hold]
    accounts: Mapping[int, Account]

    @classmethod
    def of(cls, book: Book) -> Loaded:
        """Remember a freshly loaded book; its values are frozen, so the copies are shallow."""
        return cls(dict(book.parcels), dict(book.holds), dict(book.accounts))


@dataclass(frozen=True, slots=True)
class State:
    """The state rows of one batch, and the journals that changed them."""

    cursor: psycopg.Cursor[Any]
    book: Book
    loaded: Loaded
    drafts: Sequence[Draft]
    seqs: Sequence[int]

    def seq(self, number: int) -> int:
        """Return a journal's number: those judged in this batch are counted from -1 down."""
        return number if number > 0 else self.seqs[-1 - number]

    def insert_holds(self) -> None:
        """Write holds opened in this batch."""
        opened = {
            e.hold: self.seqs[d.number]
            for d in self.drafts
            for e in d.hold_events
            if e.event == "open"
        }
        rows = [
            (
                h.id,
                h.kind,
                h.account,
                h.instrument,
                h.controller,
                h.beneficiary,
                h.original,
                h.remaining,
                h.expires_at,
                h.reference,
                opened[h.id],
            )
            for h in self.book.holds.values()
            if h.id in opened
        ]
        names = (
            "id",
            "kind",
            "account",
            "instrument",
            "controller",
            "beneficiary",
            "original",
            "remaining",
            "expires_at",
            "reference",
            "journal",
        )
        send(self.cursor, "insert_holds", rows, names)

    def update_holds(self) -> None:
        """Write what remains of holds opened earlier."""
        rows = [
            (hold.id, hold.remaining, before.remaining)
            for hold in self.book.holds.values()
            if (before := self.loaded.holds.get(hold.id)) is not None
            and before.remaining != hold.remaining
        ]
        send(self.cursor, "update_holds", rows, ("id", "remaining", "expected"))

    def store_parcels(self) -> None:
        """Write new cuts, runs that changed as a whole, and take out what melted away.

        What melted is first written as the run that it is part of now: the guard lets nothing
        else go, and a later command of the batch may have moved that run.
        """
        new, changed, gone = [], [], []
        loaded = self.loaded.parcels
        for key, p in (self.book.melted | self.book.parcels).items():
            before, there = loaded.get(key), key in self.book.parcels
            if there and p is before:
                continue
            now = p if there else self.part_of(p)
            row = (
                now.account,
                now.hold,
                self.seq(now.acquired[0]),
                now.acquired[1],
                now.trades,
                now.origin,
            )
            if before is None:
                if there:
                    new.append((*key, self.book.lots[p.lot].size, *row))
                continue
            if _holder(now) != _holder(before):
                changed.append((*key, *row))
            if not there:
                gone.append(key)
        tail = ("account", "hold", "journal", "n", "trades", "origin")
        send(self.cursor, "insert_parcels", new, ("lot", "lo", "size", *tail))
        send(self.cursor, "update_parcels", changed, ("lot", "lo", *tail))
        send(self.cursor, "delete_parcels", gone, ("lot", "lo"))

    def part_of(self, gone: Parcel) -> Parcel:
        """Find the run that a melted one is part of now."""
        found = self.book.before(gone)
        assert found is not None  # what begins a lot never melts
        return found

    def update_registers(self) -> None:
        """Write what became of accounts, approvals and keys."""
        changed = [
            (account.id, account.frozen, account.status)
            for account in self.book.accounts.values()
            if (before := self.loaded.accounts.get(account.id)) is not None
            and (before.frozen, before.status) != (account.frozen, account.status)
        ]
        send(self.cursor, "update_accounts", changed, ("id", "frozen", "status"))
        decided = [
            (
                e.approval,
                e.state,
                d.actor.person if e.state != "expired" else None,
                self.seqs[d.group],
            )
            for d in self.drafts
            if d.continues is None
            for e in d.act.effects
            if isinstance(e, Decide)
        ]
        send(self.cursor, "update_approvals", decided, ("id", "state", "person", "grp"))
        send(self.cursor, "revoke_clients", [(client,) for client in self.book.revoked], ("id",))


def write_balances(
    cursor: psycopg.Cursor[Any], locked: Mapping[Key, Balance], balances: Mapping[Key, Balance]
) -> None:
    """Write balances of accounts new in this batch, and those that changed since they were locked.

    Once a batch: a row written again and again in one transaction drags its versions along.
    """
    new, changed = [], []
    for key, balance in balances.items():
        before = locked.get(key)
        if before is None:
            new.append((*key, balance.posted, balance.held, balance.floor, balance.version))
        elif before != balance:
            changed.append((*key, balance.posted, balance.held, balance.version, before.version))
    names = ("account", "instrument", "posted", "held", "floor", "version")
    send(cursor, "insert_balances", new, names)
    names = ("account", "instrument", "posted", "held", "version", "expected")
    send(cursor, "update_balances", changed, names)


def _holder(parcel: Parcel) -> tuple[Any, ...]:
    """Everything of a parcel that may change as a column; its end is where the next one begins."""
    return parcel.account, parcel.hold, parcel.acquired, parcel.trades, parcel.origin
