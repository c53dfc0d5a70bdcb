"""Every route, every role, own things and others': who is let in, and who learns nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from api.app import _routers
from api.bodies import Doorway
from api.keys import KeyOrder, issue_key
from api.roles import KINDS_OF_ROLE, PERMISSIONS, ROLES
from schemas.identifiers import IdPrefix, decode_id
from tests.http.asking import Route, ask, naming_fields, routes
from tests.http.doors import As
from tests.http.row import Anyones, Free, Mine
from tests.http.samples import ROWS
from tests.http.world import World, missing

WITHIN = {200, 201, 202, 409, 422}
"""What an answer's status is where someone was let in and found what was named."""


_BODIES = {"body", "or_body"}


def every_route(world: World) -> list[Route]:
    """List the routes of the world's doors."""
    return routes(world.door.app)


def code_of(answer: Any, route: Route) -> tuple[int, str | None]:
    """Tell status and code, of the one item where items are answered one by one."""
    told = answer.json() if answer.headers["content-type"].endswith("json") else {}
    if route.row.several and "results" in told:
        return told["results"][0]["status"], told["results"][0]["code"]
    return answer.status_code, told.get("code")


def likeness(answer: Any, asked: str) -> tuple[Any, ...]:
    """Tell an answer without the id that was asked with."""
    headers = {k: v for k, v in answer.headers.items() if k != "x-request-id"}
    return answer.status_code, answer.text.replace(asked, "…"), headers


def test_every_route_has_a_row_and_every_row_a_route(world: World) -> None:
    """A new route says who may use it, and is tried with others' things."""
    assert {route.name for route in every_route(world)} == ROWS.keys()


def test_every_id_a_body_may_name_is_in_its_row(world: World) -> None:
    """An id that no row tries could be anyone's."""
    for route in every_route(world):
        if route.body_schema is not None:
            named = {where[1:] for where, _ in route.slots if where[0] in _BODIES}
            wanted = set(naming_fields(route.body_schema, route.schemas))
            assert named == wanted, route.name


def test_every_route_asks_for_the_permission_of_its_row() -> None:
    """What the row says was thought about; what the route says could have slipped."""
    asked = {
        f"{method} {route.path_format}": route.permission
        for router in _routers()
        for route in router.routes
        if isinstance(route, Doorway)
        for method in route.methods or ()
        if method != "HEAD"  # the same route as its GET, so that it cannot ask for less
    }

    assert asked == {name: row.permission for name, row in ROWS.items()}
    assert set(asked.values()) <= PERMISSIONS
    assert KINDS_OF_ROLE.keys() == ROLES.keys()


@pytest.mark.parametrize("role", list(ROLES))
def test_a_role_gets_past_exactly_the_doors_it_has_permissions_for(world: World, role: str) -> None:
    """With things it may see: let in, or 403; the permission is looked at before anything else."""
    person, before, wrong = world.people[role], world.contents(), []
    for route in every_route(world):
        status, code = code_of(ask(world, person, route), route)
        row = route.row
        if not row.may(role) or role in row.not_by:
            right = (status, code) == (403, "forbidden")
        elif role in row.not_theirs:
            right = (status, code) == (404, "not_found")
        else:
            right = status in WITHIN
        if not right:
            wrong.append((route.name, status, code))

    assert not wrong
    assert world.contents() == before


@pytest.mark.parametrize("role", list(ROLES))
def test_what_is_anothers_is_as_if_it_were_not_there(world: World, role: str) -> None:
    """Each id of address and body in turn, of a thing that exists: 404, the same to the letter."""
    before = world.contents()
    wrong = [fault for route in every_route(world) for fault in _faults(world, role, route)]

    assert not wrong
    assert world.contents() == before


def _faults(world: World, role: str, route: Route) -> Iterator[Any]:
    for where, slot in route.slots:
        if isinstance(slot, Free):
            continue
        there, absent = world.foreign[slot.what], missing(slot.what)
        hidden = isinstance(slot, Mine) and not _reaches(world, role, route)
        dry = not (hidden and slot == Mine(slot.what))
        found, lost = (
            ask(world, world.people[role], route, {where: name}, dry=dry)
            for name in (there, absent)
        )
        pair = likeness(found, there), likeness(lost, absent)
        if not _right(world, role, route, slot, found, lost):
            yield route.name, where, code_of(found, route), code_of(lost, route)
        elif hidden and pair[0] != pair[1]:
            yield route.name, where, pair


def _reaches(world: World, role: str, route: Route) -> bool:
    return world.sees_foreign(role) or role in route.row.everyones_to


def _right(
    world: World, role: str, route: Route, slot: Mine | Anyones, found: Any, lost: Any
) -> bool:
    row, (status, code), absent = route.row, code_of(found, route), code_of(lost, route)
    if not row.may(role):
        return (status, code) == absent == (403, "forbidden")
    refused = slot.refused if isinstance(slot, Mine) else "not_found"
    if absent[1] != refused and not (role in row.not_by and absent[0] == 403):
        return False
    if role in row.not_theirs or (isinstance(slot, Mine) and not _reaches(world, role, route)):
        return code == refused
    return status == 403 if role in row.not_by else status in WITHIN


@pytest.mark.parametrize("role", list(ROLES))
def test_a_filter_by_anothers_finds_as_much_as_one_by_what_is_not_there(
    world: World, role: str
) -> None:
    """Nothing; and one by an own thing is no fault. What is sent names things, too: none tells more."""
    person = world.people[role]
    for route in every_route(world):
        for name, what in route.filters.items() if route.row.may(role) else ():
            there, absent = world.foreign[what], missing(what)
            found, lost = (
                ask(world, person, route, query={name: asked}) for asked in (there, absent)
            )
            if route.method == "GET":
                own = ask(world, person, route, query={name: world.own[what]})
                assert own.status_code == 200, (route.name, name, own.text)
                assert lost.json() == {"items": [], "next_cursor": None}, (route.name, name)
            if not world.sees_foreign(role):
                assert likeness(found, there) == likeness(lost, absent), (route.name, name)


@pytest.mark.parametrize("role", list(ROLES))
def test_a_list_shows_nothing_of_another_party(world: World, role: str) -> None:
    """Page by page, no name of any of its things; whoever sees all does see them."""
    if world.sees_foreign(role):
        return
    hidden = {name for what, name in world.foreign.items() if what != "certificate"}
    for route in every_route(world):
        if route.method == "GET" and not route.slots and route.row.may(role):
            told = ask(world, world.people[role], route, query={"limit": "500"}).text
            assert not {name for name in hidden if name in told}, route.name


def test_no_key_that_is_not_good_opens_any_route(world: World) -> None:
    """None, unknown, run out, revoked: the same 401 everywhere, whatever was asked for."""
    keys = ["", *_bad_keys(world)]
    for route in every_route(world):
        for key in keys:
            person = As(world.door.http, key, "", "nobody")
            answer = ask(world, person, route)
            assert code_of(answer, route) == (401, "unauthenticated"), (route.name, key)
            assert answer.headers["www-authenticate"] == "Bearer"


def _bad_keys(world: World) -> list[str]:
    desk, clock = world.door.registry.desk, world.door.registry.clock
    spent = KeyOrder(1, "late", "late", "operator", clock())
    revoked = KeyOrder(1, "gone", "gone", "operator", clock() + timedelta(days=1))
    keys = [f"gl_{'a' * 10}_{'b' * 43}", issue_key(desk, spent), issue_key(desk, revoked)]
    listed = world.door.operator.get("/v1/clients", party_id=world.door.operator.party, limit=500)
    client = next(c["client_id"] for c in listed.json()["items"] if c["person"] == "gone")
    assert world.door.operator.bare(f"/v1/clients/{client}/revoke").status_code == 201
    return keys


def test_a_scope_narrows_a_key_on_every_route(world: World) -> None:
    """A key of the one permission gets past; one of everything else its role may do does not."""
    for route in every_route(world):
        permission = route.row.permission
        role = next(role for role in ROLES if route.row.does(role))
        others = ROLES[role] - {permission}
        for scopes, right in (({permission} | route.row.also, WITHIN), (others, {403})):
            person = _narrowed(world, role, tuple(sorted(scopes)))
            status, _ = code_of(ask(world, person, route), route)
            assert status in right, (route.name, role, scopes)


def _narrowed(world: World, role: str, scopes: tuple[str, ...]) -> As:
    party = world.people[role].party
    number = decode_id(IdPrefix.PARTY, party)
    assert number is not None
    until = world.door.registry.clock() + timedelta(days=1)
    order = KeyOrder(number, f"narrow {role} {scopes}"[:100], "narrow", role, until, scopes)
    return As(world.door.http, issue_key(world.door.registry.desk, order), party, order.person)


def test_reading_writes_nothing(world: World) -> None:
    """Every GET as everyone who may: each row of each table is what it was."""
    before = world.contents()
    for route in every_route(world):
        for role in ROLES if route.method == "GET" else ():
            assert ask(world, world.people[role], route).status_code in {200, 403}, route.name

    assert world.contents() == before


def test_rows_name_ids_by_what_the_address_calls_them(world: World) -> None:
    """Every word of every address is known: an id of a thing, or given in the row."""
    for route in every_route(world):
        for name in re.findall(r"\{(\w+)\}", route.path):
            known = name in route.row.path or name.removesuffix("_id") in world.own
            assert known, (route.name, name)
