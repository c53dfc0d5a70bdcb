"""Columns of values as PostgreSQL's binary arrays: cheap to write here, and nothing to parse there."""

from __future__ import annotations

import re
import sys
from array import array
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from psycopg import adapters
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    _Write: TypeAlias = Callable[[Sequence[Any]], Iterable[bytes]]

_CAST: Final = re.compile(rb"%\((\w+)\)s::(\w+)\[\]")
_LENGTH: Final = Struct(">i").pack
_HEADER: Final = Struct(">5i").pack  # dimensions, any NULL, type of the elements, their count, 1
_EMPTY: Final = Struct(">3i").pack  # no dimension
_NULL: Final = _LENGTH(-1)
_DAY_ZERO: Final = date(2000, 1, 1).toordinal()
_INSTANT_ZERO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FEW: Final = 24  # values that are written sooner one by one
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Column:
    """One column as a binary array; the cast in the statement names the type it was written for."""

    raw: bytes


class _ColumnDumper(Dumper):
    format = Format.BINARY  # and no oid: the server takes the type from the cast

    def dump(self, obj: Column) -> Buffer | None:
        """Hand over what was written already."""
        return obj.raw


adapters.register_dumper(Column, _ColumnDumper)


def casts(statement: bytes) -> dict[str, str]:
    """Read the element type of every array that a statement takes: `%(ids)s::bigint[]`."""
    return {name.decode(): kind.decode() for name, kind in _CAST.findall(statement)}


def column(values: Sequence[Any], kind: str) -> Column:
    """Write one column of values, None among them, as an array of a PostgreSQL type."""
    oid, write = _TYPES[kind]
    if not values:
        return Column(_EMPTY(0, 0, oid))
    nulls = None in values
    elements = _each(values, write) if nulls else write(values)
    return Column(b"".join((_HEADER(1, nulls, oid, len(values), 1), *elements)))


def written(value: Any, kind: str) -> bytes:
    """Write a value in the binary form of a PostgreSQL type, or a column of values as an array."""
    if kind.endswith("[]"):
        return column(value, kind[:-2]).raw
    return b"".join(_TYPES[kind][1]([value]))[4:]  # without the length that an element begins with


def _each(values: Sequence[Any], write: _Write) -> Iterable[bytes]:
    """Write each value once, however often it comes, and all of them in one go."""
    distinct = list({*values} - {None})
    known = dict(zip(distinct, _parted(b"".join(write(distinct))), strict=True))
    return map((known | {None: _NULL}).__getitem__, values)


def _parted(raw: bytes) -> Iterator[bytes]:
    """Part elements that were written one after the other; each begins with its length."""
    start = 0
    while start < len(raw):
        end = start + 4 + int.from_bytes(raw[start : start + 4])
        yield raw[start:end]
        start = end


def _integers(code: str) -> _Write:
    size = array(code).itemsize
    one = Struct(f">i{code}").pack

    def write(values: Sequence[int]) -> Iterable[bytes]:
        """Lay the length and every byte of the integers in strides, all values at once; few one by one."""
        if len(values) < _FEW:
            return [one(size, value) for value in values]
        numbers = array(code, values)
        if sys.byteorder == "little":
            numbers.byteswap()
        raw, stride = numbers.tobytes(), 4 + size
        written = bytearray(stride * len(values))
        written[3::stride] = bytes((size,)) * len(values)
        for at in range(size):
            written[4 + at :: stride] = raw[at::size]
        return (bytes(written),)

    return write


def _sized(raws: Sequence[bytes]) -> Iterable[bytes]:
    return chain.from_iterable(zip(map(_LENGTH, map(len, raws)), raws, strict=True))


def _texts(values: Sequence[str]) -> Iterable[bytes]:
    return _sized([value.encode() for value in values])


def _documents(values: Sequence[bytes]) -> Iterable[bytes]:
    return _sized([b"\x01" + value for value in values])  # the version of jsonb


def _booleans(values: Sequence[bool]) -> Iterable[bytes]:
    return _sized([b"\x01" if value else b"\x00" for value in values])


def _days(values: Sequence[date]) -> Iterable[bytes]:
    return _each(values, lambda each: _INTEGER([v.toordinal() - _DAY_ZERO for v in each]))


def _instants(values: Sequence[datetime]) -> Iterable[bytes]:
    return _each(values, lambda each: _BIGINT([(v - _INSTANT_ZERO) // _MICROSECOND for v in each]))


_INTEGER: Final = _integers("i")
_BIGINT: Final = _integers("q")
_TYPES: Final[Mapping[str, tuple[int, _Write]]] = {
    "bigint": (20, _BIGINT),
    "int": (23, _INTEGER),
    "text": (25, _texts),
    "bytea": (17, _sized),
    "bool": (16, _booleans),
    "boolean": (16, _booleans),
    "date": (1082, _days),
    "timestamptz": (1184, _instants),
    "jsonb": (3802, _documents),
}
