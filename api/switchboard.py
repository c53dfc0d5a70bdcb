"""Finding a route: by the resource its path names, instead of asking every route of the house."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from starlette.routing import BaseRoute, Match

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi.routing import APIRoute
    from starlette.types import Receive, Scope, Send

_RESOURCE: Final = 2  # /v1/<resource>/…


class Switchboard(BaseRoute):
    """A route in front of all others; what it does not find is left to them, and so is every "no"."""

    def __init__(self, routes: Iterable[APIRoute]) -> None:
        """Sort the routes by resource, each resource's in their order."""
        self._routes: defaultdict[str, list[APIRoute]] = defaultdict(list)
        for route in routes:
            self._routes[_resource(route.path)].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Ask the routes of one resource; the one that fits leaves its name in the scope."""
        if scope["type"] == "http":
            for route in self._routes.get(_resource(scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, found
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go where the scope says."""
        route: APIRoute = scope["route"]
        await route.handle(scope, receive, send)


def _resource(path: str) -> str:
    steps = path.split("/", _RESOURCE + 1)
    return steps[_RESOURCE] if len(steps) > _RESOURCE else ""
