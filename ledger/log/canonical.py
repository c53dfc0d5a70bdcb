"""The bytes of a record: RFC 8785 under a profile strict enough for json.dumps to write it. Pure.

Keys are `[a-z][a-z0-9_]*`, numbers are integers below 2^53, text is NFC without anything
invisible, the whole at most 16 KiB. Within that, sorted compact JSON *is* RFC 8785; outside it,
it is not (1.0, key order beyond ASCII), which is why the profile is checked and not assumed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, NoReturn, cast
from unicodedata import is_normalized

from schemas.text import (
    UNDRAWN_CHARACTERS,
    JsonFault,
    JsonValue,
    character_fault,
    nests_deeper,
    pointer_token,
    strict_json,
)

RECORD_BYTES_MAX: Final = 16 * 1024
"""An entry bundle (C2SP tlog-tiles) prefixes 16-bit lengths; a quarter of that leaves room."""

RECORD_DEPTH_MAX: Final = 32
RECORD_INT_MAX: Final = 2**53 - 1
"""Beyond it, readers that keep numbers as doubles disagree; larger quantities are strings."""

_KEY_SHAPE: Final = re.compile(r"[a-z][a-z0-9_]*")
ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


class ProfileReason(StrEnum):
    """Why bytes or a value are no record, besides the reasons of `schemas.text`."""

    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    BAD_KEY = "bad_key"
    NOT_AN_INTEGER = "not_an_integer"
    INTEGER_OUT_OF_RANGE = "integer_out_of_range"
    NOT_JSON = "not_json"
    OTHER_BYTES = "other_bytes"
    """The same value, spelled another way than the one way there is."""


@dataclass(eq=False)
class NotCanonical(Exception):
    """A value or its bytes lie outside the record profile, at the place the pointer names."""

    reason: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.reason} at {self.pointer!r}"


def canonical(record: Mapping[str, JsonValue]) -> bytes:
    """Write a record's only bytes.

    The caller built the record within the profile; only its size is checked here, for speed.
    `check_profile` checks the rest where a value's origin is not known.

    Raises:
        NotCanonical: `too_large`.
    """
    return sized(ENCODER.encode(record).encode())


def sized(raw: bytes) -> bytes:
    """Take a record that its maker wrote as `canonical` would; only its size is checked here.

    Raises:
        NotCanonical: `too_large`.
    """
    _refuse_size(raw)
    return raw


def check_profile(value: object) -> None:
    """Refuse a value that is no record.

    Raises:
        NotCanonical: nesting first, then the first fault in the value's own order, size last.
    """
    if nests_deeper(value, RECORD_DEPTH_MAX):
        raise NotCanonical(ProfileReason.TOO_DEEP, "")
    if not isinstance(value, dict):
        raise NotCanonical(ProfileReason.NOT_AN_OBJECT, "")
    _check_object("", value)
    _refuse_size(ENCODER.encode(value).encode())


def parse_canonical(raw: bytes) -> dict[str, JsonValue]:
    """Read a record, accepting exactly the bytes `canonical` writes for it.

    Raises:
        NotCanonical: with the reason of `strict_json`, of the profile, or `other_bytes`.
    """
    return _read_at_once(raw) or _read_step_by_step(raw)


def leaf_hash(raw: bytes) -> bytes:
    """Hash an entry as a leaf of the log. Source: RFC 9162 §2.1.1."""
    return sha256(b"\x00" + raw).digest()


def is_plain(text: str) -> bool:
    """Tell whether a record's text has no escape and only characters and keys within the profile.

    Sufficient, not necessary: what is not plain is looked at string by string.
    """
    clean = text.isprintable() and not _ESCAPED_OR_UNDRAWN.search(text)
    return clean and not _STRANGE_KEY.search(text) and is_normalized("NFC", text)


def _read_step_by_step(raw: bytes) -> dict[str, JsonValue]:
    try:
        value = strict_json(raw, RECORD_BYTES_MAX)
    except JsonFault as fault:
        raise NotCanonical(fault.reason, fault.pointer) from None
    check_profile(value)
    if ENCODER.encode(value).encode() != raw:
        raise NotCanonical(ProfileReason.OTHER_BYTES, "")
    return cast("dict[str, JsonValue]", value)


def _read_at_once(raw: bytes) -> dict[str, JsonValue]:
    """Read an everyday record, several times faster; answer nothing where a closer look is due.

    One look at the whole text stands for a look at each string: without escapes it holds every
    string as it is, and no character composes with the quotes that part them.
    """
    try:
        text = raw.decode()
        record = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return {}
    if not is_plain(text) or len(raw) > RECORD_BYTES_MAX or not isinstance(record, dict):
        return {}
    if ENCODER.encode(record) != text or nests_deeper(record, RECORD_DEPTH_MAX):
        return {}
    return record


def _counter(digits: str) -> int:
    if len(digits) > _INT_CHARS_MAX or abs(number := int(digits)) > RECORD_INT_MAX:
        raise ValueError(digits)
    return number


def _no_number(literal: str) -> NoReturn:
    raise ValueError(literal)


_INT_CHARS_MAX: Final = len(str(-RECORD_INT_MAX))
_DECODER: Final = json.JSONDecoder(
    parse_int=_counter, parse_float=_no_number, parse_constant=_no_number
)
_ESCAPED_OR_UNDRAWN: Final = re.compile(rf"[\\{UNDRAWN_CHARACTERS}]")
# A match that starts at a closing quote is no key and does no harm: between two strings stands
# a comma or a colon, so the record is only read step by step.
_STRANGE_KEY: Final = re.compile(r'"(?![a-z][a-z0-9_]*")[^"]*":')


def _refuse_size(raw: bytes) -> None:
    if len(raw) > RECORD_BYTES_MAX:
        raise NotCanonical(ProfileReason.TOO_LARGE, "")


def _check_object(pointer: str, members: dict[object, object]) -> None:
    for key, item in members.items():
        place = f"{pointer}/{pointer_token(str(key))}"
        if not isinstance(key, str) or _KEY_SHAPE.fullmatch(key) is None:
            raise NotCanonical(ProfileReason.BAD_KEY, place)
        _check(place, item)


def _check(pointer: str, value: object) -> None:
    match value:
        case dict():
            _check_object(pointer, value)
        case list():
            for index, item in enumerate(value):
                _check(f"{pointer}/{index}", item)
        case _:
            if reason := scalar_fault(value):
                raise NotCanonical(reason, pointer)


def scalar_fault(value: object) -> str | None:
    """Tell why a value that is neither object nor list may not stand in a record; None where it may."""
    match value:
        case None | bool():
            return None
        case str():
            return character_fault(value)
        case int():
            return None if abs(value) <= RECORD_INT_MAX else ProfileReason.INTEGER_OUT_OF_RANGE
        case float():
            return ProfileReason.NOT_AN_INTEGER
        case _:
            return ProfileReason.NOT_JSON
