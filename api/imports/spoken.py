"""What an import came to, for the terminal: figures for programs, and lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from api.imports.told import reason, refused_rows

_ROWS_TOLD: Final = 20
Outcome = Mapping[str, Any]


def energy_figures(outcome: Outcome, *, preview: bool) -> dict[str, Any]:
    """Tell what units of a report were charged with."""
    head = _head(outcome, preview=preview)
    units = [] if head["code"] else outcome["result"]["units"]
    unchanged = sum(unit["unchanged"] for unit in units)
    return head | {"units": units, "charged": len(units) - unchanged, "unchanged": unchanged}


def table_figures(outcome: Outcome, *, preview: bool) -> dict[str, Any]:
    """Tell how many parties were taken, and the approval they wait for, if they wait."""
    head = _head(outcome, preview=preview)
    result = {} if head["code"] else outcome["result"]
    approval = None if preview else result.get("approval_id")
    return head | {"parties": result.get("parties", 0), "approval_id": approval}


def _head(outcome: Outcome, *, preview: bool) -> dict[str, Any]:
    refused = list(refused_rows(outcome))
    code = outcome.get("code")
    facts = {} if code is None or refused else dict(outcome["facts"])
    return {"code": code, "facts": facts, "refused": refused, "preview": preview}


def energy_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Tell units, refused rows, and a sum."""
    for unit in told["units"]:
        mark = "unchanged" if unit["unchanged"] else unit["status"]
        yield f"{unit['credit_code']}  {mark:16}  balance {unit['balance_gce']:,} gce"
    yield from _refused(told)
    verb = "would be charged" if told["preview"] else "charged"
    rows = len(told["refused"])
    yield f"{told['charged']:,} units {verb}, {told['unchanged']:,} unchanged, {rows:,} rows refused"


def table_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Tell refused rows, a sum, and what the parties taken wait for."""
    yield from _refused(told)
    verb = "would be taken" if told["preview"] else "taken"
    yield f"{told['parties']:,} parties {verb}, {len(told['refused']):,} rows refused"
    if told["approval_id"] is not None:
        yield f"waits for a regulator: POST /v1/approvals/{told['approval_id']}/approve"


def _refused(told: Mapping[str, Any]) -> Iterator[str]:
    refused: Sequence[Mapping[str, Any]] = told["refused"]
    for fault in refused[:_ROWS_TOLD]:
        yield f"row {fault['row']}: {fault['credit_code']}: {reason(fault, 'en')}"
    if len(refused) > _ROWS_TOLD:
        yield f"… and {len(refused) - _ROWS_TOLD:,} more: --errors writes them all"
    if told["code"] is not None and not refused:
        yield f"refused: {told['code']} {json.dumps(told['facts'], ensure_ascii=False)}"
