"""Record bytes: the same as an independent RFC 8785 writer's, and no other spelling is read."""

import json
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.canonical import (
    RECORD_BYTES_MAX,
    NotCanonical,
    _read_at_once,
    _read_step_by_step,
    canonical,
    check_profile,
    leaf_hash,
    parse_canonical,
)
from schemas.text import JsonValue, character_fault

KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
COUNTERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12).filter(
    lambda text: character_fault(text) is None
)
RECORDS: st.SearchStrategy[dict[str, JsonValue]] = st.dictionaries(
    KEYS,
    st.recursive(
        st.none() | st.booleans() | COUNTERS | TEXTS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=8,
    ),
    max_size=5,
)
# Bytes that are almost records: what a careless or a cunning writer would send.
NEAR_RECORDS = st.text('{}[]:,"\\ab_A01.e- \u4e2d\u0301\u200b', max_size=24).map(
    lambda text: ('{"a":' + text + "}").encode()
)


@given(RECORDS)
def test_record_bytes_are_rfc_8785(record: dict[str, JsonValue]) -> None:
    """Within the profile the quick writer and the independent one agree to the byte."""
    check_profile(record)

    assert canonical(record) == rfc8785.dumps(record)


@given(RECORDS)
def test_a_record_is_read_back_from_its_bytes(record: dict[str, JsonValue]) -> None:
    """Both ways of reading give the value that was written."""
    raw = canonical(record)

    assert parse_canonical(raw) == _read_step_by_step(raw) == record


@given(NEAR_RECORDS | RECORDS.map(lambda record: json.dumps(record).encode()))
def test_what_is_read_at_once_would_be_read_step_by_step(raw: bytes) -> None:
    """The quick look never lets in what the close look refuses."""
    if record := _read_at_once(raw):
        assert _read_step_by_step(raw) == record


@given(NEAR_RECORDS | st.binary())
def test_bytes_that_are_read_are_rfc_8785(raw: bytes) -> None:
    """Whatever is accepted is what the independent writer makes of it."""
    try:
        record = parse_canonical(raw)
    except NotCanonical:
        return
    assert rfc8785.dumps(record) == raw


@pytest.mark.parametrize(
    ("raw", "reason", "pointer"),
    [
        (b'{"a":1,"a":2}', "duplicate_key", "/a"),
        (b'{"a":1.0}', "not_an_integer", "/a"),
        (b'{"a":1.5}', "not_an_integer", "/a"),
        (b'{"a":1e3}', "not_an_integer", "/a"),
        (b'{"a":-0}', "other_bytes", ""),
        (b'\xef\xbb\xbf{"a":1}', "byte_order_mark", ""),
        (b'{"a":"\\u4e2d"}', "other_bytes", ""),
        (b'{"a":"\\/"}', "other_bytes", ""),
        (b'{"b":1,"a":2}', "other_bytes", ""),
        (b'{"a": 1}', "other_bytes", ""),
        (b'{"a":1}\n', "other_bytes", ""),
        (b'{"a":NaN}', "not_a_number", "/a"),
        (b'{"a":-Infinity}', "not_a_number", "/a"),
        (b'{"a":"\\ud800"}', "lone_surrogate", "/a"),
        (b'{"a":"\xed\xa0\x80"}', "invalid_utf8", ""),
        (b'{"a":9007199254740992}', "integer_out_of_range", "/a"),
        (b'{"a":-9007199254740992}', "integer_out_of_range", "/a"),
        (b'{"a":123456789012345678901234567890}', "integer_out_of_range", "/a"),
        (b'{"a":"\\u0000"}', "nul", "/a"),
        (b'{"a":"x\\ny"}', "control", "/a"),
        (b'{"a":"\x7f"}', "control", "/a"),
        ('{"a":"\u202e"}'.encode(), "bidi_control", "/a"),
        ('{"a":"\u200b"}'.encode(), "zero_width", "/a"),
        ('{"a":["\uf900"]}'.encode(), "not_nfc", "/a/0"),
        ('{"a":"e\u0301"}'.encode(), "not_nfc", "/a"),
        (b'{"A":1}', "bad_key", "/A"),
        (b'{"":1}', "bad_key", "/"),
        (b'{"a":{"1a":1}}', "bad_key", "/a/1a"),
        ('{"中":1}'.encode(), "bad_key", "/中"),
        (b"[1]", "not_an_object", ""),
        (b'"a"', "not_an_object", ""),
        (b"", "malformed", ""),
        (b'{"a":1', "malformed", ""),
        (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "too_deep", ""),
        (b'{"a":' * 5000, "too_large", ""),
        (b'{"a":' * 3000, "too_deep", ""),
        (b'{"a":"' + b"x" * RECORD_BYTES_MAX + b'"}', "too_large", ""),
    ],
)
def test_bytes_outside_the_profile_are_refused(raw: bytes, reason: str, pointer: str) -> None:
    """Every trick that makes two readers see two records, with its reason and place."""
    with pytest.raises(NotCanonical) as fault:
        parse_canonical(raw)

    assert (fault.value.reason, fault.value.pointer) == (reason, pointer)


@pytest.mark.parametrize(
    ("value", "reason", "pointer"),
    [
        ({"a": 1.0}, "not_an_integer", "/a"),
        ({"a": float("nan")}, "not_an_integer", "/a"),
        ({"a": (1,)}, "not_json", "/a"),
        ({"a": b"x"}, "not_json", "/a"),
        ({1: 1}, "bad_key", "/1"),
        ({"a\n": 1}, "bad_key", "/a\n"),
        ({"a": {"b": ["", "\ud800"]}}, "lone_surrogate", "/a/b/1"),
        ({"a": 2**53}, "integer_out_of_range", "/a"),
        ({"a": "x" * RECORD_BYTES_MAX}, "too_large", ""),
        (None, "not_an_object", ""),
    ],
)
def test_a_value_outside_the_profile_is_refused(value: object, reason: str, pointer: str) -> None:
    """What never came as bytes is judged by the same rules."""
    with pytest.raises(NotCanonical) as fault:
        check_profile(value)

    assert (fault.value.reason, fault.value.pointer) == (reason, pointer)


@given(RECORDS, st.data())
def test_one_flipped_bit_is_another_leaf(record: dict[str, JsonValue], data: st.DataObject) -> None:
    """Every bit of every field is covered by the hash."""
    raw = bytearray(canonical(record))
    place = data.draw(st.integers(0, len(raw) - 1))
    before = leaf_hash(bytes(raw))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))

    assert leaf_hash(bytes(raw)) != before


def test_a_value_without_end_is_refused() -> None:
    """A list that holds itself nests for ever."""
    endless: list[JsonValue] = []
    endless.append(endless)

    with pytest.raises(NotCanonical) as fault:
        check_profile({"a": endless})

    assert fault.value.reason == "too_deep"


def test_the_largest_record_fits_and_one_byte_more_does_not() -> None:
    """16 KiB are counted in bytes of UTF-8, as the log stores them."""
    frame = len(canonical({"a": ""}))
    full = "中" * ((RECORD_BYTES_MAX - frame) // 3)
    full += "x" * (RECORD_BYTES_MAX - frame - 3 * len(full))

    assert len(canonical({"a": full})) == RECORD_BYTES_MAX
    with pytest.raises(NotCanonical):
        canonical({"a": full + "x"})


def test_a_leaf_is_hashed_apart_from_a_node() -> None:
    """RFC 9162 §2.1.1; the empty leaf is the published vector of RFC 6962 trees."""
    empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"

    assert leaf_hash(b"").hex() == empty
    assert leaf_hash(b"{}") == sha256(b"\x00{}").digest()
