"""The first free parcels of accounts, remembered from batch to batch, so that they are not asked for again.

No parcel changes without the version of its account's balance: what was remembered at the version that
a batch has locked is what the database has (docs/adr/0016).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.book.book import Book, Key
    from ledger.model.account import Balance
    from ledger.model.lot import Lot, Parcel

ACCOUNTS_MAX: Final = 10_000
LOTS_MAX: Final = 200_000
PARCELS_KEPT: Final = 48  # of an account; twice as many before it is cut back


@dataclass(slots=True)
class Front:
    """The free parcels of an account that are picked first."""

    version: int  # of the balance when they were so
    floor: int  # the least lot that they were asked for; those before it have expired
    last: Key | None  # none is missing up to this one; None when none is missing at all
    parcels: list[Parcel]  # in the order in which they are picked

    def put(self, key: Key, parcel: Parcel, seqs: Sequence[int]) -> bool:
        """Set a parcel, with its journal's number, unless it lies behind those that are remembered."""
        if self.last is not None and key > self.last:
            return False
        parcels, parcel = self.parcels, parcel.numbered(seqs)
        at = self._place(key)
        if at < len(parcels) and parcels[at][:2] == key:
            parcels[at] = parcel
        else:
            parcels.insert(at, parcel)
            self.cut_back()
        return True

    def drop(self, key: Key) -> None:
        """Forget one parcel, if it is remembered."""
        at = self._place(key)
        if at < len(self.parcels) and self.parcels[at][:2] == key:
            del self.parcels[at]

    def _place(self, key: Key) -> int:
        """Find where a parcel is, or would be: mostly first, since the first ones are picked, or last."""
        parcels = self.parcels
        if not parcels or key <= parcels[0]:
            return 0
        return len(parcels) if key > parcels[-1] else bisect_left(parcels, key)

    def cut_back(self) -> None:
        """Keep only the first ones when they have become many."""
        if len(self.parcels) > 2 * PARCELS_KEPT:
            del self.parcels[PARCELS_KEPT:]
            self.last = self.parcels[-1][:2]


class Found(NamedTuple):
    """All free parcels of an account behind one and up to another, as the database told them."""

    key: Key  # account and instrument
    floor: int  # the least lot asked for
    start: Key  # behind this one
    last: Key | None  # None: there are no more
    parcels: Sequence[Parcel]


class Fronts:
    """What one process remembers. Only its own batches teach it, at COMMIT; if one fails, it forgets all."""

    def __init__(self) -> None:
        """Start with none."""
        self.lots: dict[int, Lot] = {}  # of the parcels remembered; a lot never changes
        self._fronts: OrderedDict[Key, Front] = OrderedDict()  # the latest used last

    def latest(self, key: Key) -> Front | None:
        """Return what is remembered of a balance's parcels, current or not."""
        return self._fronts.get(key)

    def current(self, key: Key, version: int, floor: int) -> Front | None:
        """Return what is remembered, if it is what the database has at the version that was locked."""
        front = self._fronts.get(key)
        if front is None or front.version != version or floor < front.floor:
            return None
        self._fronts.move_to_end(key)
        return front

    def forget(self) -> None:
        """Forget everything."""
        self._fronts.clear()
        self.lots.clear()

    def learn(
        self, book: Book, locked: Mapping[Key, Balance], seqs: Sequence[int], found: Sequence[Found]
    ) -> None:
        """Remember a committed batch: what was found for it, then what it changed, then its versions.

        `locked` are the balances as they were before it, `seqs` the numbers of its journals.
        """
        if not (book.stirred or found):
            return
        fronts = self._kept_up(book, locked)
        for each in found:
            if each.key in locked and self._keep(each, locked[each.key].version, book):
                fronts[each.key] = self._fronts[each.key]
        self._stir(book, seqs)
        for key, front in fronts.items():
            front.version = book.balances[key].version
        self._make_room()

    def _kept_up(self, book: Book, locked: Mapping[Key, Balance]) -> dict[Key, Front]:
        """Forget what others changed, which the batch's own changes would not make current; give the rest."""
        kept: dict[Key, Front] = {}
        for key in book.balances:
            front = self._fronts.get(key)
            if front is None:
                continue
            before = locked.get(key)
            if before is not None and before.version == front.version:
                kept[key] = front
            else:
                del self._fronts[key]
        return kept

    def _keep(self, found: Found, version: int, book: Book) -> bool:
        """Begin with what was found, or go on behind what is remembered; tell whether it was one of these."""
        front = self._fronts.get(found.key)
        if found.start == (found.floor, -1):
            front = self._fronts[found.key] = Front(version, found.floor, found.last, [])
        elif front is None or front.last != found.start:
            return False
        front.parcels += found.parcels
        front.last = found.last
        front.cut_back()
        self.lots.update((parcel.lot, book.lots[parcel.lot]) for parcel in found.parcels)
        return True

    def _stir(self, book: Book, seqs: Sequence[int]) -> None:
        """Take parcels from where they were free, and put them where they are free at the batch's end."""
        fronts, parcels = self._fronts, book.parcels
        for key, before in book.stirred:
            now = parcels.get(key)
            if now is before:
                continue
            there = None if now is None or now.hold is not None else now.account
            if before is not None and before.hold is None and before.account != there:
                front = fronts.get((before.account, key[0] >> 48))
                if front is not None:
                    front.drop(key)
            if now is not None and there is not None:
                front = fronts.get((there, key[0] >> 48))
                if front is not None and front.put(key, now, seqs):
                    self.lots[key[0]] = book.lots[key[0]]

    def _make_room(self) -> None:
        while len(self._fronts) > ACCOUNTS_MAX:
            self._fronts.popitem(last=False)
        if len(self.lots) > LOTS_MAX:
            self.forget()
