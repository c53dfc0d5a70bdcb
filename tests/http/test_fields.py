"""Every field of every body, spoilt in every way the description rules out: told where, kept nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final

import pytest

from api.roles import ROLES
from schemas.text import JSON_DEPTH_MAX, pointer_token
from tests.http.asking import Route, filled, owned, resolved, routes
from tests.http.doors import As, Json
from tests.http.row import Names
from tests.http.world import World

_KEYS: Final = count(1)
_MARK: Final = "@@"
_GONE: Final = object()
_NEVER_INTEGERS: Final = ("1.0", "1e3", "1e400", "NaN", str(2**63), str(-(2**63) - 1))
_WRONG_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "string": ("1", "true", "[]", "{}"),
    "integer": ('"1"', "true", "[]", "{}", *_NEVER_INTEGERS),
    "boolean": ("1", '"true"', "[]", *_NEVER_INTEGERS),
    "array": ('"x"', "1", "{}"),
    "object": ('"x"', "1", "[]"),
}
_TEXT_NOBODY_MAY_SEND: Final = ('"\\ud800"', '"\\udc00\\ud800"')
_TEXT_NO_FIELD_TAKES: Final = ('""', '"a\\u0000b"', '" "', '"\\u202e"')
_TAKES_ANY_TEXT: Final = {
    ("POST /v1/rulebooks", "toml")
}  # what it says is for the rulebook to judge


def bodies(world: World) -> list[tuple[Route, Any]]:
    """List the routes that take a JSON body, each with one that is well formed."""
    found = [route for route in routes(world.door.app) if route.body_schema is not None]
    each = [(route, "body") for route in found]
    each += [(route, "or_body") for route in found if route.row.or_body is not None]
    return [
        (route, filled(getattr(route.row, which), owned(world, route), (which,)))
        for route, which in each
    ]


def sender(world: World, route: Route) -> As:
    """Find someone who may ask a route."""
    return world.people[next(role for role in ROLES if route.row.does(role))]


def send(world: World, route: Route, raw: bytes, media_type: str = "application/json") -> Any:
    """Post bytes for real, as someone who may."""
    places, address = owned(world, route), route.path
    for where, value in places.items():
        if where[0] == "path":
            address = address.replace("{" + str(where[1]) + "}", value)
    for name, known in route.row.path.items():
        address = address.replace("{" + name + "}", str(known))
    headers = {"content-type": media_type, "idempotency-key": f"spoilt {next(_KEYS)}"}
    person = sender(world, route)
    return world.door.http.post(address, content=raw, headers=person.headers(headers))


Spoilt = tuple[Names, Any]


def spoilings(route: Route, schema: Json, value: Any, where: Names = ()) -> Iterator[Spoilt]:
    """Give (place, raw JSON) for everything a part of a body may not be; `_GONE` leaves it out."""
    parts = list(resolved(schema, route.schemas))
    types = {part.get("type") for part in parts}
    if "null" not in types:
        yield where, "null"
    if len(types - {"null"}) > 1:
        yield from ((where, raw) for raw in _wrong_for_all(types))
    for part in parts:
        if len(types - {"null"}) == 1:
            yield from _of_type(route, part, where)
        if isinstance(value, Mapping) and "properties" in part:
            yield from _of_object(route, part, value, where)
        if isinstance(value, list) and "items" in part:
            yield from spoilings(route, part["items"], value[0], (*where, 0))


def _wrong_for_all(types: set[Any]) -> set[str]:
    return set.intersection(*(set(_WRONG_TYPES[kind]) for kind in types - {"null"}))


def _of_type(route: Route, part: Json, where: Names) -> Iterator[Spoilt]:
    for raw in _WRONG_TYPES.get(part.get("type", ""), ()):
        yield where, raw
    match part.get("type"):
        case "string":
            free = (route.name, where[-1]) in _TAKES_ANY_TEXT
            for raw in (*_TEXT_NOBODY_MAY_SEND, *(() if free else _TEXT_NO_FIELD_TAKES)):
                yield where, raw
            yield where, json.dumps("a" * (part.get("maxLength", 2_000) + 1))
        case "integer":
            yield from ((where, str(part[end] + step)) for end, step in _ENDS if end in part)
        case "array":
            yield from ((where, "[]") for _ in range(part.get("minItems", 0)))
        case _:
            pass  # an object's fields are spoilt one by one


_ENDS: Final = (("minimum", -1), ("maximum", 1))


def _of_object(
    route: Route, part: Json, value: Mapping[str, Any], where: Names
) -> Iterator[Spoilt]:
    for name in part.get("required", ()):
        yield (*where, name), _GONE
    yield (*where, "no_such_field"), "1"
    for name, inner in part["properties"].items():
        if name in value:
            again = json.dumps(value[name])
            yield (*where, name), f'{again},"{name}":{again}'
            yield from spoilings(route, inner, value[name], (*where, name))


def written(body: Any, where: Names, raw: Any) -> bytes:
    """Write a body with one place of it spoilt."""
    if not where:
        return str(raw).encode()
    copy = json.loads(json.dumps(body))
    inner = copy
    for step in where[:-1]:
        inner = inner[step]
    if raw is _GONE:
        del inner[where[-1]]
    else:
        inner[where[-1]] = _MARK
    return json.dumps(copy).replace(f'"{_MARK}"', str(raw)).encode()


def pointer(where: Names) -> str:
    """Write a place as a JSON pointer."""
    return "".join(f"/{pointer_token(str(step))}" for step in where)


def test_each_field_spoilt_is_refused_by_its_place_and_nothing_is_kept(world: World) -> None:
    """Missing, null, of another type, too small, too large, too long, unknown, twice."""
    before, wrong, tried = world.contents(), [], 0
    for route, body in bodies(world):
        assert route.body_schema is not None
        for where, raw in spoilings(route, route.body_schema, body):
            answer = send(world, route, written(body, where, raw))
            told = answer.json()
            places = [fault["pointer"] for fault in told.get("errors", ())]
            tried += 1
            if answer.status_code != 400 or pointer(where) not in places:
                wrong.append((route.name, where, str(raw)[:30], answer.status_code, places))

    assert not wrong
    assert tried > 1_000
    assert world.contents() == before


@pytest.mark.parametrize(
    ("raw", "media_type", "status", "code"),
    [
        (b"", "application/json", 400, "malformed_json"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"{}", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{" * 5, "application/json", 400, "malformed_json"),
        (b'{"a":' * (JSON_DEPTH_MAX + 1), "application/json", 400, "malformed_json"),
        (b"[" * 100_000, "application/json", 400, "malformed_json"),
        (b"\xef\xbb\xbf{}", "application/json", 400, "malformed_json"),
        (b'{"a": "\xff"}', "application/json", 400, "malformed_json"),
        (b"{}" + b" " * 5 * 1024 * 1024, "application/json", 413, "payload_too_large"),
    ],
)
def test_what_is_no_body_at_all_is_refused_by_every_route(
    world: World, raw: bytes, media_type: str, status: int, code: str
) -> None:
    """Empty, of another media type, cut off, too deep, too large, no UTF-8."""
    before = world.contents()
    for route, _ in bodies(world):
        answer = send(world, route, raw, media_type)
        assert (answer.status_code, answer.json()["code"]) == (status, code), route.name
        assert answer.headers["content-type"] == "application/problem+json"
    assert world.contents() == before
