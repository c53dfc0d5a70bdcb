"""The log as the database keeps it: what waits, what has a place, and the tree over it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, ClassVar, Final, NamedTuple

import psycopg
from psycopg import errors
from psycopg.rows import tuple_row

from ledger.log.canonical import leaf_hash
from ledger.log.faults import LogFault
from ledger.log.tree import Frontier
from ledger.store.engine import by_key
from ledger.store.statements import statements

SQL: Final = statements(files("ledger.sealer") / "sealer.sql")


@dataclass(eq=False)
class QueueForged(LogFault):
    """The queue names a journal that is not there, or is in the log already."""

    code: ClassVar[str] = "queue_forged"


@dataclass(eq=False)
class TreeMoved(LogFault):
    """The database's tree is not the one this sealer left there."""

    code: ClassVar[str] = "tree_moved"


@dataclass(eq=False)
class RecordAltered(LogFault):
    """A record is not the one whose hash has its place in the log."""

    code: ClassVar[str] = "record_altered"


class Entries(NamedTuple):
    """Some records in a row, and the hashes they were sealed under, one for each."""

    leaves: list[bytes]
    bodies: list[bytes]


@dataclass(frozen=True, slots=True)
class Batch:
    """What the log has grown by: the tree it is now, and the entries that are new in it."""

    tree: Frontier
    entries: Entries


class Leaves:
    """One sealer's connection to a registry's log; it must see the writers' commits, so no standby."""

    def __init__(self, url: str, registry: str) -> None:
        """Connect; `registry` is the schema, its spelling checked by `Settings`."""
        # what is signed must stand whatever dies
        options = by_key(search_path=registry, synchronous_commit="on")
        self._conn = psycopg.connect(url, autocommit=True, options=options, row_factory=tuple_row)

    def close(self) -> None:
        """Hang up; another sealer may begin."""
        self._conn.close()

    def is_alone(self) -> bool:
        """Try to be the only sealer, as long as the connection lasts."""
        [(alone,)] = self._rows("work_alone")
        return bool(alone)

    def frontier(self) -> Frontier:
        """Read the tree.

        Raises:
            MisshapenFrontier: somebody else wrote it.
        """
        [(raw,)] = self._rows("read_state")
        return Frontier.from_bytes(raw)

    def something_waits(self) -> bool:
        """Tell whether a journal waits for its place."""
        [(waits,)] = self._rows("something_waits")
        return bool(waits)

    def seal(self, tree: Frontier, limit: int) -> Batch:
        """Give at most `limit` waiting journals the places after `tree`; committed on return.

        Cost: two statements. Locks: the rows taken, and that of the tree.

        Raises:
            TreeMoved: the tree in the database is another; nothing is done.
            QueueForged: a row that waits cannot have a place; nothing is done.
            RecordAltered: a record is not what was to be sealed; nothing is done.
        """
        try:
            with self._conn.transaction():
                found = self._rows("seal", size=tree.size, most=limit)
                if any(body is None for _, _, body in found):
                    raise QueueForged("What waits for the log is not what the journals say.")
                entries = _held(found, tree.size)
                grown = tree.grow(entries.leaves)
                if found:
                    self._advance(tree, grown)
        except errors.IntegrityError as fault:
            if fault.diag.constraint_name == "log_leaf_pkey":
                raise TreeMoved(f"The place {tree.size} of the log is taken.") from fault
            raise QueueForged(f"A journal waits twice: {fault.diag.message_detail}") from fault
        return Batch(grown, entries)

    def sweep(self) -> None:
        """Make room in the queue: every look at it passes over what was taken from it.

        Nothing is waited for: whoever else sweeps, or is in the way, has it done later.
        """
        self._conn.execute(SQL["sweep"])

    def _advance(self, old: Frontier, new: Frontier) -> None:
        values = {"old": old.to_bytes(), "new": new.to_bytes(), "new_size": new.size}
        if self._conn.execute(SQL["advance"], values).rowcount != 1:
            raise TreeMoved(f"The database's tree is not the one of {old.size} leaves we know.")

    def hashes(self, first: int, past: int) -> list[bytes]:
        """Read the leaf hashes from index `first` up to `past`, which is left out.

        Raises:
            TreeMoved: they are not all there.
        """
        found = [leaf for (leaf,) in self._rows("read_leaves", first=first, past=past)]
        _check_whole(len(found), first, past)
        return found

    def entries(self, first: int, past: int) -> Entries:
        """Read the records from index `first` up to `past`, each held against its leaf hash.

        Raises:
            TreeMoved: they are not all there.
            RecordAltered: one of them is not what was sealed.
        """
        found = self._rows("read_entries", first=first, past=past)
        _check_whole(len(found), first, past)
        return _held(found, first)

    def _rows(self, name: str, **values: Any) -> list[tuple[Any, ...]]:
        return self._conn.execute(SQL[name], values, binary=True).fetchall()


def _held(found: list[tuple[Any, ...]], first: int) -> Entries:
    """Hold records from index `first` on against their leaf hashes."""
    for index, (seq, leaf, body) in enumerate(found, first):
        if leaf_hash(body) != leaf:
            raise RecordAltered(f"The record of journal {seq} was changed.", index=index)
    return Entries([leaf for _, leaf, _ in found], [body for _, _, body in found])


def _check_whole(count: int, first: int, past: int) -> None:
    if count != past - first:
        raise TreeMoved(f"Of the leaves {first} to {past - 1} only {count} are in the database.")
