"""What an insider with SQL does, in a transaction that is rolled back, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import psycopg
from psycopg.rows import dict_row, tuple_row

from ledger.database import Urls
from ledger.doctor import checks, look
from tests.registry import NAME

Role = Literal["app", "owner"]
Rows = list[tuple[Any, ...]]
STATE: Final = frozenset(
    {"account", "approval", "balance", "client", "hold", "log_state", "parcel"}
)
QUEUE: Final = frozenset({"unsealed"})
OWN: Final = frozenset({"migration"})  # the owner's notebook; doctor compares it with the files
OF_ROWS: Final = tuple(check.name for check in checks())


@dataclass(frozen=True, slots=True)
class Insider:
    """A connection as the app or as the owner, inside one transaction."""

    conn: psycopg.Connection[dict[str, Any]]
    spoke: list[str] = field(
        default_factory=list
    )  # checks that named something, the last one first

    def run(self, statement: str) -> None:
        """Run statements, and then whatever a COMMIT would check."""
        self.conn.execute(statement.encode())
        self.conn.execute("SET CONSTRAINTS ALL IMMEDIATE")

    def rows(self, query: str, *values: Any) -> Rows:
        """Ask something."""
        with self.conn.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(query.encode(), values).fetchall()

    def refusal(self, statement: str) -> str | None:
        """Try something, undo it, and tell what refused it: a constraint's name, or the error's."""
        try:
            with self.conn.transaction(force_rollback=True):
                self.run(statement)
        except psycopg.Error as fault:
            return fault.diag.constraint_name or type(fault).__name__
        return None

    def found(self, *names: str) -> set[str]:
        """Have doctor look at what was done; name the checks that speak, of all or of those named."""
        return {finding.check for finding in look(self.conn, NAME, names or None)}

    def outcome(self, statement: str, *names: str) -> str | set[str]:
        """Try something, undo it, and tell what refused it or else which checks speak."""
        try:
            with self.conn.transaction(force_rollback=True):
                self.run(statement)
                return self.found(*names)
        except psycopg.Error as fault:
            return fault.diag.constraint_name or type(fault).__name__

    def is_unseen(self, statement: str) -> bool:
        """Try something, undo it, and tell whether nothing refuses it and no check of rows speaks."""
        try:
            with self.conn.transaction(force_rollback=True):
                self.run(statement)
                return not self._speaks()
        except psycopg.Error:
            return False

    def _speaks(self) -> bool:
        """Ask those that spoke lately, one by one, and then all: one that speaks is enough."""
        for names in (*((name,) for name in self.spoke), OF_ROWS):
            found = self.found(*names)
            if found:
                self.spoke[:] = dict.fromkeys([*sorted(found), *self.spoke])
                return True
        return False

    def tables(self) -> list[str]:
        """List the registry's tables."""
        query = (
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace"
        )
        return sorted(name for (name,) in self.rows(query, NAME))

    def columns(self, table: str) -> dict[str, str]:
        """List a table's columns that can be written, with their types."""
        query = (
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
            "AND attgenerated = '' ORDER BY attnum"
        )
        return dict(self.rows(query, table))


@contextmanager
def inside(urls: Urls, role: Role) -> Iterator[Insider]:
    """Enter as a role; nothing stays of what is done."""
    url = urls.app if role == "app" else urls.owner
    options = f"-c search_path={NAME} -c lock_timeout=5s"
    with psycopg.connect(url, options=options, row_factory=dict_row) as conn:
        try:
            yield Insider(conn)
        finally:
            conn.rollback()


def history(tables: list[str]) -> list[str]:
    """Choose the append-only tables: every one is that is not declared otherwise."""
    return [name for name in tables if name not in STATE | QUEUE | OWN]
