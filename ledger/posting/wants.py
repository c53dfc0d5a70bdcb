"""Parcels for what acts want: as few as cover it, found by criteria in the order they are picked in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

from ledger.book.book import Book, Key
from ledger.book.pick import PARCELS_MAX, fits
from ledger.model.command import Criteria
from ledger.model.lot import Lot, Parcel, lot_ceiling, lot_floor
from ledger.posting.asked import Asked, Opened
from ledger.posting.needs import Needs
from ledger.posting.wire import Wire

_GUESSES_MAX: Final = 3
_V = TypeVar("_V")


@dataclass(slots=True)
class _Search:
    """Where one search stands: how many parcels were asked for at last, behind which, and what was found."""

    key: Key  # account and instrument
    criteria: Criteria  # asked of the server: whatever is wanted fits them
    limit: int
    after: Key  # (lot, lo) of the last parcel found
    units: dict[Criteria, int]  # found so far, by what is wanted
    rows: int = 0  # of the answer

    def add(self, parcel: Parcel, lots: Mapping[int, Lot], day: date) -> None:
        """Count a parcel for all that it serves, as it was when it was read.

        Acts may have taken it since: what they take is part of what must be found.
        """
        self.after = parcel.lot, parcel.lo
        self.rows += 1
        for criteria in self.units:
            if criteria is self.criteria or fits(parcel, lots[parcel.lot], criteria, day):
                self.units[criteria] += parcel.count


class Pick:
    """The parcels that a part wants: as many as are guessed, then what is short, then all there may be.

    What is wanted in one place is asked for together, by criteria that all of it fits; only what is
    short then is searched by its own. When no search is open, the parcels that were found for a want
    cover all that the acts of the batch may take of its account, or are all there is.
    """

    def __init__(self, wire: Wire, needs: Needs, day: date, opened: Opened):
        """Ask for as many parcels in each place as the units wanted are likely to lie in."""
        self._wire, self._flow, self._day, self._opened = wire, needs.flow, day, opened
        self._guesses = 0
        self.open = [
            self._search((want.account, want.instrument), list(want.criteria))
            for want in needs.wants
        ]
        self._asked = self._ask()

    def take(self, book: Book) -> None:
        """Take what was found into the book, and ask further for what it does not cover."""
        for row in self._asked["pick_parcels"]:
            self.open[row[-1]].add(take(book, row), book.lots, self._day)
        self._opened.learn_reach(
            (search.key[0], search.rows, max(search.units.values())) for search in self.open
        )
        self._guesses += 1
        self.open = [short for search in self.open for short in self._short(search)]
        self._asked = self._ask()

    def _search(self, key: Key, wanted: Sequence[Criteria]) -> _Search:
        widest = widest_of(wanted)
        units = self._flow.units(key, self._opened.units(key))
        limit = max(1, self._opened.reach(key[0], units))
        before = _lot_span(key[1], widest, self._day)[0], -1
        return _Search(key, widest, limit, before, dict.fromkeys(wanted, 0))

    def _short(self, search: _Search) -> Iterator[_Search]:
        """Search on, behind what was found, by criteria of which there may be more, and more is needed."""
        if search.rows < search.limit or self._guesses > _GUESSES_MAX:
            return
        wanted = self._flow.most(search.key)
        for criteria, units in search.units.items():
            if units < wanted:
                limit = self._further(search.key, wanted - units)
                yield _Search(search.key, criteria, limit, search.after, {criteria: units})

    def _further(self, key: Key, units: int) -> int:
        if self._guesses == _GUESSES_MAX:  # in no more parcels than units, nor than acts may touch
            return min(units, (PARCELS_MAX + 1) * len(self._flow.asked[key]))
        return (self._opened.reach(key[0], units) + 2) * self._guesses**2

    def _ask(self) -> Asked:
        asked = Asked(self._wire)
        if self.open:
            asked.ask("pick_parcels", **_columns(self.open, self._day))
        return asked


def widest_of(wanted: Sequence[Criteria]) -> Criteria:
    """Give criteria that fit whatever fits any of these, which name one lot or none, all expired or not."""
    first = wanted[0]
    if len(wanted) == 1:
        return first
    return Criteria(
        lot=first.lot,
        month=_common(each.month for each in wanted),
        energy=_common(each.energy for each in wanted),
        year=_common(each.year for each in wanted),
        trade=_common(each.trade for each in wanted),
        category=_common(each.category for each in wanted),
        mechanism=_common(each.mechanism for each in wanted),
        trades_below=_largest([each.trades_below for each in wanted]),
        resold=all(each.resold for each in wanted),
        expired=first.expired,
    )


def _common(values: Iterable[_V | None]) -> _V | None:
    one, *others = set(values)
    return None if others else one


def _largest(limits: Sequence[int | None]) -> int | None:
    known = [limit for limit in limits if limit is not None]
    return max(known) if len(known) == len(limits) else None


def _columns(searches: Sequence[_Search], day: date) -> dict[str, list[Any]]:
    each = [search.criteria for search in searches]
    return {
        "wants": list(range(len(searches))),
        "accounts": [search.key[0] for search in searches],
        "lots": [search.after[0] for search in searches],
        "los": [search.after[1] for search in searches],
        "ceilings": [_lot_span(search.key[1], search.criteria, day)[1] for search in searches],
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


def _lot_span(instrument: int, criteria: Criteria, day: date) -> tuple[int, int]:
    """Turn validity into a range of lot ids, which sort by expiry."""
    if criteria.lot is not None:
        return criteria.lot, criteria.lot + 1
    if criteria.expired:
        return instrument << 48, lot_floor(instrument, day)
    return lot_floor(instrument, day), lot_ceiling(instrument)


def take(book: Book, row: tuple[Any, ...]) -> Parcel:
    """Take a parcel and its lot into the book, and return it as it was read.

    What the book knows is newer: parts before may have cut the parcel, moved it or melted it since.
    """
    lot, lo, size, account, hold, journal, n, trades, origin, past = row[:10]
    parcel = Parcel(lot, lo, past, account, hold, (journal, n), trades, origin)
    if (lot, lo) in book.parcels or (lot, lo) in book.melted:
        return parcel
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
    book.load_parcel(parcel)
    return parcel
