"""Compare columns with values that may be very many: one parameter a column, however long the list.

`IN (…)` binds each value by itself: PostgreSQL takes at most 65,535, and thousands are slow to spell.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import any_, bindparam, func, select, tuple_
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import NullType

from ledger.store.arrays import column as written

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.types import TypeEngine


def among(column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Write the condition that a column has one of the values.

    It is to be found by an index: once a session's plan is made for any values, rows looked at without
    one are compared with each value in turn. Where there is none, `rows_among` joins instead.
    """
    return column == any_(_array(column, list(values)))


def rows_among(
    columns: Sequence[ColumnElement[Any]], rows: Collection[Sequence[Any]]
) -> ColumnElement[bool]:
    """Write the condition that columns have the values of one of the rows."""
    each = zip(*rows, strict=True) if rows else ((),) * len(columns)
    names = [f"value_{n}" for n in range(len(columns))]
    wanted = func.unnest(*map(_array, columns, each)).table_valued(*names).render_derived()
    return tuple_(*columns).in_(select(*(wanted.c[name] for name in names)))


def _array(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[Any]:
    raw = written(values, _name(column.type))
    return as_type(bindparam(None, raw, type_=NullType()), ARRAY(column.type))


@lru_cache(maxsize=1024)  # spelling a type makes a dialect each time
def _name(kind: TypeEngine[Any]) -> str:
    return str(kind).lower()
