"""A table as it was sent: a file of rows, or a body that says more than its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from api.bodies import Raw, raw_body
from api.imports.rows import Columns, Row, sheet_rows
from api.problems import DoorCode, FieldFault, Problem
from api.several import document, model_of
from api.sheets.read import CSV, XLSX
from schemas.wire.body import Body

if TYPE_CHECKING:
    from api.idempotency import Ask

_JSON: Final = "application/json"
_BYTES_MAX: Final = 4 * 1024 * 1024
_B = TypeVar("_B", bound=Body)
_T = TypeVar("_T")
Sent = Annotated[Raw, raw_body(_JSON, CSV, XLSX, limit=_BYTES_MAX)]


def read_sent(
    ask: Ask, raw: Raw, model: type[_B], columns: Columns
) -> tuple[_B | None, tuple[Row, ...]]:
    """Read rows out of a file, or out of a body, which is given along; rows of a body count from 1.

    Raises:
        Problem: `sheet_malformed` for a file that is none, `validation_failed` for a body.
    """
    if raw.media_type != _JSON:
        return None, sheet_rows(raw.content, raw.media_type, columns)
    body = model_of(ask, model, document(raw.content, _BYTES_MAX))
    told: list[dict[str, Any]] = body.model_dump(by_alias=True, exclude_none=True)["rows"]
    return body, tuple(Row(n, row) for n, row in enumerate(told, 1))


def beside(told: _T | None, name: str) -> _T:
    """Take what is told in the query because a file does not say it.

    Raises:
        Problem: `validation_failed`, it is not told.
    """
    if told is None:
        raise Problem(DoorCode.VALIDATION_FAILED, [FieldFault(f"?{name}", "missing", "")])
    return told
