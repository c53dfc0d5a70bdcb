"""Requests out of the description itself, good and bad, against a real registry: the contract holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final, TypeAlias, cast

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import Case, GenerationMode, Response, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import routed
from api.problems import catalogue
from api.roles import ROLES
from ledger.doctor import examine
from tests.databases import Clones
from tests.http.asking import filled
from tests.http.doors import Json
from tests.http.row import Free, named
from tests.http.samples import ROWS
from tests.http.world import World, missing, world_at
from tests.registry import NAME

pytestmark = pytest.mark.timeout(600)  # the deep profile draws 150 requests an operation
AnyCase: TypeAlias = Case[Any]


def _open(description: Json) -> Json:
    """Leave the keys out: bad ones are the matrix' business, and every request here has a good one."""
    for verbs in description["paths"].values():
        for operation in verbs.values():
            operation.pop("security", None)
    del description["components"]["securitySchemes"]
    return description


CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES: Final = max(6, settings.get_current_profile_name() == "deep" and 150)
DESCRIPTION: Final = openapi.from_dict(_open(routed().openapi()))
_KEYS: Final = count(1)
_ID: Final = re.compile(r"([a-z]{3}_)[0-7][0-9a-z]{12}")
_CODE: Final = re.compile(r"[0-9A-Z]{18}")
_TOO_LARGE: Final = 413
_FUZZ: Final = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture(scope="module")
def playground(clones: Clones) -> Iterator[World]:
    """Give a worker's fuzz a world of its own, and have it examined when the fuzz is over."""
    with clones.fresh() as urls, world_at(urls) as opened:
        yield opened
        assert not examine(urls.owner, NAME)


def send(world: World, case: AnyCase, role: str) -> Response:
    """Send a case as someone of a role, through the test's own client."""
    ready = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    headers = {**cast("dict[str, str]", ready.headers), **world.people[role].headers()}
    answer = world.door.http.request(
        str(ready.method), str(ready.url), headers=headers, content=cast("bytes | None", ready.body)
    )
    return Response.from_httpx2(answer, verify=False)


def judge(case: AnyCase, answer: Response) -> None:
    """Compare an answer with the description, and a problem with the catalogue."""
    rejected = (
        answer.status_code == _TOO_LARGE
    )  # which the check below does not know as a rejection
    checks = CHECKS + [negative_data_rejection] * (_is_bad(case) and not rejected)
    case.validate_response(answer, checks=checks)
    if answer.status_code >= 400:
        told = answer.json()
        entry = catalogue()[told["code"]]
        assert answer.headers["content-type"] == ["application/problem+json"]
        assert told["status"] == answer.status_code == entry.status
        assert told["next_step"] in entry.next_step.values()


def _is_bad(case: AnyCase) -> bool:
    """Tell whether any part of a case is not as described; no bytes are where any are taken."""
    row = ROWS[f"{case.method} {case.operation.path}"]
    parts = case.meta.components.values() if case.meta else ()
    bad = any(part.mode is GenerationMode.NEGATIVE for part in parts)
    return bad and not isinstance(row.body, bytes)


def with_real_names(draw: st.DrawFn, world: World, value: Any) -> Any:
    """Put names of things that are there in the place of made-up ones."""
    if isinstance(value, str):
        found = _ID.fullmatch(value)
        pool = _pool(world, found[1] if found else "" if _CODE.fullmatch(value) else None)
        return draw(st.sampled_from(pool)) if pool else value
    if isinstance(value, Mapping):
        return {name: with_real_names(draw, world, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_real_names(draw, world, inner) for inner in value]
    return value


def _pool(world: World, prefix: str | None) -> list[str]:
    """List own, foreign and missing things of a kind; own ones mostly. `""` means credit codes."""
    if prefix == "":
        kinds = ["credit_code"]
    else:
        kinds = [what for what, name in world.own.items() if name[:4] == prefix]
    sides = (*[world.own] * 5, world.foreign)
    return [side[what] for what in kinds for side in sides] + [missing(what) for what in kinds]


@st.composite
def cases(draw: st.DrawFn, world: World, name: str) -> AnyCase:
    """Draw a request: half of them bad, and most of the good ones about what is there."""
    method, path = name.split()
    mode = draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    case: AnyCase = draw(DESCRIPTION[path][method].as_strategy(generation_mode=mode))
    if mode is GenerationMode.NEGATIVE or not draw(st.integers(0, 5)):
        return case
    case.path_parameters = with_real_names(draw, world, case.path_parameters)
    case.query = with_real_names(draw, world, case.query)
    case.body = _nearly_right(draw, world, name, with_real_names(draw, world, case.body))
    if method == "POST":
        case.headers["idempotency-key"] = f"fuzz {next(_KEYS)}"
    return case


def _nearly_right(draw: st.DrawFn, world: World, name: str, drawn: Any) -> Any:
    """Keep a few of the fields that were drawn, and let the row's own body say the rest."""
    row = ROWS[name]
    if not (isinstance(row.body, Mapping) and isinstance(drawn, Mapping)):
        return drawn
    places = {
        where: slot.value if isinstance(slot, Free) else world.own[slot.what]
        for where, slot in named(row.body)
    }
    kept = draw(st.lists(st.sampled_from(sorted(drawn)), max_size=2)) if drawn else []
    return filled(row.body, places, ()) | {field: drawn[field] for field in kept}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_an_operation_keeps_to_its_description(playground: World, name: str) -> None:
    """Good data and bad, from everyone who may: documented, well shaped, never our fault."""
    roles = [role for role in ROLES if ROWS[name].may(role)]

    @_FUZZ
    @given(case=cases(playground, name), role=st.sampled_from(roles))
    def fuzz(case: AnyCase, role: str) -> None:
        judge(case, send(playground, case, role))

    fuzz()


def test_operations_in_a_row_keep_to_their_descriptions(playground: World) -> None:
    """What one answer names is asked for in the next request."""

    class Workflow(DESCRIPTION.as_state_machine()):  # type: ignore[misc] # made while running
        def call(self, case: AnyCase, **_: Any) -> Any:
            name = f"{case.method} {case.operation.path}"
            roles = [role for role in ROLES if ROWS[name].may(role)]
            return send(playground, case, roles[len(case.as_curl_command()) % len(roles)])

        def validate_response(self, response: Any, case: AnyCase, **_: Any) -> None:
            judge(case, response)

    run_state_machine_as_test(
        Workflow,
        settings=settings(_FUZZ, max_examples=EXAMPLES, stateful_step_count=8),
    )
