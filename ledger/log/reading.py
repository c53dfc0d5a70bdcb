"""From the bytes of a record to what it says, or to what is wrong with its bytes or shape. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, ClassVar, Final, TypeAlias

import orjson

from ledger.log.canonical import RECORD_BYTES_MAX, NotCanonical, is_plain, parse_canonical
from ledger.log.faults import LogFault
from ledger.log.shape import faults, pattern_of
from schemas.records.bodies import BODIES
from schemas.records.journal import journal_schemas

Record: TypeAlias = dict[str, Any]
_KIND: Final = b'"kind":"'
_KINDS: Final = frozenset(kind.encode() for kind in BODIES)
_SHOWN: Final = 3  # places of a record that are named, of all that are wrong


class RecordNotCanonical(LogFault):
    """An entry's bytes are not the one spelling of a record; a reader could be told anything by them."""

    code: ClassVar[str] = "record_not_canonical"


class RecordNotOfItsShape(LogFault):
    """A record lacks a member that its kind must have, or has one that it must not."""

    code: ClassVar[str] = "record_not_of_its_shape"


def read_record(raw: bytes) -> Record:
    """Read a record, accepting exactly the bytes that are canonical and of the published shape.

    Raises:
        RecordNotCanonical, RecordNotOfItsShape: as `check_record`.
    """
    check_record(raw)
    record: Record = orjson.loads(raw)
    return record


def check_record(raw: bytes) -> None:
    """See whether bytes are a canonical record of the published shape.

    Cost: about 3 µs for an everyday record of 1 kB; tens of times that where one needs a closer look.

    Raises:
        RecordNotCanonical: these bytes are not what `canonical` would write.
        RecordNotOfItsShape: the record is not what `schemas.records.journal` describes.
    """
    if len(raw) > RECORD_BYTES_MAX or not _is_everyday(raw):
        _check_closely(raw)


def _is_everyday(raw: bytes) -> bool:
    """Tell whether one look is enough. A kind that is taken for another costs the closer look."""
    start = raw.rfind(_KIND) + len(_KIND)
    kind = raw[start : raw.find(b'"', start)]
    if kind not in _KINDS:
        return False
    first, later = _patterns(kind)
    if not (first.fullmatch(raw) or later.fullmatch(raw)):
        return False
    return raw.isascii() or _is_plain(raw)


def _is_plain(raw: bytes) -> bool:
    try:
        return is_plain(raw.decode())
    except UnicodeDecodeError:
        return False


@cache
def _patterns(kind: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Compile the patterns of a kind's first and later records: 4 ms each, once."""
    first, later = journal_schemas(kind.decode())
    return re.compile(pattern_of(first).encode()), re.compile(pattern_of(later).encode())


def _check_closely(raw: bytes) -> None:
    try:
        record: Record = parse_canonical(raw)
    except NotCanonical as fault:
        raise RecordNotCanonical(f"the bytes are no record: {fault}") from fault
    if found := _misshapen(record):
        raise RecordNotOfItsShape("the record is not as its kind must be at " + ", ".join(found))


def _misshapen(record: Record) -> list[str]:
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in BODIES:
        return ["/kind"]
    schema = journal_schemas(kind)["continues" in record]
    return list(faults(schema, record))[:_SHOWN]
