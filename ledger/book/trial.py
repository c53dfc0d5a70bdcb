"""One command on trial: the book, the journals it would make, and what it may not do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from ledger.book.book import Book, Key
from ledger.model.account import Account, is_contra
from ledger.model.command import Act, Command, Move
from ledger.model.hold import Hold
from ledger.model.journal import Draft, HoldEvent, Posting, Run
from ledger.refusals import AccountClosed, AccountFrozen, MandateMissing
from ledger.rules.mandate import allows
from ledger.rules.rulebook import Rules
from schemas.identifiers import IdPrefix, encode_id

POSTINGS_MAX: Final = 64  # of one journal; a larger act becomes a group of journals
HOLD_LINES_MAX: Final = 32
"""Events and runs of holds in one journal: with all its postings it must fit into one record."""


@dataclass(slots=True)
class Trial:
    """One command being judged; its changes are taken back if it is refused."""

    book: Book
    command: Command
    now: datetime
    day: date
    rules: Rules
    numbered: int  # journals of the batch before this command
    drafts: list[Draft] = field(default_factory=list)
    approved: bool = False  # a second person approved what follows
    granted: set[int] = field(default_factory=set)  # holds that an approval in this command frees
    moved: list[tuple[int, int, int]] = field(default_factory=list)  # (lot, lo, count)

    def open_part(self, act: Act, continues: int | None = None) -> Draft:
        """Begin a journal of an act; `continues` names its first one, where this is a later part."""
        draft = Draft(
            number=self.numbered + len(self.drafts),
            group=self.numbered,
            part=len(self.drafts) + 1,
            act=act,
            actor=self.command.actor,
            request=self.command.request,
            key=self.command.key,
            evidence=self.command.signed.digest if self.command.signed else None,
            continues=continues,
        )
        self.drafts.append(draft)
        return draft

    def go_on(self) -> Draft:
        """Begin a further journal of the act at hand."""
        draft = self.drafts[-1]
        return self.open_part(
            draft.act, draft.number if draft.continues is None else draft.continues
        )

    def check_open(self, account: Account) -> None:
        """Refuse to use a closed account."""
        if account.status != "open":
            raise AccountClosed(account=encode_id(IdPrefix.ACCOUNT, account.id))

    def check_frozen(self, account: Account) -> None:
        """Refuse to take from a frozen account."""
        if account.frozen:
            raise AccountFrozen(account=encode_id(IdPrefix.ACCOUNT, account.id))

    def check_mandate(self, account: Account, scope: str | None) -> None:
        """Refuse an agent what the owner's mandate does not allow on this day."""
        if account.cls != "agent" or account.on_behalf_of is None or scope is None:
            return
        if not any(allows(mandate, scope, self.day) for mandate in account.mandates):
            raise MandateMissing(
                account=encode_id(IdPrefix.ACCOUNT, account.id),
                scope=scope,
                day=self.day.isoformat(),
            )

    def post(
        self, move: Move, amount: int, lot: int | None = None, lo: int | None = None
    ) -> tuple[int, int]:
        """Write one posting; return (journal, n) of it, the journal as a number not yet drawn."""
        draft = self.drafts[-1]
        if len(draft.postings) == POSTINGS_MAX:
            draft = self.go_on()
        debit, credit = (move.debit, move.instrument), (move.credit, move.instrument)
        debit_after = self._shift(draft, debit, -amount)
        credit_after = self._shift(draft, credit, amount)
        draft.postings.append(
            Posting(
                move.debit,
                move.credit,
                move.instrument,
                amount,
                debit_after,
                credit_after,
                lot,
                lo,
                move.price_fen,
            )
        )
        return -1 - draft.number, len(draft.postings)

    def _shift(self, draft: Draft, key: Key, units: int) -> int | None:
        """Add to what is posted and touch the balance, in one step; return what is posted then."""
        if is_contra(key[0]):
            return None
        fresh = key not in draft.touched
        after = self.book.change(key, units, 0, int(fresh))
        if fresh:
            draft.touched[key] = self.book.balances[key].version
        return after

    def touch(self, draft: Draft, key: Key) -> None:
        """Bump a balance's version, once a journal; contra accounts have none."""
        if is_contra(key[0]) or key in draft.touched:
            return
        balance = self.book.balance(key)
        draft.touched[key] = balance.version + 1
        self.book.put(self.book.balances, key, balance.changed(0, 0, 1))

    def reduce(self, hold: Hold, amount: int, event: str, runs: tuple[Run, ...] = ()) -> None:
        """Take units off a hold, and off what its account has held; a journal tells each end once."""
        self.book.put(self.book.holds, hold.id, replace(hold, remaining=hold.remaining - amount))
        self.book.change((hold.account, hold.instrument), held=-amount)
        self.tell((hold.account, hold.instrument), HoldEvent(hold.id, event, amount, runs))

    def tell(self, key: Key, event: HoldEvent) -> None:
        """Write what happened to a hold, and touch its balance; many runs go on in further journals."""
        for part in _parts(event):
            draft = self.drafts[-1]
            if sum(map(_lines, draft.hold_events)) + _lines(part) > HOLD_LINES_MAX:
                draft = self.go_on()
            self.touch(draft, key)
            _put_event(draft.hold_events, part)


def _parts(event: HoldEvent) -> Iterator[HoldEvent]:
    """Cut an event into parts that one journal can tell."""
    if len(event.runs) <= HOLD_LINES_MAX:
        yield event
        return
    for at in range(0, len(event.runs), HOLD_LINES_MAX):
        runs = event.runs[at : at + HOLD_LINES_MAX]
        yield HoldEvent(event.hold, event.event, sum(count for _, _, count in runs), runs)


def _lines(event: HoldEvent) -> int:
    return max(1, len(event.runs))


def _put_event(told: list[HoldEvent], event: HoldEvent) -> None:
    """Put an event last, one with whatever the journal tells of the same end already."""
    same = [e for e in told if (e.hold, e.event) == (event.hold, event.event)]
    for before in same:
        told.remove(before)
        event = HoldEvent(
            event.hold, event.event, before.amount + event.amount, before.runs + event.runs
        )
    told.append(event)
