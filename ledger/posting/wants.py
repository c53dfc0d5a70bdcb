"""Parcels for what acts want: as few as cover it, found by criteria in the order they are picked in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from ledger.book.book import Book, Key
from ledger.book.pick import PARCELS_MAX, fits
from ledger.model.command import Criteria
from ledger.model.lot import lot_floor
from ledger.posting.asked import Asked, Opened
from ledger.posting.fronts import Found, Front, Fronts
from ledger.posting.needs import Needs, Want
from ledger.posting.search import (
    ANY,
    Search,
    columns,
    is_broad,
    lot_span,
    take,
    take_in,
    widest_of,
)
from ledger.posting.wire import Wire

_GUESSES_MAX: Final = 3
_ASKED_MIN: Final = 24  # parcels, where what is found is remembered


class Pick:
    """The parcels that a part wants: what is remembered, as many as are guessed, then all there may be.

    What is wanted in one place is asked for together, by criteria that all of it fits; only what is
    short then is searched by its own. When no search is open, the parcels that were found for a want
    cover all that the acts of the batch may take of its account, or are all there is.
    """

    def __init__(self, wire: Wire, needs: Needs, day: date, opened: Opened, fronts: Fronts):
        """Ask for as many parcels in each place as the units wanted are likely to lie in."""
        self._wire, self._flow, self._day = wire, needs.flow, day
        self._opened, self._fronts = opened, fronts
        self._guesses = 0
        self.found: list[Found] = []  # to be remembered, once the batch is committed
        self.open: list[Search] = []
        self._remembered: list[Want] = []
        for want in needs.wants:
            if self._is_remembered(want):
                self._remembered.append(want)
            else:
                self.open.append(self._search(want))
        self._asked = self._ask()

    def take(self, book: Book) -> None:
        """Take what was found into the book, and ask further for what it does not cover."""
        searches = self.open
        for row in self._asked["pick_parcels"]:
            searches[row[-1]].add(take(book, row), book.lots, self._day)
        self._guesses += 1
        self._learn(searches)
        self.open = [short for search in searches for short in self._short(search)]
        for want in self._remembered:
            self.open += self._recall(want, book)
        self._remembered = []
        self._asked = self._ask()

    def _is_remembered(self, want: Want) -> bool:
        """Tell whether parcels are remembered where this looks; whether they are current, the locks tell."""
        if not self._fronts.knows((want.account, want.instrument)):
            return False
        first = next(iter(want.criteria))  # all of a want look in the same place
        return first.lot is None and not first.expired

    def _search(self, want: Want) -> Search:
        """Begin to search: where most will do, for all there is, since that can be remembered."""
        key, criteria = (want.account, want.instrument), widest_of(list(want.criteria))
        units = self._flow.units(key, self._opened.units(key))
        limit = max(1, self._opened.reach(key[0], units))
        floor = lot_span(key[1], criteria, self._day)[0]
        wanted = dict.fromkeys(want.criteria, 0)
        if is_broad(criteria):
            return Search(key, ANY, max(limit, _ASKED_MIN), (floor, -1), wanted, floor)
        return Search(key, criteria, limit, (floor, -1), wanted)

    def _recall(self, want: Want, book: Book) -> Iterator[Search]:
        """Take what is remembered into the book; search behind it for what it does not cover."""
        key, floor = (want.account, want.instrument), lot_floor(want.instrument, self._day)
        balance = self._flow.locked.get(key)
        front = self._fronts.current(key, balance.version, floor) if balance else None
        if front is None:
            yield self._search(want)
            return
        units = self._taken(want, front, book)
        if front.last is not None:
            yield from self._apart(key, units, front.last, front.floor)

    def _taken(self, want: Want, front: Front, book: Book) -> dict[Criteria, int]:
        """Take remembered parcels into the book until they cover what is wanted; count the units."""
        units = dict.fromkeys(want.criteria, 0)
        wanted = self._flow.most((want.account, want.instrument))
        for parcel in front.parcels:
            lot = self._fronts.lots[parcel.lot]
            take_in(book, parcel, lot)
            count = parcel.end - parcel.lo
            for criteria in units:
                if fits(parcel, lot, criteria, self._day):
                    units[criteria] += count
            if min(units.values()) >= wanted:
                break
        return units

    def _learn(self, searches: list[Search]) -> None:
        self._opened.learn_reach(
            (each.key[0], len(each.parcels), max(each.units.values())) for each in searches
        )
        self.found += [
            Found(
                each.key, each.floor, each.start, None if each.is_over else each.after, each.parcels
            )
            for each in searches
            if each.floor is not None
        ]

    def _short(self, search: Search) -> Iterator[Search]:
        """Search on, behind what was found, by criteria of which there may be more."""
        if not search.is_over and self._guesses <= _GUESSES_MAX:
            yield from self._apart(search.key, search.units, search.after, search.floor)

    def _apart(
        self, key: Key, units: dict[Criteria, int], start: Key, floor: int | None
    ) -> Iterator[Search]:
        """Search on for what is short: for all there is once more, then each by its own criteria."""
        wanted = self._flow.most(key)
        short = {criteria: found for criteria, found in units.items() if found < wanted}
        broad = {}
        if floor is not None and self._guesses == 1:
            broad = {criteria: short.pop(criteria) for criteria in [*short] if is_broad(criteria)}
        if broad:
            limit = max(self._further(key, wanted - min(broad.values())), _ASKED_MIN)
            yield Search(key, ANY, limit, start, broad, floor)
        for criteria, found in short.items():
            limit = self._further(key, wanted - found)
            yield Search(key, criteria, limit, start, {criteria: found})

    def _further(self, key: Key, units: int) -> int:
        if self._guesses == _GUESSES_MAX:  # in no more parcels than units, nor than acts may touch
            return min(units, (PARCELS_MAX + 1) * len(self._flow.asked[key]))
        return (self._opened.reach(key[0], units) + 2) * self._guesses**2

    def _ask(self) -> Asked:
        asked = Asked(self._wire)
        if self.open:
            asked.ask("pick_parcels", **columns(self.open, self._day))
        return asked
