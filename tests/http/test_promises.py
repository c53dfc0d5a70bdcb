"""What every route keeps to, whichever it is: reads write nothing, lists end, connections come back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from tests.http.doors import Door
from tests.http.routes import described
from tests.registry import NAME

LIMIT_MAX = 1000


def digest(door: Door) -> dict[str, Any]:
    """Hash every table's rows."""
    url = door.registry.desk.reads.url.set(drivername="postgresql")
    dsn = url.render_as_string(hide_password=False)
    with psycopg.connect(dsn, options=f"-c search_path={NAME}") as conn:
        tables = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [NAME])
        return {
            name: conn.execute(
                f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} AS t".encode()
            ).fetchone()
            for (name,) in tables.fetchall()
        }


def gets(door: Door) -> list[str]:
    """List what can be read, with ids that name the registry itself where there is a place for one."""
    return [
        path.replace("{party_id}", "pty_0000000000001").replace("{account_id}", "acc_0000000000003")
        for path, verbs in described(door.app).items()
        if "get" in verbs
    ]


def test_reading_writes_nothing(door: Door) -> None:
    """Every GET there is, as the operator: no table has another row afterwards."""
    door.adopt_shipped()
    before = digest(door)
    statuses = {path: door.operator.get(path).status_code for path in gets(door)}

    assert digest(door) == before
    assert 200 in statuses.values()
    assert not [path for path, status in statuses.items() if status >= 500]


def test_every_list_ends(shared_door: Door) -> None:
    """A route that takes a limit has a largest one, and refuses more."""
    limited = {
        path: next(p["schema"] for p in verbs["get"].get("parameters", []) if p["name"] == "limit")
        for path, verbs in described(shared_door.app).items()
        if any(p["name"] == "limit" for p in verbs.get("get", {}).get("parameters", []))
    }

    assert len(limited) > 5
    assert not [path for path, schema in limited.items() if not schema["maximum"] <= LIMIT_MAX]
    for path in limited:
        if "{" not in path:
            answer = shared_door.operator.get(path, limit=LIMIT_MAX + 1)
            assert answer.status_code in {400, 403, 422}, path


def test_connections_come_back_whatever_the_answer_was(shared_door: Door) -> None:
    """Many at once, found or not, refused or not: in the end no connection is out."""
    asked = [*gets(shared_door), "/v1/parties/nobody", "/v1/nowhere"] * 3
    with ThreadPoolExecutor(16) as many:
        statuses = set(many.map(lambda path: shared_door.operator.get(path).status_code, asked))
    shared_door.operator.post("/v1/parties", {"name": "no credit code"})

    assert {200, 404} <= statuses
    assert shared_door.registry.desk.reads.pool.checkedout() == 0  # type: ignore[attr-defined]
