"""Load the facts a batch is judged by, in a fixed number of statements, under its locks."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from ledger.book.book import Book
from ledger.book.pick import PARCELS_MAX
from ledger.model.account import Account, Balance, is_contra
from ledger.model.command import (
    CloseHold,
    Criteria,
    Decide,
    Enter,
    Exact,
    Freeze,
    FromHold,
    Move,
    NewLot,
    OpenHold,
    Revoke,
)
from ledger.model.hold import Approval, Hold
from ledger.model.instrument import by_id
from ledger.model.lot import Lot, Parcel, lot_ceiling, lot_floor
from ledger.store.statements import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    import psycopg

    from ledger.book.book import Key
    from ledger.model.command import Command, Effect

SQL: Final = statements(files("ledger.posting") / "load.sql")
_FIRST_PARCELS: Final = 16  # parcels fetched per want at first; most acts need one or two


@dataclass(slots=True)
class Needs:
    """What the commands of a batch will look at."""

    accounts: set[int] = field(default_factory=set)
    balances: set[Key] = field(default_factory=set)
    holds: set[int] = field(default_factory=set)
    approvals: set[int] = field(default_factory=set)
    frozen: set[int] = field(default_factory=set)
    exact: set[tuple[int, int, int]] = field(default_factory=set)  # (lot, lo, past)
    wants: dict[tuple[int, int, Criteria], int] = field(default_factory=dict)  # index of each want
    totals: dict[Key, int] = field(
        default_factory=dict
    )  # units asked of (account, instrument), by all
    adopts: bool = False


def needs_of(commands: Iterable[Command]) -> Needs:
    """Collect what the acts name; nothing is read yet."""
    needs = Needs()
    for command in commands:
        for expect in command.expect:
            _need_balance(needs, expect.account, expect.instrument)
        for act in command.acts:
            needs.adopts |= act.kind == "rulebook.adopt"
            for effect in act.effects:
                _need(needs, effect)
    return needs


def _need(needs: Needs, effect: Effect) -> None:
    match effect:
        case Move():
            _need_balance(needs, effect.debit, effect.instrument)
            _need_balance(needs, effect.credit, effect.instrument)
            if not isinstance(effect.source, NewLot):
                _need_units(needs, effect.debit, effect.instrument, effect.amount, effect.source)
        case OpenHold():
            _need_balance(needs, effect.account, effect.instrument)
            _need_units(needs, effect.account, effect.instrument, effect.amount, effect.source)
        case CloseHold():
            _need_balance(needs, effect.account, effect.instrument)
            needs.holds.add(effect.hold)
        case Freeze():
            needs.accounts.add(effect.account)
            needs.frozen.add(effect.account)
        case Decide():
            needs.approvals.add(effect.approval)
        case Revoke() | Enter():
            pass


def _need_balance(needs: Needs, account: int, instrument: int) -> None:
    needs.accounts.add(account)
    if not is_contra(account):
        needs.balances.add((account, instrument))


def _need_units(needs: Needs, account: int, instrument: int, amount: int, source: object) -> None:
    match source:
        case FromHold():
            needs.holds.add(source.hold)
        case Exact():
            needs.exact.add((source.lot, source.lo, source.lo + amount))
        case _ if by_id(instrument).kind == "serial":
            criteria = source if isinstance(source, Criteria) else Criteria()
            needs.wants.setdefault((account, instrument, criteria), len(needs.wants))
            key = (account, instrument)
            needs.totals[key] = needs.totals.get(key, 0) + amount


def load(conn: psycopg.Connection[Any], needs: Needs, day: date) -> Book:
    """Lock and read; the caller's transaction is open and its keys are claimed.

    Locks: rulebooks (shared), then balances in (account, instrument) order, then approvals.
    """
    book = Book()
    keys = sorted(needs.balances)
    balances = {"accounts": [a for a, _ in keys], "instruments": [i for _, i in keys]}
    if keys or needs.frozen:
        conn.execute(SQL["open_balances"], balances)
        frozen = {"frozen": sorted(needs.frozen)}
        for account, instrument, *rest in conn.execute(SQL["lock_balances"], balances | frozen):
            book.balances[account, instrument] = Balance(*rest)
    for row in conn.execute(SQL["read_accounts"], {"ids": sorted(needs.accounts)}):
        book.accounts[row[0]] = Account(*row)
    if needs.approvals:
        for row in conn.execute(SQL["lock_approvals"], {"ids": sorted(needs.approvals)}):
            book.approvals[row[0]] = Approval(*row)
    _load_holds(conn, book, needs.holds | {a.hold for a in book.approvals.values() if a.hold})
    _load_exact(conn, book, needs)
    _load_wants(conn, book, needs, day)
    _load_lots(conn, book)
    return book


def _load_holds(conn: psycopg.Connection[Any], book: Book, ids: set[int]) -> None:
    if not ids:
        return
    for row in conn.execute(SQL["read_holds"], {"ids": sorted(ids)}):
        book.holds[row[0]] = Hold(*row)
    for row in conn.execute(SQL["held_parcels"], {"ids": sorted(ids)}):
        book.load_parcel(_parcel(row))


def _load_exact(conn: psycopg.Connection[Any], book: Book, needs: Needs) -> None:
    if not needs.exact:
        return
    lots, los, pasts = zip(*sorted(needs.exact), strict=True)
    wanted = {"lots": list(lots), "los": list(los), "pasts": list(pasts), "most": PARCELS_MAX + 1}
    for row in conn.execute(SQL["exact_parcels"], wanted):
        book.load_parcel(_parcel(row))


def _load_wants(conn: psycopg.Connection[Any], book: Book, needs: Needs, day: date) -> None:
    """Fetch a few parcels per want, and once more, up to the limit, for wants they do not cover."""
    short = list(needs.wants)
    for most in (_FIRST_PARCELS, PARCELS_MAX + 1):
        if short:
            found = _fetch(conn, book, short, most, day)
            short = [
                want
                for want, (count, units) in zip(short, found, strict=True)
                if count == most and units < needs.totals[want[:2]]
            ]


def _fetch(
    conn: psycopg.Connection[Any],
    book: Book,
    wants: Sequence[tuple[int, int, Criteria]],
    most: int,
    day: date,
) -> list[tuple[int, int]]:
    found = [(0, 0)] * len(wants)
    for want, *row in conn.execute(SQL["pick_parcels"], _want_columns(wants, most, day)):
        parcel = _parcel(row)
        book.load_parcel(parcel)
        count, units = found[want]
        found[want] = (count + 1, units + parcel.count)
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


def _load_lots(conn: psycopg.Connection[Any], book: Book) -> None:
    ids = sorted({lot for lot, _ in book.parcels})
    if ids:
        for row in conn.execute(SQL["read_lots"], {"ids": ids}):
            book.lots[row[0]] = Lot(*row)


def _parcel(row: Sequence[Any]) -> Parcel:
    lot, lo, _, account, hold, journal, n, trades, origin, past = row
    return Parcel(lot, lo, past, account, hold, (journal, n), trades, origin)
