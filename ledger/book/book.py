"""What a batch has loaded, and the changes judged so far; a refused command leaves no trace."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from ledger.model.account import Account, Balance, is_contra
from ledger.model.instrument import by_id
from ledger.refusals import AccountUnknown, QuantityTooLarge, UnitsShort
from schemas.identifiers import IdPrefix, encode_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.model.hold import Approval, Hold
    from ledger.model.lot import Lot, Parcel

Key: TypeAlias = tuple[int, int]
_K = TypeVar("_K")
_V = TypeVar("_V")

POSTED_MAX: Final = 2**62  # leaves room for sums of two balances in a bigint
_ABSENT: Final = object()


class Rows(dict[_K, _V]):
    """Rows by key, and what stood under those that changed since the book was last written."""

    __slots__ = ("before",)

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self.before: dict[_K, _V | None] = {}

    def changes(self) -> Iterator[tuple[_K, _V | None, _V | None]]:
        """Yield what changed: its key, what stood there, and what stands there now."""
        for key, before in self.before.items():
            now = self.get(key)
            if now is not before:
                yield key, before, now


@dataclass(slots=True)
class Book:
    """The rows a batch may touch, as loaded under their locks, and then as judged.

    Values are frozen; every change goes through `put`, which remembers what stood there before.
    """

    accounts: Rows[int, Account] = field(default_factory=Rows)
    balances: dict[Key, Balance] = field(default_factory=dict)
    lots: dict[int, Lot] = field(default_factory=dict)
    parcels: Rows[Key, Parcel] = field(default_factory=Rows)  # (lot, lo)
    holds: Rows[int, Hold] = field(default_factory=Rows)
    approvals: dict[int, Approval] = field(default_factory=dict)
    shelves: dict[int, list[Key]] = field(
        default_factory=dict
    )  # account -> sorted keys, some stale
    holdings: dict[int, list[Key]] = field(default_factory=dict)  # hold -> sorted keys, some stale
    runs: dict[int, list[int]] = field(default_factory=dict)  # lot -> sorted starts, some stale
    melted: dict[Key, Parcel] = field(default_factory=dict)  # as they were when they melted away
    revoked: dict[int, bool] = field(default_factory=dict)
    ended_keys: dict[int, bool] = field(default_factory=dict)  # keys that sign no more
    reversed: dict[int, bool] = field(default_factory=dict)  # journals taken back
    undo: list[tuple[dict[Any, Any], Any, Any]] = field(default_factory=list)
    stirred: list[tuple[Key, Parcel | None]] = field(
        default_factory=list
    )  # what was written of parcels, each time as it was before

    def put(self, where: dict[_K, _V], key: _K, value: _V) -> None:
        """Set a value and remember how to take it back."""
        was = where.get(key)
        self.undo.append((where, key, _ABSENT if was is None else was))
        if isinstance(where, Rows):
            where.before.setdefault(key, was)
        where[key] = value

    def drop(self, where: dict[_K, _V], key: _K) -> None:
        """Remove a value and remember how to bring it back."""
        was = where.pop(key)
        self.undo.append((where, key, was))
        if isinstance(where, Rows):
            where.before.setdefault(key, was)

    def keep(self) -> None:
        """Make the changes since the last `keep` part of the book."""
        self.undo.clear()

    def roll_back(self) -> None:
        """Take back every change since the last `keep`, latest first."""
        for where, key, before in reversed(self.undo):
            if before is _ABSENT:
                where.pop(key, None)
            else:
                where[key] = before
        self.undo.clear()

    def written(self) -> None:
        """Take note that the database has the rows as they stand now."""
        self.stirred += self.parcels.before.items()
        for rows in (self.accounts, self.parcels, self.holds):
            rows.before.clear()

    def shelve(self, parcel: Parcel) -> None:
        """Make a parcel known to the list of its holder or hold; readers skip what has become stale."""
        key = (parcel.lot, parcel.lo)
        if parcel.hold is None:
            insort(self.shelves.setdefault(parcel.account, []), key)
        else:
            insort(self.holdings.setdefault(parcel.hold, []), key)

    def load_parcel(self, parcel: Parcel) -> None:
        """Take in a parcel that the book does not know yet, as the database has it."""
        self.parcels[parcel.lot, parcel.lo] = parcel
        insort(self.runs.setdefault(parcel.lot, []), parcel.lo)
        self.shelve(parcel)

    def put_parcel(self, parcel: Parcel) -> None:
        """Set a parcel as judged; one that only became shorter or longer is on its lists already."""
        key = (parcel.lot, parcel.lo)
        was = self.parcels.get(key)
        self.put(self.parcels, key, parcel)
        if was is None:
            insort(self.runs.setdefault(parcel.lot, []), parcel.lo)
        if was is None or (was.account, was.hold) != (parcel.account, parcel.hold):
            self.shelve(parcel)

    def before(self, parcel: Parcel) -> Parcel | None:
        """Return the parcel of the lot that starts last before this one, if any is loaded."""
        runs = self.runs[parcel.lot]
        for at in range(bisect_left(runs, parcel.lo) - 1, -1, -1):
            found = self.parcels.get((parcel.lot, runs[at]))
            if found is not None:
                return found
        return None

    def account(self, number: int) -> Account:
        """Return a loaded account, or refuse."""
        account = self.accounts.get(number)
        if account is None:
            raise AccountUnknown(account=encode_id(IdPrefix.ACCOUNT, number))
        return account

    def balance(self, key: Key) -> Balance:
        """Return a balance; an account that never held the instrument has zero of it."""
        found = self.balances.get(key)
        if found is None:
            found = Balance(posted=0, held=0, floor=self.account(key[0]).floor, version=0)
        return found

    def change(self, key: Key, posted: int = 0, held: int = 0, versions: int = 0) -> int | None:
        """Add to a balance; return what is posted then, or None for a contra account.

        Raises:
            UnitsShort: less would be free than the floor allows.
            QuantityTooLarge: the balance would pass what a column holds.
        """
        if is_contra(key[0]):
            return None
        before = self.balances.get(key)
        balance = before or self.balance(key)
        after = balance.changed(posted, held, versions)
        if after.posted - after.held < after.floor and (posted < 0 or held > 0):
            raise UnitsShort(
                account=encode_id(IdPrefix.ACCOUNT, key[0]),
                instrument=by_id(key[1]).code,
                asked=max(-posted, held),
                available=balance.available,
            )
        if abs(after.posted) > POSTED_MAX:
            raise QuantityTooLarge(
                account=encode_id(IdPrefix.ACCOUNT, key[0]), instrument=by_id(key[1]).code
            )
        assert after.held >= 0
        self.undo.append((self.balances, key, before or _ABSENT))  # as `put` does, asked once less
        self.balances[key] = after
        return after.posted
