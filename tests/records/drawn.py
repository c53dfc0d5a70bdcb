"""Records of any kind, drawn from the published schema: values only."""

from __future__ import annotations

import re
from typing import Any, Final

from hypothesis import strategies as st

from schemas.records.bodies import BODIES
from schemas.records.journal import journal_schemas
from schemas.text import character_fault

_TEXTS: Final = st.text(max_size=9).filter(lambda text: character_fault(text) is None)


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Draw what a closed schema allows."""
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return {
        "string": _text,
        "integer": lambda s: st.integers(s["minimum"], s["maximum"]),
        "boolean": lambda _: st.booleans(),
        "array": lambda s: st.lists(
            values(s["items"]), min_size=s.get("minItems", 0), max_size=min(3, s.get("maxItems", 3))
        ),
        "object": _object,
    }[schema["type"]](schema)


def _text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    pattern = schema.get("pattern")
    if pattern is None:
        return _TEXTS
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(str.isascii)


def _object(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    members = {name: values(item) for name, item in schema["properties"].items()}
    required = {name: members.pop(name) for name in schema["required"]}
    return st.fixed_dictionaries(required, optional=members)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a record of any kind, the first of its act or a later one."""
    schemas = journal_schemas(draw(st.sampled_from(sorted(BODIES))))
    record: dict[str, Any] = draw(values(draw(st.sampled_from(schemas))))
    return record
