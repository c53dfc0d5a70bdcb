"""The pattern of a closed schema held against the look at every member."""

from __future__ import annotations

import re
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from ledger.log.canonical import canonical
from ledger.log.shape import faults, pattern_of
from schemas.records.shapes import DIGITS, HEX16, TRUTH, WORD, Schema, closed, listed, one_of

NUMBER: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
PLAIN: Final = st.sampled_from([DIGITS, HEX16, TRUTH, WORD, NUMBER, one_of("a", "b"), {"const": 1}])
NAMES: Final = st.sampled_from("abc")
WORDS: Final = ("0", "10", "a", "b", "c", "01", "", "f" * 32, 1, 2, 0, True)


def _lists(items: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    bounds = st.tuples(st.integers(0, 2), st.sampled_from([None, 2, 3]))
    return st.tuples(items, bounds).map(lambda made: listed(made[0], *made[1]))


def _objects(items: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    members = st.dictionaries(NAMES, items, max_size=3)
    return st.tuples(members, members).map(
        lambda made: closed(made[0], {n: one for n, one in made[1].items() if n not in made[0]})
    )


SCHEMAS: Final = st.recursive(PLAIN, lambda items: _lists(items) | _objects(items), max_leaves=6)


def _near(schema: Schema) -> st.SearchStrategy[Any]:
    """Make values that a schema allows, or would allow but for one word or the length of a list."""
    if schema.get("type") == "array":
        return st.lists(_near(schema["items"]), max_size=4)
    if schema.get("type") == "object":
        members = {name: _near(one) for name, one in schema["properties"].items()}
        needed = {name: members.pop(name) for name in schema["required"]}
        return st.fixed_dictionaries(needed, optional=members)
    fitting = [word for word in WORDS if not list(faults(schema, word))]
    return st.sampled_from([*fitting * len(WORDS), *WORDS])


def _deep() -> st.SearchStrategy[Schema]:
    """Draw schemas of some depth more often than single words."""
    return SCHEMAS | _objects(SCHEMAS) | _lists(SCHEMAS)


@given(st.data())
def test_a_pattern_takes_what_has_the_shape_and_nothing_else(data: st.DataObject) -> None:
    """Whatever members are there, and however many items a list has."""
    schema = data.draw(_deep(), label="schema")
    value = data.draw(_near(schema), label="value")
    record: dict[str, Any] = {"it": value}

    taken = re.fullmatch(pattern_of(closed({"it": schema})).encode(), canonical(record))

    assert bool(taken) == (not list(faults(schema, value)))
