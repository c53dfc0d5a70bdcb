"""RFC 8785 bytes of documents that are no records: keys of ASCII and whole numbers. Pure.

Within these bounds sorted compact JSON is RFC 8785: ASCII sorts alike by code point and by UTF-16
unit, and only fractions are spelled in ways of ECMAScript's own.
"""

from typing import Final

from ledger.log.canonical import ENCODER, NotCanonical, ProfileReason, scalar_fault
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
    _check("", document)
    try:
        return ENCODER.encode(document).encode()
    except UnicodeEncodeError:
        raise NotCanonical(TextReason.LONE_SURROGATE, "") from None


def _check(pointer: str, value: object) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and isinstance(key, str) and key.isascii():
                continue  # most of a document: no place need be named
            place = f"{pointer}/{pointer_token(str(key))}"
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical(ProfileReason.BAD_KEY, place)
            _check(place, item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(f"{pointer}/{index}", item)
    elif not isinstance(value, str) and (reason := scalar_fault(value)):
        raise NotCanonical(reason, pointer)
