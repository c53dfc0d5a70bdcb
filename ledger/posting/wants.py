"""Parcels for what acts want: as few as cover it, found by criteria in the order they are picked in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import psycopg

from ledger.book.book import Book
from ledger.book.pick import PARCELS_MAX
from ledger.model.command import Criteria
from ledger.model.lot import Lot, Parcel, lot_ceiling, lot_floor
from ledger.posting.asked import Asked, Opened
from ledger.posting.needs import Needs, Want

# Parcels fetched for a want that the first question did not cover; an act touches no more than the last.
_REACHES: Final = (8, PARCELS_MAX + 1)


@dataclass(frozen=True, slots=True)
class Further:
    """What it takes to ask for more parcels than were asked for at first."""

    conn: psycopg.Connection[Any]
    book: Book
    needs: Needs
    day: date
    opened: Opened

    def units(self, want: Want) -> int:
        """Count the units that acts may take; one that asks for more than there can be is refused anyway."""
        key = want[:2]
        balance = self.book.balances.get(key)
        there = balance.posted - balance.floor if balance else 0  # held units may be released first
        most = there + self.needs.coming.get(key, 0)
        return sum(amount for amount in self.needs.asked[key] if amount <= most)


def ask_parcels(asked: Asked, wants: Sequence[Want], limits: list[int], day: date) -> None:
    """Ask for free parcels that fit each want, no more than its limit."""
    asked.ask("pick_parcels", **_columns(wants, limits, day))


def load_wants(further: Further, rows: list[tuple[Any, ...]]) -> None:
    """Take what was picked; ask further, twice at most, for wants that it does not cover."""
    wants = list(further.needs.wants)
    limits = [further.opened.reach(account) for account, _, _ in wants]
    for reach in (*_REACHES, 0):
        needed = [further.units(want) for want in wants]
        found = _count(further.book, rows, needed)
        further.opened.learn_reach(
            (account, used) for (account, _, _), (_, _, used) in zip(wants, found, strict=True)
        )
        short = [
            (want, max(reach, 2 * limit))
            for want, limit, need, (count, units, _) in zip(
                wants, limits, needed, found, strict=True
            )
            if count == limit and units < need
        ]
        if not short or not reach:
            return
        wants, limits = [want for want, _ in short], [limit for _, limit in short]
        asked = Asked(further.conn)
        ask_parcels(asked, wants, limits, further.day)
        rows = asked["pick_parcels"]


def _count(
    book: Book, rows: list[tuple[Any, ...]], needed: Sequence[int]
) -> list[tuple[int, int, int]]:
    """Take picked parcels into the book; count parcels, units, and parcels that were needed, by want."""
    found = [(0, 0, 0)] * len(needed)
    for want, *row in rows:
        count, units, used = found[want]
        found[want] = (count + 1, units + take(book, row), used + (units < needed[want]))
    return found


def _columns(wants: Sequence[Want], limits: list[int], day: date) -> dict[str, list[Any]]:
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
        "resold": [criteria.resold for criteria in each],
        "limits": limits,
    }


def _lot_span(instrument: int, criteria: Criteria, day: date) -> tuple[int, int]:
    """Turn validity into a range of lot ids, which sort by expiry."""
    if criteria.lot is not None:
        return criteria.lot, criteria.lot + 1
    if criteria.expired:
        return instrument << 48, lot_floor(instrument, day)
    return lot_floor(instrument, day), lot_ceiling(instrument)


def take(book: Book, row: Sequence[Any]) -> int:
    """Take a parcel and its lot into the book; return the parcel's units."""
    lot, lo, size, account, hold, journal, n, trades, origin, past, *facts = row
    if lot not in book.lots:
        *described, first_serial, valid_until = facts
        book.lots[lot] = Lot(*[lot, *described, first_serial, size, valid_until])
    book.load_parcel(Parcel(lot, lo, past, account, hold, (journal, n), trades, origin))
    return int(past - lo)
