"""What a report came to, as a table: the refused rows as they were sent, each with its reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from api.imports.rows import Row
from api.problems import catalogue, detail_of, field_texts
from api.sheets.write import Table, table_of

if TYPE_CHECKING:
    from api.language import Language

REASON: Final = "reason"
_ROW: Final = "row"
_WITH_OTHERS: Final = "unit_not_taken"


def refused_rows(outcome: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Read the refused rows out of an outcome, whether all was refused or some."""
    if "code" in outcome:
        found: Sequence[Mapping[str, Any]] = outcome["facts"].get("rows", ())
        return found
    return outcome["result"].get("refused", ())  # type: ignore[no-any-return] # stored JSON


def error_table(
    rows: Iterable[Row], refused: Sequence[Mapping[str, Any]], language: Language
) -> Table:
    """Give every row of a unit that was not taken, to be corrected and sent again.

    The last column says why; for rows that are right themselves, that another of the unit is not.
    """
    reasons: dict[int, list[str]] = defaultdict(list)
    for fault in refused:
        reasons[fault["row"]].append(reason(fault, language))
    units = {fault["credit_code"] for fault in refused}
    others = reason({"code": _WITH_OTHERS, "column": ""}, language)
    shown = [
        row for row in rows if row.number in reasons or row.cells.get("credit_code", "") in units
    ]
    columns = list(dict.fromkeys(name for row in shown for name in row.cells))
    return table_of(
        "refused",
        [_ROW, *columns, REASON],
        [
            [
                row.number,
                *(row.cells.get(name) for name in columns),
                "; ".join(reasons.get(row.number, [others])),
            ]
            for row in shown
        ],
    )


def reason(fault: Mapping[str, Any], language: Language) -> str:
    """Say why a row is refused: its column, the code, and what the code means for its facts."""
    code, facts = fault["code"], fault.get("facts", {})
    meaning = field_texts().get(code, {}).get(language, "")
    if not meaning and code in catalogue():
        meaning = detail_of(catalogue()[code], facts, language)
    if "allowed" in facts:
        meaning = f"{meaning}: {facts['allowed']}"
    place = f"{fault['column']}: " if fault["column"] else ""
    return f"{place}{code} ({meaning})" if meaning else f"{place}{code}"
