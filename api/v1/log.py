"""`/v1/log`: the log as static files (C2SP tlog-tiles). Hashes are everybody's, records the auditors'."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Query
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import Doorway, doors
from api.cached import BRIEFLY, FOR_EVER, respond
from api.dependencies import LogPart
from api.documented import BINARY, READING, files, tells
from api.idempotency import json_response
from api.problems import DoorCode, Problem
from api.public_log import PublicLog
from api.security import Caller, require
from ledger.log.published import BeyondHead
from ledger.log.spelling import base64_text
from ledger.log.tree import SIZE_MAX, OutOfTree
from schemas.wire.log import ConsistencyTold

router = doors("log")
_Endpoint: TypeAlias = Callable[..., Response]
_NUMBER: Final = r"(?:x[0-9]{3}/){0,6}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
_TILE: Final = re.compile(rf"[0-9]{{1,2}}/{_NUMBER}")
_BUNDLE: Final = re.compile(_NUMBER)
_BYTES: Final = "application/octet-stream"

_NOTE: Final = "text/plain; charset=utf-8"
_NEWEST: Final = "public, max-age=1"
_NOT_KEPT: Final = {"cache-control": "no-store"}


def _told(path: str, route: type[APIRoute], **described: Any) -> Callable[[_Endpoint], _Endpoint]:
    """Make a route of a class; HEAD is answered as GET is, without the body (RFC 9110 §9.3.2)."""

    def add(endpoint: _Endpoint) -> _Endpoint:
        for method, shown in (("GET", described), ("HEAD", {"include_in_schema": False})):
            router.add_api_route(
                path, endpoint, methods=[method], route_class_override=route, **shown
            )
        return endpoint

    return add


_public: Final = partial(_told, route=APIRoute)
_keyed: Final = partial(_told, route=Doorway)


@_public("/log/checkpoint", **files(_NOTE, 404, 503, tagged=True))
def log_checkpoint(request: Request, log: LogPart) -> Response:
    """Give the checkpoint: the log's size and root, signed, and cosigned where a policy asks it."""
    return respond(request, log.published.head().note, _NOTE, _NEWEST)


@_public("/log/consistency", **tells(ConsistencyTold, 400, 404, 422, 503))
def log_consistency(
    log: LogPart,
    old: Annotated[int, Query(alias="from", ge=1, le=SIZE_MAX, description="The older size.")],
    new: Annotated[
        int | None,
        Query(alias="to", ge=1, le=SIZE_MAX, description="The newer size; now, if left out."),
    ] = None,
) -> Response:
    """Prove that the log of one size begins with that of an older one."""
    size = log.published.head().size
    until = size if new is None else new
    try:
        hashes = log.published.consistency(old, until)
    except (OutOfTree, BeyondHead) as fault:
        raise Problem(DoorCode.LOG_RANGE_UNKNOWN, facts={"size": size}) from fault
    spelt = [base64_text(each) for each in hashes]
    told = {"from_size": old, "to_size": until, "hashes": spelt}
    return json_response(told, headers=_NOT_KEPT)


@_keyed("/log/tile/entries/{path:path}", **files(_BYTES, *READING, schema=BINARY, tagged=True))
def log_bundle(
    request: Request,
    log: LogPart,
    path: str,
    _: Annotated[Caller, require("log:entries")],
) -> Response:
    """Give records as C2SP tlog-tiles names them: a bundle of 256, or `.p/` fewer; for auditors."""
    return _bundle(request, log, path)


@_keyed("/log/entries/{path:path}", **files(_BYTES, *READING, schema=BINARY, tagged=True))
def log_entries(
    request: Request,
    log: LogPart,
    path: str,
    _: Annotated[Caller, require("log:entries")],
) -> Response:
    """Give the same records under a shorter address."""
    return _bundle(request, log, path)


def _bundle(request: Request, log: PublicLog, path: str) -> Response:
    raw = _read(log, _BUNDLE, "tile/entries/", path)
    return respond(request, raw, _BYTES, f"private, {_lasting(path)}")


@_public("/log/tile/{path:path}", **files(_BYTES, 404, 422, 503, schema=BINARY, tagged=True))
def log_tile(request: Request, log: LogPart, path: str) -> Response:
    """Give a tile of hashes, `<level>/<number>`: 256 neighbours of one level, or `.p/` fewer."""
    raw = _read(log, _TILE, "tile/", path)
    return respond(request, raw, _BYTES, f"public, {_lasting(path)}")


def _read(log: PublicLog, spelling: re.Pattern[str], folder: str, path: str) -> bytes:
    """Read a file whose name is spelled as C2SP tlog-tiles asks; no other name is even looked for."""
    if spelling.fullmatch(path) is None:
        raise Problem(DoorCode.NOT_FOUND, headers=_NOT_KEPT)
    try:
        return log.published.file(folder + path)
    except (FileNotFoundError, NotADirectoryError):
        raise Problem(DoorCode.NOT_FOUND, headers=_NOT_KEPT) from None


def _lasting(path: str) -> str:
    """Tell how long a file lasts: what is partial gives way to what is full."""
    return BRIEFLY if ".p/" in path else FOR_EVER
