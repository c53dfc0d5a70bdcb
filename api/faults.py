"""What goes wrong behind the doors, and the problem each is told as."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import psycopg
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.allowed import allowed
from api.problems import DoorCode, FieldFault, Problem, render
from api.public_log import SOON, not_published
from api.security import unauthenticated
from ledger.log.checkpoint import CheckpointMalformed
from ledger.log.note import NoteMalformed
from ledger.log.opening import QuorumMissing
from ledger.log.published import NothingPublished
from ledger.log.tiles import MisshapenTile, MissingTile
from ledger.log.tree import WrongProof
from ledger.posting.writer import QueueFull, Unavailable
from ledger.refusals import Refusal
from ledger.rules.rulebook import NotInForce
from ledger.store.engine import AWAY
from schemas.text import pointer_token
from settlement.desk import Contended, KeyRevoked
from settlement.signed import Reason, SignatureOver

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    Handler = Callable[[Request, Any], Awaitable[Response]]

_log: Final = logging.getLogger("greenledger.api")
_BUSY: Final[dict[type[Exception], DoorCode]] = {
    QueueFull: DoorCode.QUEUE_FULL,
    Contended: DoorCode.CONTENDED,
    Unavailable: DoorCode.UNAVAILABLE,
    PoolTimeout: DoorCode.UNAVAILABLE,
}
_DAMAGED: Final = (CheckpointMalformed, MisshapenTile, MissingTile, NoteMalformed, WrongProof)
_OVER: Final[dict[Reason, DoorCode]] = {
    "replayed": DoorCode.SIGNATURE_REPLAYED,
    "key_ended": DoorCode.SIGNATURE_KEY_ENDED,
    "expired": DoorCode.SIGNATURE_EXPIRED,
}
_BY_STATUS: Final = {
    400: DoorCode.MALFORMED_JSON,
    404: DoorCode.NOT_FOUND,
    405: DoorCode.METHOD_NOT_ALLOWED,
}


def install(app: FastAPI) -> None:
    """Tell every exception that may reach the doors as a problem."""
    handlers: dict[Any, Handler] = {
        Problem: _problem,
        Refusal: _refusal,
        NotInForce: _not_in_force,
        KeyRevoked: _revoked,
        SignatureOver: _over,
        RequestValidationError: _invalid,
        HTTPException: _http,
        DBAPIError: _database,
        psycopg.Error: _database,
        ClientDisconnect: _gone,
        NothingPublished: _unpublished,
        QuorumMissing: _uncosigned,
        Exception: _internal,
    }
    for kind in _BUSY:
        handlers[kind] = _busy
    for damage in _DAMAGED:
        handlers[damage] = _damaged
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _problem(request: Request, problem: Problem) -> Response:
    return render(request, problem)


async def _refusal(request: Request, refusal: Refusal) -> Response:
    return render(request, Problem(refusal.code, facts=refusal.facts()))


async def _not_in_force(request: Request, missing: NotInForce) -> Response:
    return await _refusal(request, missing.refused())


async def _revoked(request: Request, _: KeyRevoked) -> Response:
    return render(request, unauthenticated())


async def _over(request: Request, ended: SignatureOver) -> Response:
    return render(request, Problem(_OVER[ended.reason]))


async def _busy(request: Request, fault: Exception) -> Response:
    return render(request, Problem(_BUSY[type(fault)], headers=SOON))


async def _unpublished(request: Request, _: NothingPublished) -> Response:
    return render(request, Problem(DoorCode.LOG_NOT_PUBLISHED, headers=SOON))


async def _uncosigned(request: Request, _: QuorumMissing) -> Response:
    return render(request, not_published())


async def _damaged(request: Request, fault: Exception) -> Response:
    _log.error("%s: the published log is damaged", request.scope["path"], exc_info=fault)
    return render(request, Problem(DoorCode.LOG_UNAVAILABLE, headers=SOON))


async def _database(request: Request, fault: DBAPIError | psycopg.Error) -> Response:
    """Ask to come back where the database was away; anything else it says is our fault."""
    if is_passing(fault):
        return render(request, Problem(DoorCode.UNAVAILABLE, headers=SOON))
    return await _internal(request, fault)


def is_passing(fault: Exception) -> bool:
    """Tell whether the same request may well succeed when it is sent again."""
    if isinstance(fault, DBAPIError):
        return fault.connection_invalidated or isinstance(fault.orig, AWAY)
    return isinstance(fault, (*_BUSY, *AWAY))


async def _http(request: Request, fault: HTTPException) -> Response:
    code = _BY_STATUS.get(fault.status_code, DoorCode.INTERNAL)
    return render(request, Problem(code, headers=dict(fault.headers or {})))


async def _gone(request: Request, _: ClientDisconnect) -> Response:
    """Nobody is there to be told; nothing was posted, and nothing is wrong on our side."""
    return render(request, Problem(DoorCode.MALFORMED_JSON))


async def _internal(request: Request, fault: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.scope["path"], exc_info=fault)
    return render(request, Problem(DoorCode.INTERNAL))


async def _invalid(request: Request, fault: RequestValidationError) -> Response:
    """Tell what of a request is malformed; an id in the path that cannot be one names nothing."""
    found: Sequence[Any] = fault.errors()
    if any(error["loc"][0] == "path" for error in found):
        return render(request, Problem(DoorCode.NOT_FOUND))
    faults = [
        FieldFault(_pointer(error["loc"]), error["type"], str(error["msg"]), allowed(error))
        for error in found
    ]
    return render(request, Problem(DoorCode.VALIDATION_FAILED, faults))


def _pointer(place: Sequence[str | int]) -> str:
    where, *steps = place
    if where != "body":
        return "?" + ".".join(str(step) for step in steps)
    return "".join(f"/{pointer_token(str(step))}" for step in steps)
