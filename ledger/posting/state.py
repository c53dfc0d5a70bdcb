"""Write the state that a batch changed: balances, holds, parcels, freezes, decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.book.book import Book, Key
from ledger.model.account import Balance
from ledger.model.command import Decide
from ledger.model.journal import Draft
from ledger.model.lot import Parcel
from ledger.posting.arrays import send
from ledger.posting.wire import Wire


@dataclass(frozen=True, slots=True)
class State:
    """The state rows of one batch, and the journals that changed them."""

    wire: Wire
    book: Book
    drafts: Sequence[Draft]
    seqs: Sequence[int]

    def seq(self, number: int) -> int:
        """Return a journal's number: those judged in this batch are counted from -1 down."""
        return number if number > 0 else self.seqs[-1 - number]

    def insert_holds(self) -> None:
        """Write holds opened in this batch."""
        opened = {
            e.hold: self.seqs[d.number]
            for d in reversed(self.drafts)  # of several journals that open one, the first counts
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
        send(self.wire, "insert_holds", rows, names)

    def update_holds(self) -> None:
        """Write what remains of holds opened earlier."""
        rows = [
            (hold.id, hold.remaining, before.remaining)
            for _, before, hold in self.book.holds.changes()
            if before is not None and hold is not None and before.remaining != hold.remaining
        ]
        send(self.wire, "update_holds", rows, ("id", "remaining", "expected"))

    def store_parcels(self) -> None:
        """Write new cuts, runs that changed as a whole, and take out what melted away.

        What melted is first written as the run that it is part of now: the guard lets nothing
        else go, and a later command of the batch may have moved that run.
        """
        new, changed, gone = [], [], []
        for key, before, there in self.book.parcels.changes():
            if there is None and before is None:
                continue  # a cut that melted again
            now = there or self.part_of(self.book.melted[key])
            row = (
                now.account,
                now.hold,
                self.seq(now.acquired[0]),
                now.acquired[1],
                now.trades,
                now.origin,
            )
            if before is None:
                new.append((*key, self.book.lots[now.lot].size, *row))
                continue
            if _holder(now) != _holder(before):
                changed.append((*key, *row))
            if there is None:
                gone.append(key)
        tail = ("account", "hold", "journal", "n", "trades", "origin")
        send(self.wire, "insert_parcels", new, ("lot", "lo", "size", *tail))
        send(self.wire, "update_parcels", changed, ("lot", "lo", *tail))
        send(self.wire, "delete_parcels", gone, ("lot", "lo"))

    def part_of(self, gone: Parcel) -> Parcel:
        """Find the run that a melted one is part of now."""
        found = self.book.before(gone)
        assert found is not None  # what begins a lot never melts
        return found

    def update_registers(self) -> None:
        """Write what became of accounts, approvals and keys."""
        changed = [
            (account.id, account.frozen, account.status, before.frozen, before.status)
            for _, before, account in self.book.accounts.changes()
            if before is not None
            and account is not None
            and (before.frozen, before.status) != (account.frozen, account.status)
        ]
        send(self.wire, "update_accounts", changed, ("id", "frozen", "status", "was_frozen", "was"))
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
        send(self.wire, "update_approvals", decided, ("id", "state", "person", "grp"))
        send(self.wire, "revoke_clients", [(client,) for client in self.book.revoked], ("id",))


def write_balances(
    wire: Wire, locked: Mapping[Key, Balance], balances: Mapping[Key, Balance]
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
    send(wire, "insert_balances", new, names)
    names = ("account", "instrument", "posted", "held", "version", "expected")
    send(wire, "update_balances", changed, names)


def _holder(parcel: Parcel) -> tuple[Any, ...]:
    """Everything of a parcel that may change as a column; its end is where the next one begins."""
    return parcel.account, parcel.hold, parcel.acquired, parcel.trades, parcel.origin
