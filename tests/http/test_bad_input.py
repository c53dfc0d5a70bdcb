"""What must not come in: each kind of bad input has its code and its place, and none is a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identifiers import IdPrefix, encode_id
from schemas.text import JSON_DEPTH_MAX
from tests.http.doors import Door, party_body
from tests.http.routes import described, keyed_routes

MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("raw", "code", "pointer", "reason"),
    [
        (b"", "malformed_json", "", "malformed"),
        (b"{", "malformed_json", "", "malformed"),
        (b"\xef\xbb\xbf{}", "malformed_json", "", "byte_order_mark"),
        (b'{"name": "\xff"}', "malformed_json", "", "invalid_utf8"),
        (b'{"name": 1.5}', "malformed_json", "/name", "not_an_integer"),
        (b'{"name": 1e3}', "malformed_json", "/name", "not_an_integer"),
        (b'{"a": {"b": NaN}}', "malformed_json", "/a/b", "not_a_number"),
        (b'{"name": 9223372036854775808}', "malformed_json", "/name", "integer_out_of_range"),
        (b'{"name": "\\ud800"}', "malformed_json", "/name", "lone_surrogate"),
        (b'{"name": "a", "name": "b"}', "duplicate_key", "/name", "duplicate_key"),
        (b'{"a": [{"b": 1, "b": 1}]}', "duplicate_key", "/a/0/b", "duplicate_key"),
        (b"[" * 100_000, "malformed_json", "", "too_deep"),
        (b"[" * 40 + b"]" * 40, "malformed_json", "", "too_deep"),
    ],
)
def test_json_is_read_strictly(
    shared_door: Door, raw: bytes, code: str, pointer: str, reason: str
) -> None:
    """The place is a JSON pointer, the reason a stable word."""
    answer = shared_door.operator.raw("/v1/parties", raw)
    told = answer.json()

    assert (answer.status_code, told["code"]) == (400, code)
    assert [(fault["pointer"], fault["code"]) for fault in told["errors"]] == [(pointer, reason)]
    assert JSON_DEPTH_MAX < 40


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"credit_code": "91110000100000001Y"}, "/credit_code", "credit_code_invalid"),
        ({"credit_code": "91110000100000001x"}, "/credit_code", "credit_code_invalid"),
        ({"credit_code": 1}, "/credit_code", "credit_code_invalid"),
        ({"name": "a\x00b"}, "/name", "nul"),
        ({"name": "a\nb"}, "/name", "control"),
        ({"name": "a\u202eb"}, "/name", "bidi_control"),
        ({"name": "a\u200bb"}, "/name", "zero_width"),
        ({"name": "e\u0301"}, "/name", "not_nfc"),
        ({"name": "\ufdd0"}, "/name", "noncharacter"),
        ({"name": ""}, "/name", "empty"),
        ({"name": "  "}, "/name", "blank"),
        ({"name": "字" * 201}, "/name", "too_long"),
        ({"name": None}, "/name", "string_type"),
        ({"kinds": []}, "/kinds", "too_short"),
        ({"kinds": ["king"]}, "/kinds/0", "literal_error"),
        ({"kinds": "enterprise"}, "/kinds", "list_type"),
        ({"province": "CN"}, "/province", "province_invalid"),
        ({"extra": 1}, "/extra", "extra_forbidden"),
        ({"a/b~": 1}, "/a~1b~0", "extra_forbidden"),
    ],
)
def test_a_field_that_cannot_be_is_named_with_its_reason(
    shared_door: Door, changes: dict[str, Any], pointer: str, code: str
) -> None:
    """In both languages, with the code the same."""
    for language in ("en", "zh"):
        answer = shared_door.operator.post(
            "/v1/parties", {**party_body(), **changes}, headers={"accept-language": language}
        )
        told = answer.json()
        assert (answer.status_code, told["code"]) == (400, "validation_failed")
        assert (pointer, code) in {(fault["pointer"], fault["code"]) for fault in told["errors"]}
        assert told["errors"][0]["detail"].isascii() is (language == "en")


@pytest.mark.parametrize("value", [True, False, 0, -1, 2**62, "1", None, [1], {}])
def test_a_quantity_is_a_positive_whole_number_and_nothing_like_it(
    shared_door: Door, value: Any
) -> None:
    """Neither a truth, nor a text, nor nothing."""
    body = {"party_id": shared_door.operator.party, "class": "user", "approval_above": value}
    answer = shared_door.operator.post("/v1/accounts", body)

    assert answer.status_code == (400 if value is not None else 201), answer.text


@pytest.mark.parametrize(
    "party", ["acc_00000000000z8", "pty_00000000000Z8", "pty_0", "pty_zzzzzzzzzzzzz", 1, None]
)
def test_an_id_of_another_kind_or_spelling_is_malformed(shared_door: Door, party: Any) -> None:
    """In a body it is malformed; in the path it names nothing."""
    answer = shared_door.operator.post("/v1/accounts", {"party_id": party, "class": "user"})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "id_invalid")


def test_an_id_that_is_not_there_is_not_found(shared_door: Door) -> None:
    """In a body as in a path."""
    missing = encode_id(IdPrefix.PARTY, 2**50)
    answer = shared_door.operator.post("/v1/accounts", {"party_id": missing, "class": "user"})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_body_beyond_the_limit_is_not_read(shared_door: Door) -> None:
    """Declared or not."""
    body = json.dumps({**party_body(), "name": "a" * MEBIBYTE}).encode()
    headers = shared_door.operator.headers(
        {"idempotency-key": "long", "content-type": "application/json"}
    )
    declared = shared_door.operator.raw("/v1/parties", body)
    streamed = shared_door.http.post(
        "/v1/parties", content=iter([body[:MEBIBYTE], body[MEBIBYTE:]]), headers=headers
    )
    lied = shared_door.http.post(
        "/v1/parties", content=b"{}", headers={**headers, "content-length": "9" * 30}
    )

    for answer in (declared, streamed, lied):
        assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert declared.json()["facts"] == {"limit_bytes": MEBIBYTE}


def test_evidence_beyond_its_limit_is_not_read(shared_door: Door) -> None:
    """Eight mebibytes and one byte."""
    owner = shared_door.person("enterprise")
    answer = owner.raw("/v1/documents?title=x", bytes(8 * MEBIBYTE + 1), "application/pdf")

    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", "x"])
def test_another_media_type_is_not_read(shared_door: Door, media_type: str) -> None:
    """A JSON body says that it is one."""
    body = json.dumps(party_body()).encode()
    answer = shared_door.operator.raw("/v1/parties", body, media_type)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "?limit"),
        ("limit=501", "?limit"),
        ("limit=x", "?limit"),
        ("limit=1.5", "?limit"),
        ("kind=king", "?kind"),
        ("credit_code=1", "?credit_code"),
        ("nonsense=1", "?nonsense"),
        ("kind%5Bgte%5D=1", "?kind[gte]"),
    ],
)
def test_a_filter_that_cannot_be_is_told(shared_door: Door, query: str, pointer: str) -> None:
    """A filter misspelt is never ignored."""
    answer = shared_door.operator.get(f"/v1/parties?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("title", ["a\x00b", "e\u0301", "\u202e", "", "字" * 300])
def test_text_in_an_address_is_judged_as_in_a_body(shared_door: Door, title: str) -> None:
    """Nothing invisible comes in through a query."""
    owner = shared_door.person("enterprise")
    headers = owner.headers({"idempotency-key": "t", "content-type": "text/plain"})
    answer = shared_door.http.post(
        "/v1/documents", params={"title": title}, content=b"x", headers=headers
    )

    assert answer.status_code == 400, answer.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.data())
def test_no_body_at_any_address_is_our_fault(shared_door: Door, data: st.DataObject) -> None:
    """Any JSON, or any bytes, to any route that posts: an answer below 500."""
    routes = [route for route in keyed_routes(shared_door.app) if route[0] == "POST"]
    _, address = data.draw(st.sampled_from(routes))
    role = data.draw(st.sampled_from(["operator", "regulator", "enterprise", "issuer"]))
    raw = data.draw(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
    answer = _persons(shared_door)[role].raw(address, raw)

    assert answer.status_code < 500, (address, raw, answer.text)


@given(st.data())
def test_nearly_right_bodies_are_not_our_fault_either(
    shared_door: Door, data: st.DataObject
) -> None:
    """Bodies with the right names and any values, from the description itself."""
    shapes = _bodies(shared_door)
    address, names = data.draw(st.sampled_from(shapes))
    body = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON)))
    person = data.draw(st.sampled_from(list(_persons(shared_door).values())))
    answer = person.raw(address, json.dumps(body).encode())

    assert answer.status_code < 500, (address, body, answer.text)


_KNOWN: dict[int, dict[str, Any]] = {}


def _persons(door: Door) -> dict[str, Any]:
    if id(door) not in _KNOWN:
        _KNOWN[id(door)] = {
            role: door.person(role) for role in ("operator", "regulator", "enterprise", "issuer")
        }
    return _KNOWN[id(door)]


def _bodies(door: Door) -> list[tuple[str, tuple[str, ...]]]:
    schemas = door.app.openapi()["components"]["schemas"]
    found = []
    for path, verbs in described(door.app).items():
        content = verbs.get("post", {}).get("requestBody", {}).get("content", {})
        reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        names = tuple(schemas.get(reference.rpartition("/")[2], {}).get("properties", {}))
        if names and "{" not in path:
            found.append((path, names))
    return found
