"""From the bytes of a record to what it says, or to what is wrong with its bytes or shape. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
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


def check_records(entries: Iterable[tuple[int, bytes]]) -> None:
    """See whether entries, each with its index, are canonical records of the published shape.

    Records come in runs of one kind, and a pattern takes records of its own kind only: so the
    pattern that took the last record is tried before anybody looks for the kind of the next.

    Raises:
        RecordNotCanonical, RecordNotOfItsShape: as `check_record`, with the index.
    """
    likely: re.Pattern[bytes] | None = None
    for index, raw in entries:
        if not (likely and likely.fullmatch(raw)):
            likely = _pattern_for(raw)
        try:
            _check(raw, likely)
        except LogFault as fault:
            fault.index = index
            raise


def check_record(raw: bytes) -> None:
    """See whether bytes are a canonical record of the published shape.

    Cost: about 3 µs for an everyday record of 1 kB; tens of times that where one needs a closer look.

    Raises:
        RecordNotCanonical: these bytes are not what `canonical` would write.
        RecordNotOfItsShape: the record is not what `schemas.records.journal` describes.
    """
    _check(raw, _pattern_for(raw))


def _check(raw: bytes, pattern: re.Pattern[bytes] | None) -> None:
    """Look closer at what no pattern took, or at what a pattern does not see; for the rest it is enough."""
    if pattern is None or len(raw) > RECORD_BYTES_MAX or not _is_plain(raw):
        _check_closely(raw)


def _pattern_for(raw: bytes) -> re.Pattern[bytes] | None:
    """Find the pattern that takes a record, if one does: a kind that is taken for another has none."""
    start = raw.rfind(_KIND) + len(_KIND)
    kind = raw[start : raw.find(b'"', start)]
    patterns = _patterns(kind) if kind in _KINDS else ()
    return next((pattern for pattern in patterns if pattern.fullmatch(raw)), None)


def _is_plain(raw: bytes) -> bool:
    """Tell whether a record that a pattern took has no character outside the profile."""
    try:
        return raw.isascii() or is_plain(raw.decode())
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
