"""Answers to `?wait=sealed`: the same answer, told when the act is in the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from api.idempotency import json_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from api.sealing import SealWatch


async def when_sealed(watch: SealWatch, request: Request, response: Response) -> Response:
    """Hold an answer to `?wait=sealed` back until what was done is in the log, or the wait is over."""
    journals: list[int] = getattr(request.state, "posted", [])
    if getattr(request.state, "wait", None) != "sealed" or not journals:
        return response
    if not await watch.sealed(journals) or response.media_type != "application/json":
        return response
    told = {**json.loads(bytes(response.body)), "sealed": True}
    kept = {n: v for n, v in response.headers.items() if n == "idempotency-replayed"}
    return json_response(told, response.status_code, kept)
