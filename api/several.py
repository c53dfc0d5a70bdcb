"""Several requests in one body: read as one, answered one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import Response

from api.bodies import malformed
from api.idempotency import json_response
from api.problems import DoorCode, catalogue
from schemas.identifiers import IdPrefix, encode_id
from schemas.text import JsonFault, strict_json
from schemas.wire.body import Body

if TYPE_CHECKING:
    from api.idempotency import Ask
    from ledger.posting.answers import Answer
    from schemas.text import JsonValue

B = TypeVar("B", bound=Body)

NDJSON: Final = "application/x-ndjson"
_CREATED: Final = 201
_OK: Final = 200


def document(raw: bytes, limit: int) -> JsonValue:
    """Read a JSON document strictly, or say why it cannot be read."""
    try:
        return strict_json(raw, limit)
    except JsonFault as fault:
        raise malformed(fault) from fault


def lines(raw: bytes, limit: int) -> list[JsonValue]:
    """Read one JSON document a line; the last line may lack its end, and none may be blank.

    A fault's place starts with the number of its line, counted from 0, as in a JSON array.
    """
    found: list[JsonValue] = []
    for index, line in enumerate(raw.removesuffix(b"\n").split(b"\n")):
        try:
            found.append(strict_json(line, limit))
        except JsonFault as fault:
            placed = JsonFault(fault.reason, f"/{index}{fault.pointer}")
            raise malformed(placed) from fault
    return found


def model_of(ask: Ask, kind: type[B], found: JsonValue) -> B:
    """Validate a document as a body, and remember it as what was asked."""
    ask.request.state.document = found
    try:
        return kind.model_validate(found)
    except ValidationError as fault:
        errors = [{**error, "loc": ("body", *error["loc"])} for error in fault.errors()]
        raise RequestValidationError(errors) from fault


NOT_FOUND: Final[Mapping[str, Any]] = {
    "status": 404,
    "code": str(DoorCode.NOT_FOUND),
    "facts": {},
    "journal_id": None,
}


def result(ask: Ask, index: int, answer: Answer | None) -> dict[str, Any]:
    """Tell what one of several came to; without an answer it named what is not the caller's."""
    if answer is None:
        return {"index": index, **NOT_FOUND}
    outcome = answer.outcome
    assert outcome is not None
    if "code" in outcome:
        status = catalogue()[outcome["code"]].status
        refused = {"code": outcome["code"], "facts": outcome["facts"], "journal_id": None}
        return {"index": index, "status": status, **refused}
    journals = outcome["journals"] if ask.keep else []
    first = encode_id(IdPrefix.JOURNAL, journals[0]) if journals else None
    status = _CREATED if journals else _OK
    return {"index": index, "status": status, "code": None, "journal_id": first}


def respond(
    ask: Ask, results: Sequence[Mapping[str, Any]], replayed: bool, **more: Any
) -> Response:
    """Answer with one result for each: 201 if anything was done, 200 if nothing was."""
    first = next((item["journal_id"] for item in results if item["journal_id"]), None)
    links = {
        "journal": f"/v1/journals/{first}" if first else None,
        "proof": f"/v1/journals/{first}/proof" if first else None,
    }
    body = {"results": results, "journal_id": first, "sealed": False, "links": links, **more}
    if not ask.keep:
        body["dry_run"] = True
    return json_response(body, status_of(results), replayed_header(replayed))


def status_of(results: Iterable[Mapping[str, Any]]) -> int:
    """Answer 201 if anything was done, 200 if nothing was."""
    return _CREATED if any(item["status"] == _CREATED for item in results) else _OK


def replayed_header(replayed: bool) -> dict[str, str]:
    """Say that everything was answered before."""
    return {"idempotency-replayed": "true"} if replayed else {}


def in_lines(results: Sequence[Mapping[str, Any]], replayed: bool) -> Response:
    """Answer with one result a line."""
    told = "".join(
        json.dumps(item, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        for item in results
    )
    return Response(
        told,
        status_code=status_of(results),
        media_type=NDJSON,
        headers=replayed_header(replayed),
    )
