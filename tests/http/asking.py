"""Ask any route by its row in `samples.py`, with any of its ids put in another's place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any, Final

from fastapi import FastAPI

from api.open_routes import OPEN
from schemas.identifiers import IdPrefix
from tests.http.doors import As, Json
from tests.http.routes import described
from tests.http.row import Free, Mine, Named, Names, Row, named
from tests.http.samples import ROWS
from tests.http.world import World

_ID: Final = re.compile(r"\^([a-z]{3}_)\[0-7\]")
_CODE: Final = "^[0-9A-HJ-NP-RTUW-Y]{18}$"
_NUMBERS: Final = count(1)
_FILTERED_BY: Final = {
    IdPrefix.PARTY: "party",
    IdPrefix.ACCOUNT: "account",
    IdPrefix.PLANT: "plant",
    IdPrefix.LOT: "lot",
}


@dataclass(frozen=True)
class Route:
    """One operation of the description, with its row."""

    name: str  # method and path, as in `samples.py`
    told: Json
    schemas: Json = field(repr=False)

    @property
    def method(self) -> str:
        """Tell the method."""
        return self.name.split()[0]

    @property
    def path(self) -> str:
        """Tell the path, braces and all."""
        return self.name.split()[1]

    @property
    def row(self) -> Row:
        """Find the row; a route without one is an error that says so."""
        assert self.name in ROWS, f"{self.name} needs a row in tests/http/samples.py"
        return ROWS[self.name]

    @cached_property
    def slots(self) -> list[tuple[Names, Named]]:
        """List the ids of address and body, each with the steps that lead to it."""
        path = {name: self._in_path(name) for name in re.findall(r"\{(\w+)\}", self.path)}
        return [*named({"path": path, "body": self.row.body, "or_body": self.row.or_body})]

    def _in_path(self, name: str) -> Any:
        return self.row.path.get(name, Mine(name.removesuffix("_id")))

    @property
    def filters(self) -> dict[str, str]:
        """Tell which parameters of the query name something, and what."""
        found = {}
        for told in self.told.get("parameters", []):
            kind = next(iter(kinds(told["schema"])), None)
            if told["in"] == "query" and kind is not None:
                found[told["name"]] = (
                    "credit_code" if kind == _CODE else _FILTERED_BY[IdPrefix(kind)]
                )
        return found

    @property
    def body_schema(self) -> Json | None:
        """Give the schema of a JSON body, None where there is none."""
        content = self.told.get("requestBody", {}).get("content", {})
        found: Json | None = content.get("application/json", {}).get("schema")
        return found


def routes(app: FastAPI) -> list[Route]:
    """List every operation that needs a key."""
    schemas = app.openapi()["components"]["schemas"]
    return [
        Route(f"{verb.upper()} {path}", told, schemas)
        for path, verbs in described(app).items()
        for verb, told in verbs.items()
        if path.startswith("/v1") and path not in OPEN
    ]


def kinds(schema: Json) -> Iterator[str]:
    """Tell what a schema's strings name: prefixes of ids, and the pattern of credit codes."""
    for part in (schema, *schema.get("anyOf", ())):
        pattern = part.get("pattern", "")
        found = _ID.match(pattern)
        if found or pattern == _CODE:
            yield found[1] if found else _CODE


def resolved(schema: Json, schemas: Json) -> Iterator[Json]:
    """Follow references and alternatives to the schemas that really say something."""
    if "$ref" in schema:
        yield from resolved(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    elif "anyOf" in schema:
        for part in schema["anyOf"]:
            yield from resolved(part, schemas)
    else:
        yield schema


def naming_fields(schema: Json, schemas: Json, where: Names = ()) -> Iterator[Names]:
    """List the fields of a body that name something, list items as item 0."""
    for part in resolved(schema, schemas):
        if any(kinds(part)):
            yield where
        for name, inner in part.get("properties", {}).items():
            yield from naming_fields(inner, schemas, (*where, name))
        if "items" in part:
            yield from naming_fields(part["items"], schemas, (*where, 0))


def ask(
    world: World,
    person: As,
    route: Route,
    swapped: Mapping[Names, str] | None = None,
    *,
    dry: bool = True,
    query: Mapping[str, str] | None = None,
) -> Any:
    """Ask a route with the own party's things, but for those that are swapped."""
    places = owned(world, route) | dict(swapped or {})
    address = route.path
    for name in re.findall(r"\{(\w+)\}", route.path):
        value = places.get(("path", name), route.row.path.get(name))
        address = address.replace("{" + name + "}", str(value))
    if route.method == "GET":
        asked = {**route.row.query, **(query or {})}
        return world.door.http.get(address, params=asked, headers=person.headers())
    asked = {**route.row.query, **({"dry_run": "true"} if dry else {})}
    which = "or_body" if any(where[0] == "or_body" for where in swapped or ()) else "body"
    content = body_of(route, places, which)
    headers = person.headers({"content-type": route.row.media_type} if content else None)
    if not dry:
        headers["idempotency-key"] = f"matrix {next(_NUMBERS)}"
    return world.door.http.post(address, params=asked, content=content, headers=headers)


def owned(world: World, route: Route) -> dict[Names, str]:
    """Put the own party's things in every place of a row."""
    return {where: _value(world.own, slot) for where, slot in route.slots}


def body_of(route: Route, places: Mapping[Names, str], which: str = "body") -> bytes:
    """Write a body of a row, every id in its place."""
    body = route.row.or_body if which == "or_body" else route.row.body
    if isinstance(body, bytes) or body is None:
        return body or b""
    return json.dumps(filled(body, places, (which,))).encode()


def filled(value: Any, places: Mapping[Names, str], where: Names = ("body",)) -> Any:
    """Copy a part of a row, every id in its place."""
    if isinstance(value, Named):
        return places[where]
    if isinstance(value, Mapping):
        return {name: filled(inner, places, (*where, name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, places, (*where, n)) for n, inner in enumerate(value)]
    return value


def _value(things: Mapping[str, str], slot: Named) -> str:
    return slot.value if isinstance(slot, Free) else things[slot.what]
