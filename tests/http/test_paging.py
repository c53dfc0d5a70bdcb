"""Lists: every row once, in one order, whatever the size of the page."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.http.doors import As, Door, Json


def walk(person: As, path: str, limit: int, **query: Any) -> list[Json]:
    """Follow the cursor to the end."""
    found: list[Json] = []
    cursor: Json = {}
    while True:
        page = person.get(path, limit=limit, **query, **cursor).json()
        found += page["items"]
        assert len(page["items"]) <= limit
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_pages_of_any_size_tell_the_same_list(door: Door) -> None:
    """Seven accounts and their one order."""
    classes = ("user", "agent", "generator", "cea_registry", "cea_trading", "ccer", "cash")
    party = door.party("enterprise")
    made = [door.account(party, cls) for cls in classes]
    lists = [walk(door.operator, "/v1/accounts", limit) for limit in (1, 2, 3, 7, 8, 500)]

    assert [row["account_id"] for row in lists[0]] == made
    assert all(found == lists[0] for found in lists)


def test_a_cursor_is_good_for_its_own_list_only(door: Door) -> None:
    """Another filter, another path, or another hand: 400."""
    for _ in range(3):
        door.party("enterprise")
    page = door.operator.get("/v1/parties", limit=1, kind="enterprise").json()
    cursor = page["next_cursor"]

    others: tuple[tuple[str, Json], ...] = (
        ("/v1/parties", {"kind": "emitter"}),
        ("/v1/parties", {}),
        ("/v1/accounts", {}),
    )
    for path, query in others:
        answer = door.operator.get(path, limit=1, cursor=cursor, **query)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "!",
        "AAAA",
        "é",
        base64.urlsafe_b64encode(b"[" * 200).decode(),
        base64.urlsafe_b64encode(b'{"a":1}').decode(),
        base64.urlsafe_b64encode(b"NaN").decode(),
    ],
)
def test_a_cursor_that_is_none_is_told(shared_door: Door, forged: str) -> None:
    """Whatever it decodes to."""
    answer = shared_door.operator.get("/v1/parties", cursor=forged)

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize("key", [[], [1, 2], ["x"], [True], [2**70], [None], [1.5]])
def test_a_cursor_with_another_key_is_told(door: Door, key: list[object]) -> None:
    """Right list, wrong key: nothing reaches the database."""
    door.party()
    cursor = door.operator.get("/v1/parties", limit=1).json()["next_cursor"]
    filters = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[0]
    raw = json.dumps([filters, *key]).encode()
    forged = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    answer = door.operator.get("/v1/parties", cursor=forged)

    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")
