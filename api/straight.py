"""The straight way to an endpoint that asks for its caller, its body and `Ask`, and nothing else."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError

from api.idempotency import ask_of, asking
from api.security import Required

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.dependencies.models import Dependant
    from fastapi.routing import APIRoute
    from starlette.requests import Request
    from starlette.responses import Response


class Straight:
    """Calls an endpoint as the framework would.

    The framework asks anew in every request what an endpoint takes and where it is found; for a
    small post that is most of its way through the doors.
    """

    def __init__(self, route: APIRoute) -> None:
        """Find out once what the endpoint takes."""
        self._endpoint: Callable[..., Any] = route.endpoint
        self._body = route.body_field
        self._names = {found.call: found.name for found in route.dependant.dependencies}

    @staticmethod
    def leads_to(route: APIRoute) -> bool:
        """Tell whether an endpoint asks for nothing else, and does not wait in a thread."""
        asked = route.dependant
        bodies = [param.name for param in asked.body_params]
        return (
            iscoroutinefunction(route.endpoint)
            and bodies == ["body"]
            and route.body_field is asked.body_params[0]
            and not _parameters(asked)
            and all(isinstance(d.call, Required) or d.call is asking for d in asked.dependencies)
        )

    async def __call__(self, request: Request) -> Response:
        """Serve a request that has no query."""
        assert self._body is not None
        key = request.headers.get("idempotency-key")
        values = {
            name: ask_of(request, key, dry_run=False) if call is asking else request.state.caller
            for call, name in self._names.items()
            if name is not None
        }
        document = request.state.document
        values["body"], errors = self._body.validate(document, {}, loc=("body",))
        if errors:
            raise RequestValidationError(errors, body=document)
        response: Response = await self._endpoint(**values)
        return response


def _parameters(asked: Dependant) -> bool:
    return any((asked.path_params, asked.query_params, asked.header_params, asked.cookie_params))
