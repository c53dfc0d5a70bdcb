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
_LEFT_MIN: Final = (
    8  # remembered parcels beyond those likely to be taken: with fewer, more are asked for
)


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
        self._behind: dict[Key, Search] = {}  # what is remembered and may not do
        for want in needs.wants:
            front = self._front(want)
            if front is None:
                self.open.append(self._search(want))
            else:
                self._remembered.append(want)
                self._look_behind(want, front)
        self._asked = self._ask([*self.open, *self._behind.values()])

    def take(self, book: Book) -> None:
        """Take what was found into the book, and ask further for what it does not cover."""
        searches = [*self.open, *self._behind.values()]
        for row in self._asked["pick_parcels"]:
            searches[row[-1]].add(take(book, row), book.lots, self._day)
        self._guesses += 1
        self._learn(searches)
        self.open = [short for search in self.open for short in self._short(search)]
        for want in self._remembered:
            self.open += self._recall(want, book)
        self._remembered = []
        self._behind = {}
        self._asked = self._ask(self.open)

    def _front(self, want: Want) -> Front | None:
        """Give what is remembered where this looks; whether it is current, the locks tell."""
        first = next(iter(want.criteria))  # all of a want look in the same place
        if first.lot is not None or first.expired:
            return None
        return self._fronts.latest((want.account, want.instrument))

    def _look_behind(self, want: Want, front: Front) -> None:
        """Ask for what comes behind a front that may not do, so that nobody has to wait for it later."""
        key = (want.account, want.instrument)
        units = self._flow.units(key, self._opened.units(key))
        reach = self._opened.reach(key[0], units)
        if front.last is None or len(front.parcels) >= reach + _LEFT_MIN:
            return
        if is_broad(widest_of(list(want.criteria))):
            wanted = dict.fromkeys(want.criteria, 0)
            limit = max(reach, _ASKED_MIN)
            self._behind[key] = Search(key, ANY, limit, front.last, wanted, front.floor)

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
        units, behind = self._taken(want, front, book), self._behind.get(key)
        if front.last is None:
            return
        if behind is None or behind.start != front.last:  # the front was cut back meanwhile
            yield from self._apart(key, units, front.last, front.floor)
        elif not behind.is_over:
            found = {criteria: count + behind.units[criteria] for criteria, count in units.items()}
            yield from self._apart(key, found, behind.after, front.floor)

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

    def _ask(self, searches: list[Search]) -> Asked:
        asked = Asked(self._wire)
        if searches:
            asked.ask("pick_parcels", **columns(searches, self._day))
        return asked
