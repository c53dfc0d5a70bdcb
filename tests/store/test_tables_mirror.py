"""The mirror of the tables shows what the migrations made, no more and no less."""

from typing import Any

import psycopg
from sqlalchemy import Column, Dialect
from sqlalchemy.dialects import postgresql

from ledger.database import Urls
from ledger.store import tables
from tests.conftest import REGISTRY

Shape = dict[tuple[str, str], tuple[str, bool, bool]]

_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
_ELSEWHERE = {"migration"}  # its own room reads it


def _migrated(url: str) -> Shape:
    """Read every column: its type, whether it may be NULL, whether it is of the primary key."""
    query = """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
               coalesce(a.attnum = ANY (i.indkey), false)
        FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
        WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
    """
    with psycopg.connect(url) as conn:
        rows = conn.execute(query, [REGISTRY]).fetchall()
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows if row[0] not in _ELSEWHERE}


def _mirrored(column: Column[Any]) -> tuple[str, bool, bool]:
    spelt = column.type.compile(dialect=_DIALECT).lower()
    return spelt, bool(column.nullable), column.primary_key


def test_every_column_is_mirrored_with_its_type_and_nullability(database: Urls) -> None:
    """A migration that changes a table fails here until `tables.py` says the same."""
    mirror: Shape = {
        (table.name, column.name): _mirrored(column)
        for table in tables.metadata.tables.values()
        for column in table.columns
    }
    assert _migrated(database.owner) == mirror


def test_each_table_is_found_under_its_own_name() -> None:
    """`tables.journal` is the journal."""
    for name, table in tables.metadata.tables.items():
        assert getattr(tables, name) is table
