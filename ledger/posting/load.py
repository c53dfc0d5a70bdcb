"""Load the facts a part of a batch is judged by, in a fixed number of statements, under its locks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from ledger.book.book import Book
from ledger.book.pick import PARCELS_MAX
from ledger.model.account import Account, Balance, Mandate
from ledger.model.hold import Approval, Hold
from ledger.posting.asked import SQL, Asked, Opened
from ledger.posting.wants import Further, ask_parcels, limits_of, load_wants, take
from ledger.store.arrays import column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from ledger.book.book import Key
    from ledger.posting.needs import Needs, Part


@dataclass(frozen=True, slots=True)
class Facts:
    """What a part is judged by, and the numbers drawn for its journals."""

    claims: list[tuple[Any, ...]]  # client, key, stored request and outcome or None
    book: Book
    rulebooks: tuple[bytes, ...]  # digests of the rulebooks in force
    seqs: list[int]
    barred: frozenset[
        int
    ]  # clients whose keys were not looked up, and are revoked; first part only


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked about a part of a batch; the server works on it while the caller does other things."""

    conn: psycopg.Connection[Any]
    needs: Needs
    day: date
    opened: Opened
    asked: Asked
    limits: list[int]  # parcels asked for, by want

    def facts(self, balances: dict[Key, Balance]) -> Facts:
        """Wait for the answers; `balances` are taken on as the parts before left them.

        Cost: a round trip; two more where accounts are crumbled.
        """
        asked, book = self.asked, Book(balances=balances)
        for row in asked["lock_balances"]:
            balances[row[:2]] = Balance(*row[2:])
        book.accounts = {row[0]: _account(row) for row in asked["read_accounts"]}
        book.approvals = {row[0]: Approval(*row) for row in asked["lock_approvals"]}
        book.holds = {row[0]: Hold(*row) for row in asked["read_holds"]}
        book.reversed = {row[0]: True for row in asked["read_reversed"]}
        for row in (*asked["held_parcels"], *asked["exact_parcels"]):
            take(book, row)
        further = Further(self.conn, book, self.needs, self.day, self.opened)
        load_wants(further, self.limits, asked["pick_parcels"])
        return Facts(
            claims=asked["claim_keys"],
            book=book,
            rulebooks=tuple(bytes(row[2]) for row in asked["read_rulebooks"]),
            seqs=[row[0] for row in asked["draw_seqs"]],
            barred=frozenset(row[0] for row in asked["read_revoked"]),
        )


def ask(
    conn: psycopg.Connection[Any],
    part: Part,
    day: date,
    opened: Opened,
    batch: Sequence[Part] = (),
) -> Question:
    """Send every question about a part, in the order of the locks; wait for none of them here.

    `batch` is given with the first part: keys are claimed, balances locked and read, for all parts.
    Locks: rulebooks and accounts (shared; exclusive to adopt and to close), then balances in
    (account, instrument) order, then approvals. The numbers are drawn after the last lock.
    Cost: the same statements whatever the size of the part.
    """
    needs, asked = part.needs, Asked(conn)
    if batch:
        _ask_locks(asked, batch, opened)
    if needs.approvals:
        asked.ask("lock_approvals", ids=sorted(needs.approvals))
    limits = limits_of(needs, opened)
    _ask_units(asked, needs, limits, day)
    if needs.reversed:
        asked.ask("read_reversed", ids=sorted(needs.reversed))
    asked.ask("read_rulebooks")
    asked.ask("draw_seqs", count=sum(len(command.acts) for command in part.commands))
    return Question(conn, needs, day, opened, asked, limits)


def _ask_locks(asked: Asked, batch: Sequence[Part], opened: Opened) -> None:
    """Claim the keys of a batch, and lock its balances; what locks more is never parted."""
    commands = [command for part in batch for command in part.commands]
    asked.ask(
        "claim_keys",
        clients=[command.actor.client for command in commands],
        keys=[command.key for command in commands],
    )
    keys = sorted({key for part in batch for key in part.needs.balances})
    needs = batch[0].needs
    if needs.adopts:
        asked.ask("bar_rulebooks")
    if needs.closes:
        asked.ask("bar_accounts")
    if missing := opened.missing(keys):
        asked.ask("open_balances", **_key_columns(missing))
    if keys or needs.whole:
        asked.ask("lock_balances", **_key_columns(keys), whole=sorted(needs.whole))
    if trusted := {c.actor.client for c in commands if c.assumes is not None}:
        asked.ask("read_revoked", ids=sorted(trusted))


def _ask_units(asked: Asked, needs: Needs, limits: list[int], day: date) -> None:
    """Ask for what the locks guard by now: accounts, holds, parcels."""
    held = {"ids": sorted(needs.holds), "approvals": sorted(needs.approvals)}
    asked.ask("read_accounts", ids=sorted(needs.accounts))
    if needs.holds or needs.approvals:
        asked.ask("read_holds", **held)
        asked.ask("held_parcels", **held)
    if needs.exact:
        lots, los, pasts = zip(*sorted(needs.exact), strict=True)
        asked.ask("exact_parcels", lots=lots, los=los, pasts=pasts, most=PARCELS_MAX + 1)
    if needs.wants:
        ask_parcels(asked, list(needs.wants), limits, day)


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


def draw(conn: psycopg.Connection[Any], count: int) -> list[int]:
    """Draw more numbers: acts of more than 64 postings need several journals."""
    return [row[0] for row in conn.execute(SQL["draw_seqs"], {"count": count})]


def rulebook_bytes(conn: psycopg.Connection[Any], digests: Sequence[bytes]) -> list[bytes]:
    """Read rulebooks that this process has not met."""
    rows = conn.execute(SQL["read_rulebook_bytes"], {"digests": column(digests, "bytea")})
    return [bytes(raw) for (raw,) in rows]
