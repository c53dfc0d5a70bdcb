"""A reader takes what is canonical and of the published shape, and nothing else."""

from __future__ import annotations

import json
from typing import Any, Final

import jsonschema_rs
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.canonical import NotCanonical, parse_canonical
from ledger.log.reading import RecordNotCanonical, RecordNotOfItsShape, read_record
from schemas.records.journal import JOURNAL_RECORD
from tests.records.drawn import records

PUBLISHED: Final = jsonschema_rs.validator_for(JOURNAL_RECORD)


@given(record=records())
def test_a_record_of_the_published_shape_is_read_as_the_reference_encoder_spells_it(
    record: dict[str, Any],
) -> None:
    """RFC 8785 by another hand, JSON Schema by a third: all agree on what a record is."""
    assert PUBLISHED.is_valid(record)
    assert read_record(rfc8785.dumps(record)) == record


@given(record=records(), data=st.data())
def test_a_reader_agrees_with_the_published_schema_on_what_is_not_quite_a_record(
    record: dict[str, Any], data: st.DataObject
) -> None:
    """A member left out, added, or of another kind, at any depth."""
    place = data.draw(st.sampled_from(_objects(record)))
    spoil = data.draw(st.sampled_from(("drop", "add", "number", "empty", "list", "null")))
    name = data.draw(st.sampled_from(sorted(place))) if place else "z"
    _SPOILS[spoil](place, name)
    raw = rfc8785.dumps(record)

    if PUBLISHED.is_valid(record):
        assert read_record(raw) == record
    else:
        with pytest.raises(RecordNotOfItsShape):
            read_record(raw)


@given(record=records(), data=st.data())
def test_one_changed_byte_is_read_only_if_the_bytes_are_canonical(
    record: dict[str, Any], data: st.DataObject
) -> None:
    """The quick look takes nothing that the slow one would not take."""
    raw = bytearray(rfc8785.dumps(record))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_record(bytes(raw))
    except (RecordNotCanonical, RecordNotOfItsShape):
        return
    assert found == parse_canonical(bytes(raw))
    assert rfc8785.dumps(found) == bytes(raw)
    assert PUBLISHED.is_valid(found)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"v":1', '"v":1.0'),
        lambda text: text.replace('"v":1', '"v":1e0'),
        lambda text: text.replace('"v":1', '"v":1,"v":1'),
        lambda text: text.replace(",", ", ", 1),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("clerk", "cl\\u0065rk"),
        lambda text: text.replace("clerk", "cl\u0065\u0301rk"),
        lambda text: text.replace("clerk", "cl\u202erk"),
        lambda text: text.replace("clerk", "\\ud800"),
        lambda text: text.replace("clerk", "cl\u200brk"),
        lambda text: text.replace("clerk", "cl\\nrk"),
        lambda text: text + "\n",
        lambda text: json.dumps(dict(reversed(json.loads(text).items()))),
    ],
)
def test_another_spelling_is_not_the_record(spoil: Any) -> None:
    """Numbers, order, spaces, escapes, text that is not NFC, bidi controls, lone surrogates, line breaks."""
    raw = spoil(ROOT.decode()).encode()

    with pytest.raises(RecordNotCanonical):
        read_record(raw)
    with pytest.raises(NotCanonical):
        parse_canonical(raw)


def _objects(value: Any) -> list[dict[str, Any]]:
    """List every object in a value."""
    if isinstance(value, dict):
        return [value, *(inner for item in value.values() for inner in _objects(item))]
    if isinstance(value, list):
        return [inner for item in value for inner in _objects(item)]
    return []


_SPOILS: Final[dict[str, Any]] = {
    "drop": lambda place, name: place.pop(name, None),
    "add": lambda place, _: place.update(zzz="1"),
    "number": lambda place, name: place.update({name: 7}),
    "empty": lambda place, name: place.update({name: ""}),
    "list": lambda place, name: place.update({name: []}),
    "null": lambda place, name: place.update({name: None}),
}
ROOT: Final = rfc8785.dumps(
    {
        "actor": {
            "client": "clt_0000000000001",
            "party": "pty_0000000000001",
            "person": "clerk",
        },
        "at": "2025-12-20T04:00:00.000000Z",
        "body": {"plant_id": "plt_0000000000101"},
        "day": "2025-12-20",
        "group": "jrn_0000000000001",
        "id": "jrn_0000000000001",
        "key": "ab" * 32,
        "kind": "plant.approve",
        "log": "registry",
        "part": 1,
        "parts": 1,
        "req": "ab" * 32,
        "rules": "ab" * 32,
        "salt": "ab" * 16,
        "touched": [],
        "v": 1,
    }
)


def test_the_root_of_these_spellings_is_a_record() -> None:
    """So each of them is refused for what was done to it."""
    assert read_record(ROOT)["kind"] == "plant.approve"
