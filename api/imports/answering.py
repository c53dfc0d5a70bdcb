"""How an import is answered: as JSON, or as a file of the rows that were not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from api.idempotency import Shape, is_pending, plain
from api.imports.told import error_table, refused_rows
from api.language import preferred
from api.sheets.read import CSV, XLSX
from api.sheets.write import write_csv, write_xlsx

if TYPE_CHECKING:
    from api.idempotency import Ask
    from api.imports.rows import Row
    from ledger.posting.answers import Answer

_REFUSED: Final = 422
_ACCEPTED: Final = 202
_CREATED: Final = 201
_OK: Final = 200
_ENDING: Final = {CSV: "csv", XLSX: "xlsx"}


def answered(ask: Ask, answer: Answer, rows: tuple[Row, ...], shape: Shape = plain) -> Response:
    """Answer as the caller accepts it: with a file if `Accept` names CSV or XLSX.

    A refusal of another sort than of rows is told as a problem; what waits for a second person is
    named in `Location`.
    """
    outcome, wanted = answer.outcome, ask.request.headers.get("accept", "")
    assert outcome is not None
    media_type = XLSX if XLSX in wanted else CSV
    if media_type not in wanted or ("code" in outcome and "rows" not in outcome["facts"]):
        return ask.told(answer, shape=shape)
    language = preferred(ask.request.headers.get("accept-language"))
    table = error_table(rows, refused_rows(outcome), language)
    headers = {"content-disposition": f'attachment; filename="refused.{_ENDING[media_type]}"'}
    if "code" not in outcome and is_pending(outcome):
        headers["location"] = f"/v1/approvals/{outcome['result']['approval_id']}"
    return Response(
        write_xlsx([table]) if media_type == XLSX else write_csv(table),
        status_code=_status(ask, answer),
        media_type=media_type,
        headers=headers,
    )


def _status(ask: Ask, answer: Answer) -> int:
    outcome = answer.outcome
    assert outcome is not None
    if "code" in outcome:
        return _REFUSED
    if not ask.keep:
        return _OK
    return _ACCEPTED if is_pending(outcome) else _CREATED
