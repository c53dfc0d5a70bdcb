"""Every field of a record, changed one at a time, each to something of the same shape if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def flips(record: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place of each field, and the record with that field changed."""
    for place in _places(record, ()):
        changed = deepcopy(record)
        within: Any = changed
        for step in place[:-1]:
            within = within[step]
        within[place[-1]] = _other(within[place[-1]])
        yield "/".join(map(str, place)), changed


def _places(value: Any, place: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for step, item in inner:
        if isinstance(item, (dict, list)):
            yield from _places(item, (*place, step))
        else:
            yield (*place, step)


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if value.isdecimal():
            return str(int(value) + 1)
        case str() if value[-1:] in _DIGITS:
            return value[:-1] + _DIGITS[(_DIGITS.index(value[-1]) + 1) % 10]
        case _:
            return value + "x"
