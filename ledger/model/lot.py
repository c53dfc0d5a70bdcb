"""Lots and parcels: units issued together, and runs of them with one holder, hold and history."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY_ZERO: Final = date(2000, 1, 1)


class Lot(NamedTuple):
    """Certificates issued together; serials `first_serial … first_serial + size - 1` of its series."""

    id: int
    instrument: int
    plant: int
    month: date
    energy: str
    category: str
    trade: str
    mechanism: bool
    province: str
    first_serial: int
    size: int
    valid_until: date


class Parcel(NamedTuple):
    """The units `lo … end - 1` of one lot, in one account, under at most one hold, with one history.

    `acquired` is (journal, n) of the posting that brought them; a negative journal is one of the batch
    being judged, not yet numbered.
    """

    lot: int
    lo: int
    end: int
    account: int
    hold: int | None
    acquired: tuple[int, int]
    trades: int
    origin: str

    @property
    def count(self) -> int:  # type: ignore[override]  # nobody counts the values of a parcel
        """Whole units in the parcel."""
        return self.end - self.lo

    def run(self, lo: int, end: int) -> Parcel:
        """The same holder, hold and history over other serials of the lot."""
        return Parcel(
            self.lot, lo, end, self.account, self.hold, self.acquired, self.trades, self.origin
        )

    def under(self, hold: int | None) -> Parcel:
        """The same units under another hold, or free."""
        return Parcel(
            self.lot, self.lo, self.end, self.account, hold, self.acquired, self.trades, self.origin
        )

    def numbered(self, seqs: Sequence[int]) -> Parcel:
        """The same with the number its journal was given, if it is one of the batch: -1, -2, … in `seqs`."""
        journal, n = self.acquired
        if journal > 0:
            return self
        lot, lo, end, account, hold, _, trades, origin = self
        return Parcel(lot, lo, end, account, hold, (seqs[-1 - journal], n), trades, origin)

    def continues(self, before: Parcel) -> bool:
        """Tell whether nothing but the cut between them separates this parcel from the one before."""
        return (
            before.lot == self.lot
            and before.end == self.lo
            and before.account == self.account
            and before.hold == self.hold
            and before.acquired == self.acquired
            and before.trades == self.trades
            and before.origin == self.origin
        )


def lot_id(instrument: int, valid_until: date, number: int) -> int:
    """Build a lot's id so that sorting by id is earliest expiry first."""
    assert 0 < number < 2**32
    return lot_floor(instrument, valid_until) | number


def lot_floor(instrument: int, day: date) -> int:
    """Return the least id a lot of this instrument valid on `day` can have."""
    return instrument << 48 | (day - _DAY_ZERO).days << 32


def lot_ceiling(instrument: int) -> int:
    """Return the first id past every lot of this instrument."""
    return (instrument + 1) << 48


def expires_on(lot: int) -> date:
    """Read the last day of validity out of a lot's id."""
    return _day(lot >> 32 & 0xFFFF)


@lru_cache(maxsize=4096)
def _day(number: int) -> date:
    return _DAY_ZERO + timedelta(days=number)
