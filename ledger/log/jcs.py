"""RFC 8785 bytes of documents that are no records: keys of ASCII and whole numbers. Pure.

Within these bounds sorted compact JSON is RFC 8785: ASCII sorts alike by code point and by UTF-16
unit, and only fractions are spelled in ways of ECMAScript's own.
"""

from typing import Final

import orjson

from ledger.log.canonical import NotCanonical, ProfileReason, scalar_fault
from schemas.text import JsonValue, TextReason, nests_deeper, pointer_token

_DEPTH_MAX: Final = 32


def jcs(document: JsonValue) -> bytes:
    """Write a document's only bytes.

    Raises:
        NotCanonical: nested too deep, a key beyond ASCII, a number that is not whole or beyond
            2^53, a lone surrogate, or what is no JSON.
    """
    if nests_deeper(document, _DEPTH_MAX):
        raise NotCanonical(ProfileReason.TOO_DEEP, "")
    _check((), document)
    try:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise NotCanonical(TextReason.LONE_SURROGATE, "") from None


def _check(place: tuple[object, ...], value: object) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if type(item) is str and type(key) is str and key.isascii():
                continue  # most of a document
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical(ProfileReason.BAD_KEY, _pointer((*place, key)))
            _check((*place, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check((*place, index), item)
    elif not isinstance(value, str) and (reason := scalar_fault(value)):
        raise NotCanonical(reason, _pointer(place))


def _pointer(place: tuple[object, ...]) -> str:
    return "".join(f"/{pointer_token(str(step))}" for step in place)
