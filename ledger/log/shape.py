"""A schema of records as one pattern over their bytes: an everyday record is checked in one look. Pure.

A record within the profile is spelt one way only, members in order of their names; so a closed schema
describes a regular language. What the pattern takes has the right shape *and* is canonical, but for
characters beyond ASCII. What it does not take is looked at member by member, to say what is wrong.
A spelling says at each place which member or item comes next, so nothing taken is ever given back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from schemas.text import pointer_token

_FREE_TEXT: Final = r'"[^"\\\x00-\x1f\x7f]*+"'
_NATURAL: Final = "[1-9][0-9]{0,14}+"  # below 2^53; the few counters beyond go the long way
_COUNTED: Final = re.compile(r"\{[0-9,]+\}")


def pattern_of(schema: Mapping[str, Any]) -> str:
    """Write the pattern of a closed schema's canonical spellings; escapes in text are left out.

    Raises:
        KeyError: the schema uses something else than `schemas.records.shapes` writes.
    """
    if "const" in schema:
        return re.escape(_word(schema["const"]))
    if "enum" in schema:
        return "(?:" + "|".join(re.escape(_word(word)) for word in schema["enum"]) + ")"
    return _PATTERNS[schema["type"]](schema)


def faults(schema: Mapping[str, Any], value: object, pointer: str = "") -> Iterator[str]:
    """Yield a pointer to everything in a value that a closed schema does not allow, in its order."""
    if "const" in schema or "enum" in schema:
        words = [schema["const"]] if "const" in schema else schema["enum"]
        if not any(type(value) is type(word) and value == word for word in words):
            yield pointer
    else:
        yield from _FAULTS[schema["type"]](schema, value, pointer)


def _word(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case _:
            return f'"{value}"'


def _text_pattern(schema: Mapping[str, Any]) -> str:
    pattern: str | None = schema.get("pattern")
    if pattern is None:
        return _FREE_TEXT
    # What was counted is never given back: that is quicker, and no more is taken by it.
    inner = _COUNTED.sub(r"\g<0>+", pattern.removeprefix("^").removesuffix("$"))
    return f'"(?:{inner})"'


def _list_pattern(schema: Mapping[str, Any]) -> str:
    item, least = pattern_of(schema["items"]), schema.get("minItems", 0)
    most = schema["maxItems"] - 1 if "maxItems" in schema else ""
    more = f"(?:,{item}){{{max(least - 1, 0)},{most}}}+"
    return rf"\[{item}{more}\]" if least else rf"\[(?:{item}{more})?+\]"


def _object_pattern(schema: Mapping[str, Any]) -> str:
    assert schema["additionalProperties"] is False
    members, required = sorted(schema["properties"].items()), schema["required"]
    last = max(required, default="")
    spelt = [_member(name, pattern_of(item), required, last) for name, item in members]
    return r"\{" + "".join(spelt) + r"\}"


def _member(name: str, pattern: str, required: Collection[str], last: str) -> str:
    """Write a member and the comma between it and the last one that must be there, if there is one."""
    spelt = f'"{name}":{pattern}'
    if not last:
        spelt += r'(?:,(?=")|(?=\}))'
    elif name != last:
        spelt = f"{spelt}," if name < last else f",{spelt}"
    return spelt if name in required else f"(?:{spelt})?+"


_PATTERNS: Final = {
    "string": _text_pattern,
    "integer": lambda _: _NATURAL,
    "boolean": lambda _: "(?:true|false)",
    "array": _list_pattern,
    "object": _object_pattern,
}


def _text_faults(schema: Mapping[str, Any], value: object, pointer: str) -> Iterator[str]:
    pattern = schema.get("pattern", "(?s:.*)")
    if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
        yield pointer


def _integer_faults(schema: Mapping[str, Any], value: object, pointer: str) -> Iterator[str]:
    if type(value) is not int or not schema["minimum"] <= value <= schema["maximum"]:
        yield pointer


def _truth_faults(_: Mapping[str, Any], value: object, pointer: str) -> Iterator[str]:
    if type(value) is not bool:
        yield pointer


def _list_faults(schema: Mapping[str, Any], value: object, pointer: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield pointer
        return
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield pointer
    for index, item in enumerate(value):
        yield from faults(schema["items"], item, f"{pointer}/{index}")


def _object_faults(schema: Mapping[str, Any], value: object, pointer: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield pointer
        return
    known = schema["properties"]
    for name in schema["required"]:
        if name not in value:
            yield f"{pointer}/{name}"
    for name, item in value.items():
        place = f"{pointer}/{pointer_token(name)}"
        if name not in known:
            yield place
        else:
            yield from faults(known[name], item, place)


_FAULTS: Final = {
    "string": _text_faults,
    "integer": _integer_faults,
    "boolean": _truth_faults,
    "array": _list_faults,
    "object": _object_faults,
}
