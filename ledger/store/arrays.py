"""Array literals: a column of values as one text parameter, several times faster than element by element."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any


def literal(values: Iterable[Any]) -> str:
    """Spell values of one column as PostgreSQL's array literal; the statement casts it.

    Integers, None, strings, bytes, booleans, dates and instants; nothing else is stored in columns.
    """
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    match value:
        case bool():
            return "t" if value else "f"
        case int():
            return str(value)
        case None:
            return "NULL"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case bytes():
            return '"\\\\x' + value.hex() + '"'
        case datetime() | date():
            return '"' + value.isoformat() + '"'
        case _:
            raise TypeError(type(value))
