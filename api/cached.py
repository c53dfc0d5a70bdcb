"""Files told with how long they may be kept, and a tag by which they are not sent twice (RFC 9110, 9111)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.requests import Request

FOR_EVER: Final = "max-age=31536000, immutable"
BRIEFLY: Final = "max-age=60"
_NOT_MODIFIED: Final = 304


def respond(request: Request, raw: bytes, media_type: str, keep: str) -> Response:
    """Answer with bytes, or that the caller has them already.

    Args:
        request: what asks; its `If-None-Match` names what the caller has.
        raw: the bytes.
        media_type: theirs.
        keep: the `Cache-Control` of the answer.
    """
    tag = f'"{sha256(raw).hexdigest()}"'
    headers = {"cache-control": keep, "etag": tag}
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    return Response(raw, media_type=media_type, headers=headers)


def _names(header: str, tag: str) -> bool:
    """Compare weakly, as RFC 9110 §13.1.2 asks for."""
    told = {part.strip().removeprefix("W/") for part in header.split(",")}
    return bool(told & {tag, "*"})
