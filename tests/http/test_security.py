"""Who is let in: keys, roles, scopes, and what others cannot see."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from api.app import _routers
from api.bodies import Doorway, doors
from api.keys import KeyOrder, issue_key
from api.open_routes import OPEN
from api.roles import HIDDEN_FROM_PROVINCES, permissions, roles_page
from api.security import new_key
from schemas.identifiers import IdPrefix, encode_id
from tests.http.doors import Door
from tests.http.routes import described

DOCS = Path(__file__).parents[2] / "docs"


def test_only_a_few_routes_are_open(shared_door: Door) -> None:
    """The list of open routes is the whole of it."""
    outside = {path for path in described(shared_door.app) if not path.startswith("/v1")}
    keyless = {
        route.path_format
        for router in _routers()
        for route in router.routes
        if isinstance(route, APIRoute) and not isinstance(route, Doorway)
    }

    assert outside | keyless | {"/docs", "/openapi.json"} == OPEN
    for path in OPEN:  # a log that no sealer has begun is not there yet
        assert shared_door.http.get(path).status_code in {200, 400, 404}, path


def test_a_route_without_a_permission_cannot_be_made() -> None:
    """Deny by default: our own mistake stops the program, not the thief."""
    router = doors("parties")

    with pytest.raises(AssertionError):
        router.add_api_route("/free", lambda: None)
    assert router.route_class is Doorway


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer x",
        "Bearer gl_short_secret",
        "Bearer gl_aaaaaaaaaa_" + "é" * 40,
        "Bearer " + "g" * 8000,
    ],
)
def test_what_is_no_key_opens_nothing(shared_door: Door, header: str) -> None:
    """All the same 401."""
    headers = {b"authorization": header.encode("utf-8")}
    answer = shared_door.http.get("/v1/parties", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_a_key_with_one_wrong_character_opens_nothing(shared_door: Door) -> None:
    """Name right, secret wrong."""
    key = shared_door.operator.key
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    answer = shared_door.http.get("/v1/parties", headers={"authorization": f"Bearer {wrong}"})

    assert answer.status_code == 401


def test_a_key_runs_out(door: Door) -> None:
    """By the registry's clock, at the instant itself."""
    order = KeyOrder(1, "guest", "test", "operator", door.registry.clock() + timedelta(hours=1))
    headers = {"authorization": f"Bearer {issue_key(door.registry.desk, order)}"}

    assert door.http.get("/v1/parties", headers=headers).status_code == 200
    door.registry.clock.advance(timedelta(hours=1))
    assert door.http.get("/v1/parties", headers=headers).status_code == 401


def test_scopes_narrow_a_key_and_never_widen_it(shared_door: Door) -> None:
    """A reader of parties reads parties."""
    order = KeyOrder(
        1,
        "reader",
        "test",
        "operator",
        shared_door.registry.clock() + timedelta(days=1),
        ("parties:read", "rulebooks:write"),
    )
    key = issue_key(shared_door.registry.desk, order)
    headers = {"authorization": f"Bearer {key}"}

    assert shared_door.http.get("/v1/parties", headers=headers).status_code == 200
    assert shared_door.http.get("/v1/accounts", headers=headers).status_code == 403
    assert permissions("operator", frozenset({"rulebooks:write"})) == frozenset()


def test_the_page_of_roles_is_the_table() -> None:
    """`python -m api.pages` writes it."""
    assert (DOCS / "roles.md").read_text("utf-8") == roles_page()


def test_a_province_sees_its_own_parties_and_no_others(shared_door: Door) -> None:
    """By the province a party is registered in."""
    home = shared_door.party("province", province="31")
    office = shared_door.person("province", home)
    near, far = shared_door.party(province="31"), shared_door.party(province="44")

    assert office.get(f"/v1/parties/{near}").status_code == 200
    assert office.get(f"/v1/parties/{far}").status_code == 404


@pytest.mark.parametrize("kind", sorted(HIDDEN_FROM_PROVINCES - {"registry"}))
def test_a_province_does_not_oversee_who_serves_the_country_from_there(
    shared_door: Door, kind: str
) -> None:
    """The regulator's seat is in some province, too: neither it nor what it puts on file shows."""
    office = shared_door.person("province", shared_door.party("province", province="11"))
    seat = shared_door.party(kind, "enterprise", province="11")
    clerk = shared_door.person(kind, seat)

    assert clerk.get(f"/v1/parties/{seat}").status_code == 200
    assert office.get(f"/v1/parties/{seat}").status_code == 404
    listed = [office.get(f"/v1/{what}", limit=500).text for what in ("parties", "clients")]
    assert not [text for text in listed if seat in text]


def test_the_registrys_own_accounts_are_nobodys_object(shared_door: Door) -> None:
    """Sources and sinks cannot be frozen, or named at all."""
    source = encode_id(IdPrefix.ACCOUNT, 1)
    regulator = shared_door.person("regulator")

    assert regulator.get(f"/v1/accounts/{source}").status_code == 404
    frozen = regulator.post(f"/v1/accounts/{source}/freeze", {"document_no": "x"})
    assert frozen.status_code == 404


def test_keys_made_are_all_different() -> None:
    """Name, secret and digest."""
    made = [new_key() for _ in range(100)]

    for part in ("name", "key", "secret_sha256"):
        assert len({getattr(key, part) for key in made}) == len(made)
    assert all(re.fullmatch("gl_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}", key.key) for key in made)
