"""Accounts met before: whose they are and from where on they need two persons never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from ledger.model.account import is_contra

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

_LIMIT: Final = 200_000  # accounts remembered by a process
_MET: Final[WeakKeyDictionary[Engine, Met]] = WeakKeyDictionary()


class Met:
    """Party and four-eyes limit of accounts, by id; only what was found, since more may be opened."""

    def __init__(self) -> None:
        """Start with none."""
        self._accounts: dict[int, tuple[int, int | None]] = {}

    def party(self, account: int) -> int | None:
        """Name the party of an account, if it was met."""
        found = self._accounts.get(account)
        return found[0] if found else None

    def limit(self, account: int) -> tuple[bool, int | None]:
        """Tell whether an account was met, and from how many units on a second person must approve."""
        found = self._accounts.get(account)
        return found is not None, found[1] if found else None

    def learn(self, rows: Iterable[tuple[int, int, int | None]]) -> None:
        """Remember accounts: id, party, limit."""
        if len(self._accounts) > _LIMIT:
            self._accounts.clear()
        for number, party, limit in rows:
            if not is_contra(number):  # those of the registry itself are nobody's to name
                self._accounts[number] = party, limit


def met(engine: Engine) -> Met:
    """Return what a process remembers of one registry's accounts."""
    return _MET.setdefault(engine, Met())
