"""Questions sent together over the writer's connection, their rows, and what need not be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.posting.statement import LOAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.book.book import Key
    from ledger.model.account import Balance
    from ledger.posting.wire import Reply, Wire


class Asked:
    """Questions sent together, and their rows once the server has answered them."""

    def __init__(self, wire: Wire) -> None:
        """Ask over this wire."""
        self._wire = wire
        self._replies: dict[str, Reply] = {}

    def ask(self, name: str, **values: Any) -> None:
        """Send one named question; lists go as one array each."""
        question = LOAD[name]
        self._replies[name] = self._wire.send(question, question.written(values))

    def __getitem__(self, name: str) -> list[tuple[Any, ...]]:
        """Wait for the rows of a question; none, if it was not asked."""
        return self._replies[name].rows() if name in self._replies else []


class Opened:
    """What a process remembers of accounts, to ask for less: only speed depends on it.

    Balances that are known to stand, with what was in them: none is ever deleted, so they need not be
    opened again. And how large an account's parcels were.
    """

    LIMIT: Final = 200_000
    REACH_MAX: Final = 32
    SPARE: Final = 6  # one more for each six: an account's first parcels are its crumbs

    def __init__(self) -> None:
        """Start with none."""
        self._balances: dict[Key, Balance] = {}
        self._parcels: dict[int, tuple[int, int]] = {}  # account -> parcels, and units in them

    def missing(self, keys: Sequence[Key]) -> list[Key]:
        """Return the keys that may not stand yet, in their order."""
        return [key for key in keys if key not in self._balances]

    def units(self, key: Key) -> int:
        """Return what was in a balance when it was met last."""
        balance = self._balances.get(key)
        return balance.posted if balance else 0

    def learn(self, balances: Mapping[Key, Balance]) -> None:
        """Remember balances of a committed batch."""
        if len(self._balances) > self.LIMIT:
            self._balances.clear()
        self._balances.update(balances)

    def forget(self) -> None:
        """Forget everything."""
        self._balances.clear()
        self._parcels.clear()

    def reach(self, account: int, units: int) -> int:
        """Guess how many of an account's parcels hold so many units, with some to spare in a close case."""
        count, total = self._parcels.get(account, (1, 2 * units))
        parcels = -(-units * count // max(total, 1))
        spare = (2 * units * count > total) + parcels // self.SPARE
        return min(parcels + spare, self.REACH_MAX)

    def learn_reach(self, found: Iterable[tuple[int, int, int]]) -> None:
        """Remember what was found: account, parcels, units."""
        if len(self._parcels) > self.LIMIT:
            self._parcels.clear()
        self._parcels.update({account: (count, units) for account, count, units in found if count})
