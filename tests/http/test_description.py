"""The OpenAPI description, and the routes that need no key."""

from __future__ import annotations

import re
from importlib.resources import files

from api.app import routed
from api.description import description_text
from api.open_routes import OPEN
from api.pages import DESCRIPTION
from tests.http.doors import Door
from tests.http.routes import described


def test_every_operation_tells_what_it_is_and_how_it_may_fail(shared_door: Door) -> None:
    """An id, a sentence, a tag that is explained, and problems."""
    told = shared_door.app.openapi()
    tags = {tag["name"] for tag in told["tags"]}
    ids = []
    for path, verbs in described(shared_door.app).items():
        for operation in verbs.values():
            ids.append(operation["operationId"])
            assert operation["description"].endswith((".", ")")), path
            assert set(operation["tags"]) <= tags, path
            assert "HTTPValidationError" not in str(operation), path
            if path.startswith("/v1"):
                assert operation["security"] == ([] if path in OPEN else [{"key": []}])
                assert re.fullmatch(r"[a-z_]+_[a-z]+", operation["operationId"])
    assert len(ids) == len(set(ids))
    assert told["openapi"].startswith("3.1")


def test_the_description_checked_in_is_the_one_the_routes_give() -> None:
    """`python -m api.pages` writes it."""
    assert DESCRIPTION.read_text("utf-8") == description_text(routed())


def test_every_reference_of_the_description_leads_somewhere(shared_door: Door) -> None:
    """Nothing is named that is not there."""
    told = shared_door.app.openapi()
    named = set(re.findall(r"#/components/schemas/([A-Za-z0-9_]+)", str(told)))

    assert named <= told["components"]["schemas"].keys()
    assert "Problem" in named


def test_the_docs_need_no_other_host() -> None:
    """They must work on a machine without a network."""
    page = (files("api") / "docs.html").read_text("utf-8")

    assert re.search(r"https?://|src=|@import", page) is None


def test_the_process_tells_that_it_is_alive_and_ready_and_what_it_did(shared_door: Door) -> None:
    """Metrics count answers by method and status; every answer has a request id."""
    given = shared_door.http.get("/livez", headers={"x-request-id": "mine-1"})
    made = shared_door.http.get("/readyz", headers={"x-request-id": "no\tid"})
    counted = shared_door.http.get("/metrics").text

    assert given.headers["x-request-id"] == "mine-1"
    assert re.fullmatch("[0-9a-f]{32}", made.headers["x-request-id"])
    assert (given.json(), made.json()) == ({"status": "alive"}, {"status": "ready"})
    assert re.search(r'greenledger_answers_total\{method="GET",status="200"\} \d+', counted)
