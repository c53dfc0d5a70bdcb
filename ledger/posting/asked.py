"""Questions sent together over the writer's connection, their rows, and what need not be asked."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from ledger.store.arrays import casts, column
from ledger.store.statements import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg

    from ledger.book.book import Key

SQL: Final = statements(files("ledger.posting") / "load.sql")
_CASTS: Final = {name: casts(text) for name, text in SQL.items()}


class Asked:
    """Questions sent together, and their rows once the round trip is over."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        """Ask over this connection, which is in pipeline mode."""
        self._conn = conn
        self._cursors: dict[str, psycopg.Cursor[Any]] = {}

    def ask(self, name: str, **values: Any) -> None:
        """Send one named question; lists go as one array each."""
        kinds = _CASTS[name]
        columns = {
            key: column(value, kinds[key]) if key in kinds else value
            for key, value in values.items()
        }
        self._cursors[name] = self._conn.execute(SQL[name], columns, binary=True)

    def __getitem__(self, name: str) -> list[tuple[Any, ...]]:
        """Return the rows of a question; none, if it was not asked."""
        return self._cursors[name].fetchall() if name in self._cursors else []


class Opened:
    """What a process remembers of accounts, to ask for less: only speed depends on it.

    Balances that are known to stand: none is ever deleted, so they need not be opened again. And how
    many parcels an account's acts needed lately.
    """

    LIMIT: Final = 200_000
    REACH_MAX: Final = 16

    def __init__(self) -> None:
        """Start with none."""
        self._keys: set[Key] = set()
        self._reach: dict[int, int] = {}

    def missing(self, keys: Sequence[Key]) -> list[Key]:
        """Return the keys that may not stand yet, in their order."""
        return [key for key in keys if key not in self._keys]

    def learn(self, keys: Iterable[Key]) -> None:
        """Remember balances of a committed batch."""
        if len(self._keys) > self.LIMIT:
            self._keys.clear()
        self._keys.update(keys)

    def reach(self, account: int) -> int:
        """Return how many parcels to fetch for a want of an account: one, unless it needed more lately."""
        return self._reach.get(account, 1)

    def learn_reach(self, used: Iterable[tuple[int, int]]) -> None:
        """Remember how many parcels accounts needed, and two to spare where it was more than one."""
        if len(self._reach) > self.LIMIT:
            self._reach.clear()
        for account, count in used:
            self._reach[account] = min(count + 2, self.REACH_MAX) if count > 1 else 1
