"""What routes tell about themselves in the OpenAPI description."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel
from starlette.responses import Response

from schemas.wire.body import Pending

_MEANINGS: Final = {
    400: "The request is malformed.",
    401: "No key, or one that is not good (any more).",
    403: "The key may not do this.",
    404: "Not there, or not yours.",
    409: "The object's own state forbids it.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    422: "Refused by a rule, or for lack of units.",
    503: "Come back after `Retry-After` seconds.",
}
_PROBLEM: Final = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_TEXT: Final[dict[str, Any]] = {"type": "string"}
BINARY: Final[dict[str, Any]] = {"type": "string", "format": "binary"}
_UNCHANGED: Final = {"description": "The caller has it already."}
READING: Final = (400, 401, 403, 404, 422, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems a route may answer with."""
    return {code: {"description": _MEANINGS[code], "content": _PROBLEM} for code in statuses}


def posts(model: type[BaseModel], status: int = 201, *, eyes: bool = False) -> dict[str, Any]:
    """Describe a route that posts; `eyes` where it may wait for a second person (202)."""
    answers: dict[int | str, dict[str, Any]] = {
        status: {"model": model, "description": "Done."},
        200: {
            "model": model | Pending if eyes else model,
            "description": "A dry run: what it would come to.",
        },
    }
    if eyes:
        answers[202] = {"model": Pending, "description": "Waits for a second person."}
    return {
        "status_code": status,
        "response_model": None,
        "responses": answers | problems(*_MEANINGS),
    }


def gets(model: type[BaseModel], *others: str) -> dict[str, Any]:
    """Describe a route that reads; `others` are media types of files that it answers with as well."""
    found: dict[str, Any] = {"model": model, "description": "Found."}
    if others:
        found["content"] = {kind: {"schema": BINARY} for kind in others}
    answers: dict[int | str, dict[str, Any]] = {200: found}
    return {"response_model": None, "responses": answers | problems(*READING)}


def files(
    media_type: str, *statuses: int, schema: dict[str, Any] = _TEXT, tagged: bool = False
) -> dict[str, Any]:
    """Describe a route that answers with a document of its own kind; `tagged` where it has an ETag."""
    content = {media_type: {"schema": schema}}
    answers: dict[int | str, dict[str, Any]] = {200: {"description": "Found.", "content": content}}
    if tagged:
        answers[304] = _UNCHANGED
    return {"response_class": Response, "responses": answers | problems(*statuses)}


def tells(model: type[BaseModel], *statuses: int, tagged: bool = False) -> dict[str, Any]:
    """Describe a route that anyone may read."""
    answers: dict[int | str, dict[str, Any]] = {200: {"model": model, "description": "Found."}}
    if tagged:
        answers[304] = _UNCHANGED
    return {"response_model": None, "responses": answers | problems(*statuses)}


def takes(model: type[BaseModel], *others: str) -> dict[str, Any]:
    """Describe a body that comes as JSON or as text of another media type, and is read by hand.

    The model must be named in `api.description`, too: the framework does not know it.
    """
    json = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    texts = {media_type: {"schema": {"type": "string"}} for media_type in others}
    return {"requestBody": {"required": True, "content": {"application/json": json, **texts}}}
