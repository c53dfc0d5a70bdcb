"""Searches for free parcels: by which criteria, from where on, how many; and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final, TypeVar

from ledger.book.book import Book, Key
from ledger.book.pick import fits
from ledger.model.command import Criteria
from ledger.model.lot import Lot, Parcel, lot_ceiling, lot_floor

ANY: Final = Criteria()
_V = TypeVar("_V")


@dataclass(slots=True)
class Search:
    """Where one search stands: how many parcels were asked for, behind which, and what was found."""

    key: Key  # account and instrument
    criteria: Criteria  # asked of the server: whatever is wanted fits them
    limit: int
    start: Key  # (lot, lo) behind which it looks
    units: dict[Criteria, int]  # found so far, by what is wanted
    floor: int | None = None  # of lots, where all parcels from there on were asked for
    parcels: list[Parcel] = field(default_factory=list)

    def add(self, parcel: Parcel, lots: Mapping[int, Lot], day: date) -> None:
        """Count a parcel for all that it serves, as it was when it was read.

        Acts may have taken it since: what they take is part of what must be found.
        """
        self.parcels.append(parcel)
        for criteria in self.units:
            if criteria is self.criteria or fits(parcel, lots[parcel.lot], criteria, day):
                self.units[criteria] += parcel.count

    @property
    def is_over(self) -> bool:
        """Tell whether there was less than was asked for."""
        return len(self.parcels) < self.limit

    @property
    def after(self) -> Key:
        """Name the last parcel found."""
        return self.parcels[-1][:2] if self.parcels else self.start


@lru_cache(maxsize=256)  # sales, by far the most, want the same
def is_broad(criteria: Criteria) -> bool:
    """Tell whether most of what an account has is likely to fit: then all of it is worth looking at."""
    any_of_year = criteria._replace(year=None, trade=None, trades_below=None, resold=False)
    return any_of_year == ANY


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


def columns(searches: Sequence[Search], day: date) -> dict[str, list[Any]]:
    """List what is asked of the server, one array a column."""
    each = [search.criteria for search in searches]
    return {
        "wants": list(range(len(searches))),
        "accounts": [search.key[0] for search in searches],
        "lots": [search.start[0] for search in searches],
        "los": [search.start[1] for search in searches],
        "ceilings": [lot_span(search.key[1], search.criteria, day)[1] for search in searches],
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


def lot_span(instrument: int, criteria: Criteria, day: date) -> tuple[int, int]:
    """Turn validity into a range of lot ids, which sort by expiry."""
    if criteria.lot is not None:
        return criteria.lot, criteria.lot + 1
    if criteria.expired:
        return instrument << 48, lot_floor(instrument, day)
    return lot_floor(instrument, day), lot_ceiling(instrument)


def take(book: Book, row: tuple[Any, ...]) -> Parcel:
    """Take a parcel and its lot, as the server told them, into the book; return it as it was read."""
    lot, lo, size, account, hold, journal, n, trades, origin, past = row[:10]
    parcel = Parcel(lot, lo, past, account, hold, (journal, n), trades, origin)
    take_in(book, parcel, book.lots.get(lot) or Lot._make((lot, *row[10:19], size, row[19])))
    return parcel


def take_in(book: Book, parcel: Parcel, lot: Lot) -> None:
    """Take in a parcel and its lot, unless the book knows it.

    What the book knows is newer: parts before may have cut the parcel, moved it or melted it since.
    """
    key = (parcel.lot, parcel.lo)
    if key not in book.parcels and key not in book.melted:
        book.lots[parcel.lot] = lot
        book.load_parcel(parcel)
