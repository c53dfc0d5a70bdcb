"""What text and JSON come in: tables of reasons, and laws against the plain parser."""

import json
import sys
from unicodedata import category, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.text import (
    JsonFault,
    JsonValue,
    character_fault,
    nests_deeper,
    strict_json,
    text_fault,
)

NAMES = st.text(st.characters(categories=["Lu", "Ll", "Nd"]), min_size=1, max_size=12)
INTEGERS = st.integers(-(2**63) + 1, 2**63 - 1)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("华能风电有限公司", None),
        ("Grün & Söhne 2", None),
        ("甲\u3000乙", None),
        ("😀", None),
        ("", "empty"),
        (" ", "blank"),
        ("\u3000\xa0", "blank"),
        ("x" * 21, "too_long"),
        ("a\nb", "control"),
        ("a\tb", "control"),
        ("a\x85b", "control"),
        ("a\u2028b", "control"),
        ("a\x00b", "nul"),
        ("a\u202eb", "bidi_control"),
        ("a\u2066b", "bidi_control"),
        ("a\u200bb", "zero_width"),
        ("a\ufeffb", "zero_width"),
        ("a\xadb", "zero_width"),
        ("a\U000e0041", "zero_width"),
        ("a\ufe0f", "zero_width"),
        ("a\u3164", "zero_width"),
        ("a\U000e0101", "zero_width"),
        ("\ud800", "lone_surrogate"),
        ("\ufdd0", "noncharacter"),
        ("\U0010ffff", "noncharacter"),
        ("\uf900", "not_nfc"),
        ("e\u0301", "not_nfc"),
        ("\u202e\x00", "bidi_control"),
    ],
)
def test_a_text_has_one_reason_to_stay_out(text: str, reason: str | None) -> None:
    """The first forbidden character wins; names with ordinary letters and spaces pass."""
    assert text_fault(text, 20) == reason


def test_a_note_may_have_lines_and_nothing_else() -> None:
    """LF passes where it is asked for, CR never."""
    assert text_fault("one\ntwo", 20, newlines=True) is None
    assert text_fault("one\r\ntwo", 20, newlines=True) == "control"
    assert text_fault("\n\n", 20, newlines=True) == "blank"
    assert text_fault("e\n\u0301", 20, newlines=True) is None


def test_every_forbidden_character_is_found_wherever_it_stands() -> None:
    """All of Unicode: controls, formats, surrogates and noncharacters never pass."""
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        if category(char) in {"Cc", "Cs"} or point & 0xFFFE == 0xFFFE:
            assert character_fault("甲" + char) not in {None, "not_nfc"}


@given(st.text(st.characters(codec="utf-8")))
def test_a_clean_text_is_its_own_normal_form(text: str) -> None:
    """What is let in can be compared byte by byte."""
    if text_fault(text, 1000) is None:
        assert normalize("NFC", text) == text
        assert text.strip()


@given(DOCUMENTS)
def test_a_document_of_ours_is_read_as_any_parser_reads_it(document: JsonValue) -> None:
    """Strictness changes no value."""
    raw = json.dumps(document, ensure_ascii=False).encode()

    assert strict_json(raw, len(raw)) == document == json.loads(raw)


@given(st.binary() | st.text('[]{}:,"\\u0dD8e+-1. nulNaI', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_reason(raw: bytes) -> None:
    """Nothing but JsonFault comes out."""
    try:
        value = strict_json(raw, 40)
    except JsonFault:
        return
    assert value == json.loads(raw)


@pytest.mark.parametrize(
    ("raw", "reason", "pointer"),
    [
        (b"", "malformed", ""),
        (b"{", "malformed", ""),
        (b"[1 2]", "malformed", ""),
        (b'{"a": 1.5, ', "malformed", ""),
        (b'"a\nb"', "malformed", ""),
        (b"1" * 201, "too_large", ""),
        (b"\xef\xbb\xbf1", "byte_order_mark", ""),
        (b'"\xff"', "invalid_utf8", ""),
        (b'"\xed\xa0\x80"', "invalid_utf8", ""),
        (b"NaN", "not_a_number", ""),
        (b"[1, -Infinity]", "not_a_number", "/1"),
        (b'{"a": [0, {"b/c~": 1.5}]}', "not_an_integer", "/a/1/b~1c~0"),
        (b'{"q": 1e3}', "not_an_integer", "/q"),
        (b'{"q": 1.0}', "not_an_integer", "/q"),
        (b"[9223372036854775808]", "integer_out_of_range", "/0"),
        (b"[-9223372036854775808]", "integer_out_of_range", "/0"),
        (b"[" + b"9" * 90 + b"]", "integer_out_of_range", "/0"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "duplicate_key", "/b/c"),
        (b'{"a": 1, "\\u0061": 1}', "duplicate_key", "/a"),
        (b'{"a": NaN, "a": 1}', "not_a_number", "/a"),
        (b'{"a": 1, "a": NaN}', "duplicate_key", "/a"),
        (b'["\\ud800"]', "lone_surrogate", "/0"),
        (b'{"\\udc00": 1}', "lone_surrogate", "/\\udc00"),
        (b"[" * 33 + b"]" * 33, "too_deep", ""),
        (b'{"a":' * 17 + b"[" * 16 + b"]" * 16 + b"}" * 17, "too_deep", ""),
    ],
)
def test_a_refused_document_names_reason_and_place(raw: bytes, reason: str, pointer: str) -> None:
    """The first fault in reading order is the one that is told."""
    with pytest.raises(JsonFault) as fault:
        strict_json(raw, 200)

    assert (fault.value.reason, fault.value.pointer) == (reason, pointer)
    assert str(fault.value).encode().startswith(reason.encode())


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[1.5,{"a":'])
def test_bottomless_nesting_is_refused_and_not_suffered(opening: bytes) -> None:
    """A hundred thousand brackets cost a refusal, not a stack."""
    with pytest.raises(JsonFault):
        strict_json(opening * 100_000, 10**6)


def test_a_deep_document_with_a_bad_number_still_has_a_place() -> None:
    """The search for the place keeps no call stack."""
    raw = b"[" * 500 + b"1.5" + b"]" * 500

    with pytest.raises(JsonFault) as fault:
        strict_json(raw, 2000)

    assert (fault.value.reason, fault.value.pointer) == ("not_an_integer", "/0" * 500)


def test_a_pair_of_surrogates_is_one_character() -> None:
    """Only lone ones are refused."""
    assert strict_json(b'["\\ud83d\\ude00"]', 20) == ["😀"]


@given(st.integers(0, 60), st.integers(0, 60))
def test_nesting_is_counted_in_containers(depth: int, limit: int) -> None:
    """A scalar nests nowhere, each list or object once, full or empty."""
    value: JsonValue = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value, "b": 0} if level else {}

    assert nests_deeper(value, limit) == (depth > limit)
