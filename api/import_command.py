"""`greenledger import`: a file of many rows, previewed, posted whole, or the units of it that are right."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from sqlalchemy import true

from api.composition import open_desk
from api.imports.energy_report import COLUMNS
from api.imports.reporting import EnergyReport, report_energy
from api.imports.rows import Row, sheet_rows
from api.imports.told import error_table, reason, refused_rows
from api.keys import SYSTEM
from api.problems import Problem, field_texts
from api.sheets.read import media_type_of
from api.sheets.write import Table, write_csv, write_xlsx
from ledger.database import resolve
from ledger.settings import Settings
from settlement.desk import Desk, Envelope

_REFUSED: Final = 1
_ROWS_TOLD: Final = 20


class Kind(StrEnum):
    """What sort of report a file is."""

    ENERGY_REPORT = "energy-report"


def import_command(  # noqa: PLR0913 # a program's options
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX.")],
    *,
    kind: Annotated[Kind, typer.Option(help="What the file reports.")],
    year: Annotated[int, typer.Option(min=2000, max=2099, help="The budget year of its rows.")],
    preview: Annotated[bool, typer.Option(help="Judge in full, keep nothing.")] = False,
    partial: Annotated[
        bool, typer.Option(help="Post the units that are right; else it is all or nothing.")
    ] = False,
    errors: Annotated[
        Path | None, typer.Option(help="Write refused rows with reasons here: .csv or .xlsx.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Report the energy use of many units from a file; exit 1 if any row of it is refused."""
    assert kind is Kind.ENERGY_REPORT  # the one kind there is
    raw = file.read_bytes()
    rows = _rows(raw, as_json=as_json)
    report = EnergyReport(year, rows, partial)
    settings = Settings()
    with resolve(settings) as urls, open_desk(urls, settings) as desk:
        outcome = _post(desk, raw, report, keep=not preview)
    refused = refused_rows(outcome)
    if errors is not None:
        _write(errors, error_table(rows, refused, "en"))
    told = _figures(outcome, preview=preview)
    lines = [json.dumps(told, ensure_ascii=False)] if as_json else _prose(told, refused)
    for line in lines:
        typer.echo(line)
    if "code" in outcome or refused:
        raise typer.Exit(_REFUSED)


def _post(desk: Desk, raw: bytes, report: EnergyReport, *, keep: bool) -> Mapping[str, Any]:
    """Post under a key of its own: the same file, corrected or not, is judged anew each time.

    What is charged already with the same figures is no news, so that a file may be sent again.
    """
    envelope = Envelope(f"import-{uuid.uuid4().hex}", sha256(raw).digest())
    answer = desk.post(
        SYSTEM, envelope, lambda read: report_energy(read, SYSTEM, report, true()), keep=keep
    )
    assert answer.outcome is not None
    return answer.outcome


def _figures(outcome: Mapping[str, Any], *, preview: bool) -> dict[str, Any]:
    refused = list(refused_rows(outcome))
    if "code" in outcome:
        facts = {} if refused else dict(outcome["facts"])
        told = {"code": outcome["code"], "facts": facts, "units": []}
        return told | {"charged": 0, "unchanged": 0, "refused": refused, "preview": preview}
    units = outcome["result"]["units"]
    unchanged = sum(unit["unchanged"] for unit in units)
    return {
        "code": None,
        "units": units,
        "charged": len(units) - unchanged,
        "unchanged": unchanged,
        "refused": refused,
        "preview": preview,
    }


def _prose(told: Mapping[str, Any], refused: Any) -> Iterator[str]:
    """Tell units and refused rows in lines."""
    for unit in told["units"]:
        mark = "unchanged" if unit["unchanged"] else unit["status"]
        yield f"{unit['credit_code']}  {mark:16}  balance {unit['balance_gce']:,} gce"
    for fault in refused[:_ROWS_TOLD]:
        yield f"row {fault['row']}: {fault['credit_code']}: {reason(fault, 'en')}"
    if len(refused) > _ROWS_TOLD:
        yield f"… and {len(refused) - _ROWS_TOLD:,} more: --errors writes them all"
    if told["code"] is not None and not refused:
        yield f"refused: {told['code']} {json.dumps(told['facts'], ensure_ascii=False)}"
    verb = "would be charged" if told["preview"] else "charged"
    yield (
        f"{told['charged']:,} units {verb}, {told['unchanged']:,} unchanged, "
        f"{len(refused):,} rows refused"
    )


def _write(path: Path, table: Table) -> None:
    is_workbook = path.suffix.lower() == ".xlsx"
    path.write_bytes(write_xlsx([table]) if is_workbook else write_csv(table))


def _rows(raw: bytes, *, as_json: bool) -> tuple[Row, ...]:
    """Read a file's rows, or say why it cannot be read at all, and stop."""
    try:
        return sheet_rows(raw, media_type_of(raw), COLUMNS)
    except Problem as problem:
        faults = [{"place": fault.pointer, "code": fault.code} for fault in problem.errors]
        if as_json:
            typer.echo(json.dumps({"code": problem.code, "errors": faults}, ensure_ascii=False))
        for fault in () if as_json else faults:
            meaning = field_texts().get(fault["code"], {}).get("en", "")
            typer.echo(f"{fault['place']} {fault['code']} ({meaning})".strip(), err=True)
        raise typer.Exit(_REFUSED) from problem
