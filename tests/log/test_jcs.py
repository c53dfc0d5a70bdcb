"""Documents' bytes: the same as an independent RFC 8785 writer's, within the bounds that are kept."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.canonical import NotCanonical
from ledger.log.jcs import jcs
from schemas.text import JsonValue

KEYS = st.text(st.characters(max_codepoint=127), max_size=6)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
DOCUMENTS: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@given(DOCUMENTS)
def test_document_bytes_are_rfc_8785(document: JsonValue) -> None:
    """Any key of ASCII, controls included, any text, whole numbers."""
    assert jcs(document) == rfc8785.dumps(document)


@pytest.mark.parametrize(
    ("document", "reason", "pointer"),
    [
        ({"a": 1.0}, "not_an_integer", "/a"),
        ({"a": [0, float("inf")]}, "not_an_integer", "/a/1"),
        ({"a": 2**53}, "integer_out_of_range", "/a"),
        ({"é": 1}, "bad_key", "/é"),
        ({1: 1}, "bad_key", "/1"),
        ({"a": (1,)}, "not_json", "/a"),
        ({"a": "\ud800"}, "lone_surrogate", ""),
    ],
)
def test_what_others_could_spell_otherwise_is_refused(
    document: JsonValue, reason: str, pointer: str
) -> None:
    """Fractions have ECMAScript's spelling, other keys UTF-16's order: neither is ours."""
    with pytest.raises(NotCanonical) as fault:
        jcs(document)

    assert (fault.value.reason, fault.value.pointer) == (reason, pointer)


def test_a_document_without_end_is_refused() -> None:
    """A list that holds itself nests for ever."""
    endless: list[JsonValue] = []
    endless.append(endless)

    with pytest.raises(NotCanonical) as fault:
        jcs(endless)
    assert fault.value.reason == "too_deep"
