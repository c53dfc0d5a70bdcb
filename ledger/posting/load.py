"""Load the facts a batch is judged by, in a fixed number of statements, under its locks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from ledger.book.book import Book
from ledger.book.pick import PARCELS_MAX
from ledger.model.account import Account, Balance, Mandate
from ledger.model.hold import Approval, Hold
from ledger.posting.asked import SQL, Asked, Opened
from ledger.posting.wants import Further, ask_parcels, load_wants, take
from ledger.store.arrays import column

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from ledger.book.book import Key
    from ledger.model.command import Command
    from ledger.posting.needs import Needs


@dataclass(frozen=True, slots=True)
class Facts:
    """What a batch is judged by, and the numbers drawn for its journals."""

    claims: list[tuple[Any, ...]]  # client, key, stored request and outcome or None
    book: Book
    rulebooks: tuple[bytes, ...]  # digests of the rulebooks in force
    seqs: list[int]


def load(
    conn: psycopg.Connection[Any],
    commands: Sequence[Command],
    needs: Needs,
    day: date,
    opened: Opened,
) -> Facts:
    """Claim keys, lock, read and draw numbers, in one round trip of the caller's transaction and pipeline.

    Locks: rulebooks and accounts (shared; exclusive to adopt and to close), then balances in
    (account, instrument) order, then approvals. The numbers are drawn after the last lock.
    Cost: the same statements whatever the size of the batch; two more where accounts are crumbled.
    """
    asked = _ask(conn, commands, needs, day, opened)
    book = Book()
    for account, instrument, *rest in asked["lock_balances"]:
        book.balances[account, instrument] = Balance(*rest)
    book.accounts = {row[0]: _account(row) for row in asked["read_accounts"]}
    book.approvals = {row[0]: Approval(*row) for row in asked["lock_approvals"]}
    book.holds = {row[0]: Hold(*row) for row in asked["read_holds"]}
    book.reversed = {row[0]: True for row in asked["read_reversed"]}
    for row in (*asked["held_parcels"], *asked["exact_parcels"]):
        take(book, row)
    load_wants(Further(conn, book, needs, day, opened), asked["pick_parcels"])
    return Facts(
        claims=asked["claim_keys"],
        book=book,
        rulebooks=tuple(bytes(row[2]) for row in asked["read_rulebooks"]),
        seqs=[row[0] for row in asked["draw_seqs"]],
    )


def _ask(
    conn: psycopg.Connection[Any],
    commands: Sequence[Command],
    needs: Needs,
    day: date,
    opened: Opened,
) -> Asked:
    """Send every question, in the order of the locks; wait for none of them here."""
    keys = sorted(needs.balances)
    missing = opened.missing(keys)
    asked = Asked(conn)
    asked.ask(
        "claim_keys",
        clients=[command.actor.client for command in commands],
        keys=[command.key for command in commands],
    )
    if needs.adopts:
        asked.ask("bar_rulebooks")
    if needs.closes:
        asked.ask("bar_accounts")
    if missing:
        asked.ask("open_balances", **_key_columns(missing))
    if keys or needs.whole:
        asked.ask("lock_balances", **_key_columns(keys), whole=sorted(needs.whole))
    if needs.approvals:
        asked.ask("lock_approvals", ids=sorted(needs.approvals))
    _ask_units(asked, needs, day, opened)
    if needs.reversed:
        asked.ask("read_reversed", ids=sorted(needs.reversed))
    asked.ask("read_rulebooks")
    asked.ask("draw_seqs", count=sum(len(command.acts) for command in commands))
    return asked


def _ask_units(asked: Asked, needs: Needs, day: date, opened: Opened) -> None:
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
        wants = list(needs.wants)
        ask_parcels(asked, wants, [opened.reach(account) for account, _, _ in wants], day)


def _key_columns(keys: Sequence[Key]) -> dict[str, list[int]]:
    return {"accounts": [a for a, _ in keys], "instruments": [i for _, i in keys]}


def _account(row: tuple[Any, ...]) -> Account:
    *described, granted = row
    account = Account(*described)
    return replace(account, mandates=tuple(map(_mandate, granted))) if granted else account


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
