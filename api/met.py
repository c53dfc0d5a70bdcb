"""Accounts met before: whose they are and from where on they need two persons never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakKeyDictionary

from ledger.model.account import is_contra

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

_LIMIT: Final = 200_000  # accounts remembered by a process
_MET: Final[WeakKeyDictionary[Engine, Met]] = WeakKeyDictionary()


class Account(NamedTuple):
    """What never changes about an account."""

    party: int
    approval_above: int | None  # units in one act from which a second person must approve


class Met:
    """Accounts by id; only those that were found, since more may be opened."""

    def __init__(self) -> None:
        """Start with none."""
        self._accounts: dict[int, Account] = {}

    def find(self, number: int) -> Account | None:
        """Return an account, if it was met."""
        return self._accounts.get(number)

    def learn(self, rows: Iterable[tuple[int, int, int | None]]) -> None:
        """Remember accounts: id, party, limit."""
        if len(self._accounts) > _LIMIT:
            self._accounts.clear()
        for number, party, limit in rows:
            if not is_contra(number):  # those of the registry itself are nobody's to name
                self._accounts[number] = Account(party, limit)


def met(engine: Engine) -> Met:
    """Return what a process remembers of one registry's accounts."""
    return _MET.setdefault(engine, Met())
