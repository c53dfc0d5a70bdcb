"""Load the facts a batch is judged by, in a fixed number of statements, under its locks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, cast

from ledger.book.book import Book
from ledger.book.pick import PARCELS_MAX
from ledger.model.account import Account, Balance, Mandate, is_contra
from ledger.model.command import (
    Close,
    CloseHold,
    Consolidate,
    Criteria,
    Decide,
    EndMandate,
    Enter,
    Exact,
    Freeze,
    FromHold,
    Move,
    NewLot,
    NewPiece,
    OpenHold,
    Restore,
    Revoke,
    Runs,
)
from ledger.model.hold import Approval, Hold
from ledger.model.instrument import GEC, by_id
from ledger.model.lot import Lot, Parcel, lot_ceiling, lot_floor
from ledger.posting.asked import SQL, Asked, Opened
from ledger.store.arrays import column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg

    from ledger.book.book import Key
    from ledger.model.command import Command, Effect

# Parcels fetched per want: most acts need one, a crumbled account is asked again.
_REACHES: Final = (1, 16, PARCELS_MAX + 1)


@dataclass(slots=True)
class Needs:
    """What the commands of a batch will look at."""

    accounts: set[int] = field(default_factory=set)
    balances: set[Key] = field(default_factory=set)
    holds: set[int] = field(default_factory=set)
    approvals: set[int] = field(default_factory=set)
    whole: set[int] = field(default_factory=set)  # accounts of which every balance is locked
    exact: set[tuple[int, int, int]] = field(default_factory=set)  # (lot, lo, past)
    wants: dict[tuple[int, int, Criteria], int] = field(default_factory=dict)  # index of each want
    totals: dict[Key, int] = field(
        default_factory=dict
    )  # units asked of (account, instrument), by all
    reversed: set[int] = field(default_factory=set)
    adopts: bool = False
    closes: bool = False  # accounts get no new balance while one is closed


def needs_of(commands: Iterable[Command]) -> Needs:
    """Collect what the acts name; nothing is read yet."""
    needs = Needs()
    for command in commands:
        for expect in command.expect:
            _need_balance(needs, expect.account, expect.instrument)
        for act in command.acts:
            needs.adopts |= act.kind == "rulebook.adopt"
            if act.reverses is not None:
                needs.reversed.add(act.reverses.journal)
            for effect in act.effects:
                _need(needs, effect)
    return needs


def _need(needs: Needs, effect: Effect) -> None:
    match effect:
        case Move():
            _need_balance(needs, effect.debit, effect.instrument)
            _need_balance(needs, effect.credit, effect.instrument)
            _need_units(needs, effect.debit, effect.instrument, effect.amount, effect.source)
        case OpenHold():
            _need_balance(needs, effect.account, effect.instrument)
            _need_units(needs, effect.account, effect.instrument, effect.amount, effect.source)
        case CloseHold():
            _need_balance(needs, effect.account, effect.instrument)
            needs.holds.add(effect.hold)
        case Consolidate():
            _need_balance(needs, effect.account, GEC)
            needs.exact.add((effect.lot, effect.lo, effect.lo + effect.count))
        case Decide():
            needs.approvals.add(effect.approval)
        case _:
            _need_account(needs, effect)


def _need_account(needs: Needs, effect: Freeze | Close | EndMandate | Revoke | Enter) -> None:
    match effect:
        case Freeze() | EndMandate():
            needs.whole.add(effect.account)
        case Close():
            needs.whole.add(effect.account)
            needs.closes = True
        case Enter(table="mandate", row=row):
            needs.accounts.add(cast("int", row["account"]))
        case Revoke() | Enter():
            pass
    needs.accounts |= needs.whole


def _need_balance(needs: Needs, account: int, instrument: int) -> None:
    needs.accounts.add(account)
    if not is_contra(account):
        needs.balances.add((account, instrument))


def _need_units(needs: Needs, account: int, instrument: int, amount: int, source: object) -> None:
    match source:
        case NewLot() | NewPiece():
            pass
        case FromHold():
            needs.holds.add(source.hold)
        case Exact():
            needs.exact.add((source.lot, source.lo, source.lo + amount))
            _need_total(needs, account, instrument, amount)
        case Restore():  # with the neighbours that the units may melt into
            needs.exact.add((source.lot, max(source.lo - 1, 0), source.lo + amount + 1))
            _need_total(needs, account, instrument, amount)
            _need_total(needs, account, instrument, amount)
        case Runs():
            needs.exact.update((lot, lo, lo + count) for lot, lo, count in source.runs)
            _need_total(needs, account, instrument, amount)
        case _ if by_id(instrument).kind == "serial":
            criteria = source if isinstance(source, Criteria) else Criteria()
            needs.wants.setdefault((account, instrument, criteria), len(needs.wants))
            _need_total(needs, account, instrument, amount)


def _need_total(needs: Needs, account: int, instrument: int, amount: int) -> None:
    """Count what leaves an account in the batch, named by serial or not: wants must reach past it."""
    key = (account, instrument)
    needs.totals[key] = needs.totals.get(key, 0) + amount


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
        _take(book, row)
    _load_wants(conn, book, needs, asked["pick_parcels"], day)
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
    _ask_units(asked, needs, day)
    if needs.reversed:
        asked.ask("read_reversed", ids=sorted(needs.reversed))
    asked.ask("read_rulebooks")
    asked.ask("draw_seqs", count=sum(len(command.acts) for command in commands))
    return asked


def _ask_units(asked: Asked, needs: Needs, day: date) -> None:
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
        asked.ask("pick_parcels", **_want_columns(list(needs.wants), _REACHES[0], day))


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


def _load_wants(
    conn: psycopg.Connection[Any], book: Book, needs: Needs, rows: list[tuple[Any, ...]], day: date
) -> None:
    """Take what was picked; ask further, twice at most, for wants that it does not cover."""
    wants = list(needs.wants)
    for reach, further in pairwise(_REACHES):
        counts = _count(book, rows, len(wants))
        wants = [
            want
            for want, (count, units) in zip(wants, counts, strict=True)
            if count == reach and units < needs.totals[want[:2]]
        ]
        if not wants:
            return
        asked = Asked(conn)
        asked.ask("pick_parcels", **_want_columns(wants, further, day))
        rows = asked["pick_parcels"]
    _count(book, rows, len(wants))


def _count(book: Book, rows: list[tuple[Any, ...]], wants: int) -> list[tuple[int, int]]:
    """Take picked parcels into the book; count parcels and units by want."""
    found = [(0, 0)] * wants
    for want, *row in rows:
        count, units = found[want]
        found[want] = (count + 1, units + _take(book, row))
    return found


def _want_columns(
    wants: Sequence[tuple[int, int, Criteria]], most: int, day: date
) -> dict[str, list[Any]]:
    spans = [_lot_span(instrument, criteria, day) for _, instrument, criteria in wants]
    each = [criteria for _, _, criteria in wants]
    return {
        "wants": list(range(len(wants))),
        "accounts": [account for account, _, _ in wants],
        "floors": [floor for floor, _ in spans],
        "ceilings": [ceiling for _, ceiling in spans],
        "months": [criteria.month for criteria in each],
        "energies": [criteria.energy for criteria in each],
        "years": [criteria.year for criteria in each],
        "trades": [criteria.trade for criteria in each],
        "categories": [criteria.category for criteria in each],
        "mechanisms": [criteria.mechanism for criteria in each],
        "trades_below": [criteria.trades_below for criteria in each],
        "limits": [most] * len(wants),
    }


def _lot_span(instrument: int, criteria: Criteria, day: date) -> tuple[int, int]:
    """Turn validity into a range of lot ids, which sort by expiry."""
    if criteria.lot is not None:
        return criteria.lot, criteria.lot + 1
    if criteria.expired:
        return instrument << 48, lot_floor(instrument, day)
    return lot_floor(instrument, day), lot_ceiling(instrument)


def _take(book: Book, row: Sequence[Any]) -> int:
    """Take a parcel and its lot into the book; return the parcel's units."""
    lot, lo, size, account, hold, journal, n, trades, origin, past, *facts = row
    if lot not in book.lots:
        *described, first_serial, valid_until = facts
        book.lots[lot] = Lot(*[lot, *described, first_serial, size, valid_until])
    book.load_parcel(Parcel(lot, lo, past, account, hold, (journal, n), trades, origin))
    return int(past - lo)
