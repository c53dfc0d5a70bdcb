"""Parcels for what acts want: as few as cover it, found by criteria in the order they are picked in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger.book.book import Book, Key
from ledger.book.pick import PARCELS_MAX, fits
from ledger.model.command import Criteria
from ledger.model.lot import Lot, Parcel, lot_ceiling, lot_floor
from ledger.posting.asked import Asked, Opened
from ledger.posting.needs import Needs, Want
from ledger.posting.wire import Wire

_GUESSES_MAX: Final = 3


@dataclass(slots=True)
class _Search:
    """Where one want stands: how many parcels were asked for at last, behind which, and what was found."""

    want: Want
    limit: int
    after: Key  # (lot, lo) of the last parcel found
    units: int = 0  # free still
    rows: int = 0  # of the last answer

    def add(self, key: Key, units: int) -> None:
        """Count a parcel."""
        self.after = key
        self.rows += 1
        self.units += units


class Pick:
    """The parcels that a part wants: as many as are guessed, then what is short, then all there may be."""

    def __init__(self, wire: Wire, needs: Needs, day: date, opened: Opened):
        """Ask for as many parcels of each want as its units are likely to lie in."""
        self._wire, self._flow, self._day, self._opened = wire, needs.flow, day, opened
        self._guesses = 0
        self.open = [
            _Search(want, self._guess(want, opened.units(want[:2])), _before(want, day))
            for want in needs.wants
        ]
        self._asked = self._ask()

    def take(self, book: Book) -> None:
        """Take what was found into the book, and ask further for wants that it does not cover."""
        for row in self._asked["pick_parcels"]:
            search = self.open[row[-1]]
            search.add(row[:2], self._still(book, row[:2], search.want) or take(book, row))
        self._opened.learn_reach(
            (search.want[0], search.rows, search.units) for search in self.open
        )
        self._guesses += 1
        self.open = [search for search in self.open if self._is_short(book, search)]
        self._asked = self._ask()

    def _still(self, book: Book, key: Key, want: Want) -> int:
        """Count the units of a parcel that the book knows already, if it serves the want as it stands now."""
        known = book.parcels.get(key)
        if known is None or known.account != want[0] or known.hold is not None:
            return 0
        return known.count if fits(known, book.lots[known.lot], want[2], self._day) else 0

    def _guess(self, want: Want, there: int) -> int:
        return max(1, self._opened.reach(want[0], self._flow.units(want[:2], there)))

    def _is_short(self, book: Book, search: _Search) -> bool:
        """Tell whether there may be more, and more is needed; then say how much to ask for."""
        balance = book.balances.get(search.want[:2])
        there = balance.room if balance else 0
        need = self._flow.units(search.want[:2], there) - search.units
        if need <= 0 or search.rows < search.limit or self._guesses > _GUESSES_MAX:
            return False
        reach = self._opened.reach(search.want[0], need) + 2
        is_last = self._guesses == _GUESSES_MAX
        search.limit = PARCELS_MAX + 1 if is_last else reach * self._guesses**2
        search.rows = 0
        return True

    def _ask(self) -> Asked:
        asked = Asked(self._wire)
        if self.open:
            asked.ask("pick_parcels", **_columns(self.open, self._day))
        return asked


def _columns(searches: Sequence[_Search], day: date) -> dict[str, list[Any]]:
    each = [search.want[2] for search in searches]
    return {
        "wants": list(range(len(searches))),
        "accounts": [search.want[0] for search in searches],
        "lots": [search.after[0] for search in searches],
        "los": [search.after[1] for search in searches],
        "ceilings": [_lot_span(*search.want[1:], day)[1] for search in searches],
        "months": [criteria.month for criteria in each],
        "energies": [criteria.energy for criteria in each],
        "years": [criteria.year for criteria in each],
        "trades": [criteria.trade for criteria in each],
        "categories": [criteria.category for criteria in each],
        "mechanisms": [criteria.mechanism for criteria in each],
        "trades_below": [criteria.trades_below for criteria in each],
        "resold": [criteria.resold for criteria in each],
        "limits": [search.limit for search in searches],
    }


def _before(want: Want, day: date) -> Key:
    """Name the place before the first parcel that can serve."""
    return _lot_span(*want[1:], day)[0], -1


def _lot_span(instrument: int, criteria: Criteria, day: date) -> tuple[int, int]:
    """Turn validity into a range of lot ids, which sort by expiry."""
    if criteria.lot is not None:
        return criteria.lot, criteria.lot + 1
    if criteria.expired:
        return instrument << 48, lot_floor(instrument, day)
    return lot_floor(instrument, day), lot_ceiling(instrument)


def take(book: Book, row: tuple[Any, ...]) -> int:
    """Take a parcel and its lot into the book, and return its units; what the book knows already is newer.

    Parts before may have cut the parcel, moved it or melted it since the database was asked.
    """
    lot, lo, size, account, hold, journal, n, trades, origin, past = row[:10]
    if (lot, lo) in book.parcels or (lot, lo) in book.melted:
        return 0
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
