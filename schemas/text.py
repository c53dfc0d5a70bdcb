"""What text and JSON the registry lets in, with stable reasons for what it does not. Pure."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias, cast
from unicodedata import is_normalized

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | bool | None"

JSON_DEPTH_MAX: Final = 32
"""Objects and arrays within each other; no document of ours needs ten."""

JSON_INT_MAX: Final = 2**63 - 1
"""Amounts are PostgreSQL bigints; both signs stop here."""


class TextReason(StrEnum):
    """Why a text is refused; the words are public promises."""

    EMPTY = "empty"
    BLANK = "blank"
    TOO_LONG = "too_long"
    LONE_SURROGATE = "lone_surrogate"
    NUL = "nul"
    CONTROL = "control"
    BIDI_CONTROL = "bidi_control"
    ZERO_WIDTH = "zero_width"
    NONCHARACTER = "noncharacter"
    NOT_NFC = "not_nfc"


class JsonReason(StrEnum):
    """Why a JSON document is refused; the words are public promises."""

    TOO_LARGE = "too_large"
    BYTE_ORDER_MARK = "byte_order_mark"
    INVALID_UTF8 = "invalid_utf8"
    MALFORMED = "malformed"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"
    NOT_AN_INTEGER = "not_an_integer"
    NOT_A_NUMBER = "not_a_number"
    INTEGER_OUT_OF_RANGE = "integer_out_of_range"
    LONE_SURROGATE = "lone_surrogate"


@dataclass(eq=False)
class JsonFault(Exception):
    """The bytes are no JSON document the registry reads.

    The pointer (RFC 6901) names the place, a repeated key by itself; it is empty where the
    whole document is at fault.
    """

    reason: JsonReason
    pointer: str

    def __str__(self) -> str:
        return f"{self.reason} at {self.pointer!r}"


UNDRAWN_CHARACTERS: Final = (
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065"
    r"\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Whatever is drawn as nothing, as regular expression ranges: two names must not look the same
and differ."""

# Line and paragraph separators (U+2028, U+2029) break lines as controls do.
_CLASSES: Final = {
    TextReason.LONE_SURROGATE: r"\ud800-\udfff",
    TextReason.NUL: r"\x00",
    TextReason.CONTROL: r"\x01-\x1f\x7f-\x9f\u2028\u2029",
    TextReason.BIDI_CONTROL: r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    TextReason.ZERO_WIDTH: UNDRAWN_CHARACTERS,
    TextReason.NONCHARACTER: r"\ufdd0-\ufdef"
    + "".join(f"\\U{plane:04x}fffe\\U{plane:04x}ffff" for plane in range(17)),
}
_FORBIDDEN: Final = re.compile(
    "|".join(f"(?P<{reason}>[{chars}])" for reason, chars in _CLASSES.items())
)
# The quick look: `str.isprintable` knows the other classes, and some harmless text besides.
_UNDRAWN: Final = re.compile(f"[{UNDRAWN_CHARACTERS}]")


def text_fault(text: str, limit: int, *, newlines: bool = False) -> TextReason | None:
    """Answer why a text may not be kept, or None.

    The order is fixed: length, then the first forbidden character, then normal form, then blank.

    Args:
        text: what the caller wrote.
        limit: the most code points allowed.
        newlines: let LF through, for notes; every other control stays forbidden.
    """
    if len(text) > limit:
        return TextReason.TOO_LONG
    if reason := character_fault(text.replace("\n", " ") if newlines else text):
        return reason
    if not text.strip():
        return TextReason.BLANK if text else TextReason.EMPTY
    return None


def character_fault(text: str) -> TextReason | None:
    """Answer the first forbidden character's reason, or that the text is not in NFC, or None."""
    looks_clean = text.isprintable() and not _UNDRAWN.search(text)
    if not looks_clean and (found := _FORBIDDEN.search(text)):
        return TextReason(cast("str", found.lastgroup))
    return None if is_normalized("NFC", text) else TextReason.NOT_NFC


def strict_json(raw: bytes, limit: int) -> JsonValue:
    """Read a JSON document whose numbers are all integers within 64 bits and whose keys differ.

    Args:
        raw: UTF-8 without a byte order mark.
        limit: the most bytes allowed.

    Raises:
        JsonFault: with a stable reason and the place. Never RecursionError.
    """
    text = _decoded(raw, limit)
    try:
        value = _STRICT.decode(text)
        suspect = _ESCAPED_SURROGATE.search(text) is not None
    except RecursionError:
        raise JsonFault(JsonReason.TOO_DEEP, "") from None
    except json.JSONDecodeError:
        raise JsonFault(JsonReason.MALFORMED, "") from None
    except _Suspicion:
        value, suspect = _tolerated(text), True
    if suspect:
        _refuse_first_fault(value)
    if nests_deeper(value, JSON_DEPTH_MAX):
        raise JsonFault(JsonReason.TOO_DEEP, "")
    return cast("JsonValue", value)


# A lone surrogate can only come in through an escape: UTF-8 has no bytes for it.
_ESCAPED_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_LONE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_INT_CHARS_MAX: Final = len(str(-JSON_INT_MAX))


class _Suspicion(Exception):
    """Something in the document is not allowed; read it again to say where."""


@dataclass(frozen=True, slots=True)
class _Bad:
    """Stands in the tree where a value was not allowed."""

    reason: JsonReason


@dataclass(frozen=True, slots=True)
class _Repeating:
    """Stands in the tree for an object with a repeated key."""

    pairs: list[tuple[str, object]]


def _decoded(raw: bytes, limit: int) -> str:
    if len(raw) > limit:
        raise JsonFault(JsonReason.TOO_LARGE, "")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise JsonFault(JsonReason.BYTE_ORDER_MARK, "")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise JsonFault(JsonReason.INVALID_UTF8, "") from None


def _whole(digits: str) -> int:
    if len(digits) > _INT_CHARS_MAX or not -JSON_INT_MAX <= (number := int(digits)) <= JSON_INT_MAX:
        raise _Suspicion
    return number


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Suspicion
    return members


def _suspect(_literal: str) -> object:
    raise _Suspicion


def _whole_or_bad(digits: str) -> object:
    try:
        return _whole(digits)
    except _Suspicion:
        return _Bad(JsonReason.INTEGER_OUT_OF_RANGE)


def _object_or_repeating(pairs: list[tuple[str, object]]) -> object:
    try:
        return _object(pairs)
    except _Suspicion:
        return _Repeating(pairs)


_STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_float=_suspect, parse_constant=_suspect
)
# Reads the same grammar, and leaves a mark where the strict one stops without saying where.
_TOLERANT: Final = json.JSONDecoder(
    object_pairs_hook=_object_or_repeating,
    parse_int=_whole_or_bad,
    parse_float=lambda _: _Bad(JsonReason.NOT_AN_INTEGER),
    parse_constant=lambda _: _Bad(JsonReason.NOT_A_NUMBER),
)


def _tolerated(text: str) -> object:
    try:
        return _TOLERANT.decode(text)
    except RecursionError:
        raise JsonFault(JsonReason.TOO_DEEP, "") from None
    except json.JSONDecodeError:
        raise JsonFault(JsonReason.MALFORMED, "") from None


def _refuse_first_fault(document: object) -> None:
    """Raise for the first fault in reading order. A stack of our own: depth is not yet known."""
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, _Bad):
            raise JsonFault(value.reason, pointer)
        if isinstance(value, str) and _LONE_SURROGATE.search(value):
            raise JsonFault(JsonReason.LONE_SURROGATE, pointer)
        waiting.extend(reversed(list(_members(pointer, value))))


def _members(pointer: str, value: object) -> Iterable[tuple[str, object]]:
    if isinstance(value, list):
        return [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return _named(pointer, list(value.items()))
    return _named(pointer, value.pairs) if isinstance(value, _Repeating) else []


def _named(pointer: str, pairs: list[tuple[str, object]]) -> Iterable[tuple[str, object]]:
    seen: set[str] = set()
    for key, item in pairs:
        place = f"{pointer}/{pointer_token(key)}"
        if key in seen:
            yield place, _Bad(JsonReason.DUPLICATE_KEY)
        if _LONE_SURROGATE.search(key):
            yield place, _Bad(JsonReason.LONE_SURROGATE)
        seen.add(key)
        yield place, item


def pointer_token(key: str) -> str:
    """Write a key as one step of a JSON pointer (RFC 6901 §3), surrogates made printable."""
    printable = key.encode(errors="backslashreplace").decode()
    return printable.replace("~", "~0").replace("/", "~1")


def nests_deeper(value: object, limit: int) -> bool:
    """Tell whether objects and arrays stand within each other more than `limit` times."""
    level = [value] if type(value) in _NESTING else []
    for _ in range(limit):
        if not level:
            return False
        level = [item for nest in level for item in _items(nest) if type(item) in _NESTING]
    return bool(level)


_NESTING: Final = frozenset({dict, list})


def _items(nest: object) -> Iterable[object]:
    return nest.values() if isinstance(nest, dict) else cast("list[object]", nest)
