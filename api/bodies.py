"""How a request comes in: admitted first, then read under a limit, strictly, before any model sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from email.message import Message as Mail
from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from api.dependencies import parts_of
from api.problems import DoorCode, FieldFault, Problem
from api.security import Required, admit, recall
from api.signatures import Attested, attest, is_signed
from api.straight import Straight
from api.waiting import when_sealed
from ledger.model.command import Signed
from schemas.text import JsonFault, JsonReason, JsonValue, strict_json

JSON_BYTES: Final = 1024 * 1024
EVIDENCE_BYTES: Final = 8 * 1024 * 1024
_LENGTH_DIGITS: Final = 12
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")


class JsonRequest(Request):
    """A request whose body was read already."""

    document: JsonValue
    raw: bytes

    async def json(self) -> JsonValue:
        """Hand over the document as it was read."""
        return self.document

    async def body(self) -> bytes:
        """Hand over the bytes as they were read."""
        return self.raw


class Doorway(APIRoute):
    """A route that admits the caller before it reads a byte. It must declare one permission."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Find the permission and the parameters; a route without permission is our bug."""
        super().__init__(path, endpoint, **options)
        asked = [d.call for d in self.dependant.dependencies if isinstance(d.call, Required)]
        assert len(asked) == 1, f"{path} must require exactly one permission"
        self.permission = asked[0].permission
        self.parameters = frozenset(_query_names(self.dependant))
        self.straight = Straight(self) if Straight.leads_to(self) else None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Admit, read strictly, and only then let the framework validate and call."""
        serve = super().get_route_handler()

        async def handle(request: Request) -> Response:
            parts, now = parts_of(request), parts_of(request).desk.clock()
            request.state.template = self.path_format
            straight = None if request.scope["query_string"] else self.straight
            if straight and (known := recall(parts.clients, request, self.permission, now)):
                request.state.caller = known
                try:
                    return await straight(await _read_json(await self._signed(request)))
                except Exception:
                    await admit(parts.clients, request, self.permission, now)
                    raise
            request.state.caller = await admit(parts.clients, request, self.permission, now)
            _refuse_unknown_parameters(request, self.parameters)
            request = await self._signed(request)
            if self.body_field is not None:
                request = await _read_json(request)
            if straight:
                return await straight(request)
            return await when_sealed(parts.watch, request, await serve(request))

        return handle

    async def _signed(self, request: Request) -> Request:
        """Check the signature of a post that has one, or must; what is read then is what was signed."""
        must_sign = request.state.caller.must_sign
        if request.method != "POST" or not (must_sign or is_signed(request.headers)):
            return request
        if not is_signed(request.headers):
            raise Problem(DoorCode.SIGNATURE_MISSING)
        body = await read_capped(request, EVIDENCE_BYTES if self.body_field is None else JSON_BYTES)
        request.state.signed = await run_in_threadpool(_attest, request, body)
        return Request(request.scope, _again(body))


def _attest(request: Request, body: bytes) -> Signed:
    parts = parts_of(request)
    asked = Attested.of(request, parts.settings.known_as, body)
    return attest(parts.reads, asked, request.state.caller.party, parts.desk.clock())


def _again(body: bytes) -> Receive:
    """Let bytes be received that were received already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _query_names(dependant: Dependant) -> Iterator[str]:
    yield from (found.alias for found in dependant.query_params)
    for needed in dependant.dependencies:
        yield from _query_names(needed)


def doors(tag: str) -> APIRouter:
    """Make the router of one resource: `router = doors("transfers")`."""
    return APIRouter(prefix="/v1", tags=[tag], route_class=Doorway)


def _refuse_unknown_parameters(request: Request, known: frozenset[str]) -> None:
    if not request.scope["query_string"]:
        return
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        faults = [FieldFault(f"?{name}", "unknown_parameter", "") for name in unknown]
        raise Problem(DoorCode.VALIDATION_FAILED, faults)


async def _read_json(request: Request) -> JsonRequest:
    if media_type_of(request) != "application/json":
        raise Problem(DoorCode.UNSUPPORTED_MEDIA_TYPE, facts={"expected": ["application/json"]})
    read = JsonRequest(request.scope, request.receive)
    read.raw = await read_capped(request, JSON_BYTES)
    try:
        read.document = strict_json(read.raw, JSON_BYTES)
    except JsonFault as fault:
        raise malformed(fault) from fault
    request.state.document = read.document
    return read


def malformed(fault: JsonFault) -> Problem:
    """Tell a fault of a JSON document as a problem."""
    repeated = fault.reason is JsonReason.DUPLICATE_KEY
    code = DoorCode.DUPLICATE_KEY if repeated else DoorCode.MALFORMED_JSON
    return Problem(code, [FieldFault(fault.pointer, str(fault.reason), str(fault.reason))])


async def read_capped(request: Request, limit: int) -> bytes:
    """Read a body of at most `limit` bytes, believing no declared length.

    Raises:
        Problem: `payload_too_large`.
    """
    declared = request.headers.get("content-length", "0")
    if not (declared.isdecimal() and len(declared) <= _LENGTH_DIGITS and int(declared) <= limit):
        raise Problem(DoorCode.PAYLOAD_TOO_LARGE, facts={"limit_bytes": limit})
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > limit:
            raise Problem(DoorCode.PAYLOAD_TOO_LARGE, facts={"limit_bytes": limit})
    return bytes(read)


@dataclass(frozen=True, slots=True)
class Raw:
    """A body taken as bytes, with the media type its sender gave it."""

    content: bytes
    media_type: str


def raw_body(*media_types: str, limit: int = EVIDENCE_BYTES) -> Any:
    """Take the body as bytes; any well-formed media type if none is named.

    To be used as `raw: Annotated[Raw, raw_body("text/csv")]`.
    """

    async def read(request: Request) -> Raw:
        media_type = media_type_of(request)
        if not media_type or (media_types and media_type not in media_types):
            raise Problem(
                DoorCode.UNSUPPORTED_MEDIA_TYPE, facts={"expected": list(media_types) or ["*/*"]}
            )
        content = await read_capped(request, limit)
        request.state.document = sha256(content).hexdigest()
        return Raw(content, media_type)

    return Depends(read)


def media_type_of(request: Request) -> str:
    """Answer the media type of a body, without parameters, in lower case; empty if it names none."""
    told = request.headers.get("content-type", "")
    if told == "application/json":
        return told
    message = Mail()
    message["content-type"] = told
    found = message.get_content_type() if message["content-type"] else ""
    return found if _MEDIA_TYPE.fullmatch(found) else ""
