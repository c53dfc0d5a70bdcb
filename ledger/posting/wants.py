"""Parcels for what acts want: as few as cover it, found by criteria in the order they are picked in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from ledger.book.book import Book
from ledger.book.pick import PARCELS_MAX
from ledger.model.command import Criteria
from ledger.model.lot import Lot, Parcel, lot_ceiling, lot_floor
from ledger.posting.asked import Asked, Opened
from ledger.posting.needs import Needs, Want


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
        balance = self.book.balances.get(want[:2])
        return self.needs.units(want, balance.posted - balance.floor if balance else 0)


def ask_parcels(asked: Asked, wants: Sequence[Want], limits: list[int], day: date) -> None:
    """Ask for free parcels that fit each want, no more than its limit."""
    asked.ask("pick_parcels", **_columns(wants, limits, day))


def limits_of(needs: Needs, opened: Opened) -> list[int]:
    """Guess how many parcels each want needs, by what was in the account when it was met last."""
    return [
        max(1, opened.reach(want[0], needs.units(want, opened.units(want[:2]))))
        for want in needs.wants
    ]


def load_wants(further: Further, limits: list[int], rows: list[tuple[Any, ...]]) -> None:
    """Take what was picked; ask further, twice at most, for wants that it does not cover."""
    wants = list(further.needs.wants)
    for last in (False, True, None):
        needed = [further.units(want) for want in wants]
        found = _count(further.book, rows, len(wants))
        further.opened.learn_reach(
            (account, *counted) for (account, _, _), counted in zip(wants, found, strict=True)
        )
        short = [
            (want, PARCELS_MAX + 1 if last else limit + further.opened.reach(want[0], need))
            for want, limit, need, (count, units) in zip(wants, limits, needed, found, strict=True)
            if count == limit and units < need
        ]
        if not short or last is None:
            return
        wants, limits = [want for want, _ in short], [limit for _, limit in short]
        asked = Asked(further.conn)
        ask_parcels(asked, wants, limits, further.day)
        rows = asked["pick_parcels"]


def _count(book: Book, rows: list[tuple[Any, ...]], wants: int) -> list[tuple[int, int]]:
    """Take picked parcels into the book; count parcels and units by want."""
    found = [(0, 0)] * wants
    for row in rows:
        count, units = found[row[-1]]
        found[row[-1]] = (count + 1, units + take(book, row))
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


def take(book: Book, row: tuple[Any, ...]) -> int:
    """Take a parcel and its lot into the book; return the parcel's units."""
    lot, lo, size, account, hold, journal, n, trades, origin, past = row[:10]
    if lot not in book.lots:
        instrument, plant, month, energy, category, trade, mechanism, province = row[10:18]
        book.lots[lot] = Lot(
            lot,
            instrument,
            plant,
            month,
            energy,
            category,
            trade,
            mechanism,
            province,
            row[18],
            size,
            row[19],
        )
    book.load_parcel(Parcel(lot, lo, past, account, hold, (journal, n), trades, origin))
    return int(past - lo)
