"""The few routes that need no key: is it alive, is it ready, what was counted, what can be asked."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.dependencies import ReadsPart
from api.idempotency import json_response

if TYPE_CHECKING:
    from api.meter import Counts

OPEN: Final = frozenset(
    {
        "/.well-known/greenledger-log.json",
        "/.well-known/greenledger-policy.txt",
        "/.well-known/jwks.json",
        "/docs",
        "/livez",
        "/metrics",
        "/openapi.json",
        "/readyz",
        "/v1/log/checkpoint",
        "/v1/log/consistency",
        "/v1/log/tile/{path}",
    }
)
"""What needs no key, as the description spells it."""


def open_router(counts: Counts) -> APIRouter:
    """Make the router of what anyone may read."""
    router = APIRouter(tags=["operations"])

    @router.get("/livez", response_class=Response)
    async def livez() -> Response:
        """Tell that the process answers."""
        return json_response({"status": "alive"})

    @router.get("/readyz", response_class=Response)
    def readyz(reads: ReadsPart) -> Response:
        """Tell that the database answers, too."""
        with reads.connect() as conn:
            conn.execute(text("SELECT 1"))
        return json_response({"status": "ready"})

    @router.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Tell what was counted, in the text format of Prometheus."""
        return PlainTextResponse(counts.page(), media_type="text/plain; version=0.0.4")

    @router.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        """Show the description; the page needs no other host."""
        return HTMLResponse((files("api") / "docs.html").read_text("utf-8"))

    return router
