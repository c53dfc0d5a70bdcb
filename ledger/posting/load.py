"""Load the facts a part of a batch is judged by, in a fixed number of statements, under its locks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from ledger.book.book import Book
from ledger.book.pick import PARCELS_MAX
from ledger.model.account import Account, Balance, Mandate
from ledger.model.hold import Approval, Hold
from ledger.posting.asked import Asked, Opened
from ledger.posting.search import take
from ledger.posting.wants import Pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.book.book import Key
    from ledger.posting.fronts import Found, Fronts
    from ledger.posting.needs import Needs, Part
    from ledger.posting.wire import Wire


@dataclass(frozen=True, slots=True)
class Facts:
    """What a whole batch is judged by."""

    claims: list[tuple[Any, ...]]  # client, key, stored request and outcome or None
    rulebooks: tuple[bytes, ...]  # digests of the rulebooks in force
    seqs: list[
        int
    ]  # a number for each act; drawn behind all locks, so that they rise with versions
    barred: frozenset[int]  # clients whose keys were not looked up, and are revoked


@dataclass(frozen=True, slots=True)
class Locks:
    """What was asked about a batch, and locked for it, before anything of it is judged."""

    asked: Asked

    def facts(self, book: Book) -> Facts:
        """Wait for the locks, and take what they guard into the book."""
        asked = self.asked
        for row in asked["lock_balances"]:
            book.balances[row[:2]] = Balance(*row[2:])
        book.approvals.update((row[0], Approval(*row)) for row in asked["lock_approvals"])
        book.ended_keys.update((row[0], True) for row in asked["read_ended_keys"])
        book.reversed.update((row[0], True) for row in asked["read_reversed"])
        return Facts(
            claims=asked["claim_keys"],
            rulebooks=tuple(bytes(row[2]) for row in asked["read_rulebooks"]),
            seqs=[row[0] for row in asked["draw_seqs"]],
            barred=frozenset(row[0] for row in asked["read_revoked"]),
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked about a part of a batch; the server works on it while the caller does other things."""

    asked: Asked
    pick: Pick

    def take_in(self, book: Book) -> None:
        """Wait for the answers, and ask for parcels that are short still.

        What the book knows already is newer: parts before may have changed it.
        """
        asked = self.asked
        for row in asked["read_accounts"]:
            if row[0] not in book.accounts:
                book.accounts[row[0]] = _account(row)
        for row in asked["read_holds"]:
            if row[0] not in book.holds:
                book.holds[row[0]] = Hold(*row)
        for row in (*asked["held_parcels"], *asked["exact_parcels"]):
            take(book, row)
        self.pick.take(book)

    def complete(self, book: Book) -> list[Found]:
        """Wait for the parcels that were short; a part is judged when it has them all.

        Returns what was found that may be remembered.
        """
        while self.pick.open:
            self.pick.take(book)
        return self.pick.found


def lock(wire: Wire, parts: Sequence[Part], opened: Opened) -> Locks:
    """Claim the keys of a batch, lock what its parts change, read the rules and draw its numbers.

    Locks: rulebooks, keys and new balances (shared; exclusive to adopt, to end and to change an
    account), then balances in (account, instrument) order, then approvals. The numbers are drawn
    behind the last lock.
    """
    commands = [command for part in parts for command in part.commands]
    asked, needs = Asked(wire), parts[0].needs  # what locks more than balances is never parted
    asked.ask(
        "claim_keys",
        clients=[command.actor.client for command in commands],
        keys=[command.key for command in commands],
    )
    keys = sorted({key for part in parts for key in part.needs.balances})
    signing = {command.signed.key for command in commands if command.signed is not None}
    signing.update(*(part.needs.leans for part in parts))
    _bar(asked, needs, signing)
    if missing := opened.missing(keys):
        asked.ask("open_balances", **_key_columns(missing))
    if keys or needs.whole:
        asked.ask("lock_balances", **_key_columns(keys), whole=sorted(needs.whole))
    if needs.approvals:
        asked.ask("lock_approvals", ids=sorted(needs.approvals))
    if needs.reversed:
        asked.ask("read_reversed", ids=sorted(needs.reversed))
    if trusted := {c.actor.client for c in commands if c.assumes is not None}:
        asked.ask("read_revoked", ids=sorted(trusted))
    asked.ask("read_rulebooks")
    asked.ask("draw_seqs", count=sum(len(command.acts) for command in commands))
    return Locks(asked)


def _bar(asked: Asked, needs: Needs, signing: set[int]) -> None:
    """Make later batches wait for what this one changes for all of them; lean on keys that sign."""
    if needs.adopts:
        asked.ask("bar_rulebooks")
    if needs.ends:
        asked.ask("bar_keys")
    elif signing:
        asked.ask("share_keys")
    if keys := needs.ends | signing:
        asked.ask("read_ended_keys", ids=sorted(keys))
    if needs.whole:
        asked.ask("bar_accounts")


def ask(wire: Wire, part: Part, day: date, opened: Opened, fronts: Fronts) -> Question:
    """Send every question about a part behind the locks; wait for none of them here.

    Cost: the same statements whatever the size of the part.
    """
    needs, asked = part.needs, Asked(wire)
    held = {"ids": sorted(needs.holds), "approvals": sorted(needs.approvals)}
    asked.ask("read_accounts", ids=sorted(needs.accounts))
    if needs.holds or needs.approvals:
        asked.ask("read_holds", **held)
        asked.ask("held_parcels", **held)
    if needs.exact:
        lots, los, pasts = zip(*sorted(needs.exact), strict=True)
        asked.ask("exact_parcels", lots=lots, los=los, pasts=pasts, most=PARCELS_MAX + 1)
    question = Question(asked, Pick(wire, needs, day, opened, fronts))
    wire.push()
    return question


def _key_columns(keys: Sequence[Key]) -> dict[str, list[int]]:
    return {"accounts": [a for a, _ in keys], "instruments": [i for _, i in keys]}


def _account(row: tuple[Any, ...]) -> Account:
    *described, granted = row
    return Account._make((*described, tuple(map(_mandate, granted)) if granted else ()))


def _mandate(granted: list[Any]) -> Mandate:
    number, scopes, start, end, ended = granted
    return Mandate(
        number, frozenset(scopes), date.fromisoformat(start), date.fromisoformat(end), ended
    )


def draw(wire: Wire, count: int) -> list[int]:
    """Draw more numbers: acts of more than 64 postings need several journals."""
    asked = Asked(wire)
    asked.ask("draw_seqs", count=count)
    return [row[0] for row in asked["draw_seqs"]]


def rulebook_bytes(wire: Wire, digests: Sequence[bytes]) -> list[bytes]:
    """Read rulebooks that this process has not met."""
    asked = Asked(wire)
    asked.ask("read_rulebook_bytes", digests=digests)
    return [bytes(raw) for (raw,) in asked["read_rulebook_bytes"]]
