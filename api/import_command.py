"""`greenledger import`: a file of many rows, previewed, taken whole, or as far as it is right."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select, true

from api.composition import open_desk
from api.imports.allocations import ALLOCATIONS
from api.imports.deciding import Import
from api.imports.emissions import EMISSIONS
from api.imports.energy_report import COLUMNS
from api.imports.entities import ENTITIES
from api.imports.reporting import EnergyReport, report_energy
from api.imports.rows import Row, sheet_rows
from api.imports.spoken import energy_figures, energy_lines, table_figures, table_lines
from api.imports.tabled import approve_rows, list_rows, verify_rows
from api.imports.told import error_table
from api.keys import SYSTEM
from api.problems import Problem, field_texts
from api.sheets.read import media_type_of
from api.sheets.write import Table, write_csv, write_xlsx
from ledger.database import resolve
from ledger.settings import Settings
from ledger.store import tables as t
from schemas.fields import DocumentNo
from schemas.identifiers import IdPrefix, decode_id
from schemas.wire.entitlements import EntitlementsBody
from settlement.desk import Decision, Desk, Envelope, Reader

_REFUSED: Final = 1


class Kind(StrEnum):
    """What a file is."""

    ENERGY_REPORT = "energy-report"
    ETS_ENTITIES = "ets-entities"
    VERIFIED_EMISSIONS = "verified-emissions"
    ALLOCATIONS = "allocations"


_COLUMNS: Final = {
    Kind.ENERGY_REPORT: COLUMNS,
    Kind.ETS_ENTITIES: ENTITIES.columns,
    Kind.VERIFIED_EMISSIONS: EMISSIONS.columns,
    Kind.ALLOCATIONS: ALLOCATIONS.columns,
}
_NEEDED: Final = {
    Kind.ENERGY_REPORT: "--year",
    Kind.ETS_ENTITIES: "--document-no",
    Kind.ALLOCATIONS: "--document-no",
}
_PAPER: Final = TypeAdapter[str | None](DocumentNo | None)
_TAKEN: Final = {"--year", "--document-no", "--province-account"}


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is said beside a file's rows."""

    year: int | None
    document_no: str | None
    province_account: str | None
    partial: bool


def import_command(  # noqa: PLR0913 # a program's options
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX.")],
    *,
    kind: Annotated[Kind, typer.Option(help="What the file is.")],
    year: Annotated[
        int | None, typer.Option(min=2000, max=2099, help="Of an energy report: its budget year.")
    ] = None,
    document_no: Annotated[
        str | None, typer.Option(help="Of a list or allocations: the document carried out.")
    ] = None,
    province_account: Annotated[
        str | None, typer.Option(help="Of allocations: out of which account they come at once.")
    ] = None,
    preview: Annotated[bool, typer.Option(help="Judge in full, keep nothing.")] = False,
    partial: Annotated[
        bool, typer.Option(help="Take whom every row is right of; else it is all or nothing.")
    ] = False,
    errors: Annotated[
        Path | None, typer.Option(help="Write refused rows with reasons here: .csv or .xlsx.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Take in a file about many parties; exit 1 if any row of it is refused.

    Lists and allocations wait for a regulator, who decides at /v1/approvals.
    """
    beside = _Beside(year, document_no, province_account, partial)
    _check(kind, beside)
    raw = file.read_bytes()
    rows = _rows(raw, kind, as_json=as_json)
    settings = Settings()
    with resolve(settings) as urls, open_desk(urls, settings) as desk:
        outcome = _post(desk, raw, _decide(desk, kind, rows, beside), keep=not preview)
    energy = kind is Kind.ENERGY_REPORT
    told = (energy_figures if energy else table_figures)(outcome, preview=preview)
    if errors is not None:
        _write(errors, error_table(rows, told["refused"], "en"))
    prose: Callable[[Mapping[str, Any]], Iterable[str]] = energy_lines if energy else table_lines
    for line in [json.dumps(told, ensure_ascii=False)] if as_json else prose(told):
        typer.echo(line)
    if told["code"] is not None or told["refused"]:
        raise typer.Exit(_REFUSED)


def _check(kind: Kind, beside: _Beside) -> None:
    """Refuse what a kind needs and is not said, and what is said and does nothing."""
    said = {
        "--year": beside.year,
        "--document-no": beside.document_no,
        "--province-account": beside.province_account,
    }
    needed = _NEEDED.get(kind)
    if needed is not None and not said[needed]:
        raise typer.BadParameter(f"--kind {kind} needs {needed}")
    fit = {needed, "--province-account" if kind is Kind.ALLOCATIONS else None}
    for option in sorted(_TAKEN - fit):
        if said[option] is not None:
            raise typer.BadParameter(f"{option} says nothing of --kind {kind}")
    try:
        _PAPER.validate_python(beside.document_no)
    except ValidationError as fault:
        raise typer.BadParameter(f"--document-no: {fault.errors()[0]['type']}") from fault


def _decide(
    desk: Desk, kind: Kind, rows: tuple[Row, ...], beside: _Beside
) -> Callable[[Reader], Decision]:
    """Say what a file of a kind does; each is what its door at `/v1` does."""
    paper, partial = beside.document_no or "", beside.partial
    if kind is Kind.ENERGY_REPORT:
        assert beside.year is not None
        report = EnergyReport(beside.year, rows, partial)
        return lambda read: report_energy(read, SYSTEM, report, true())
    if kind is Kind.ETS_ENTITIES:
        listed = Import(rows, ENTITIES, true(), partial)
        return lambda read: list_rows(read, SYSTEM, listed, paper)
    if kind is Kind.VERIFIED_EMISSIONS:
        verified = Import(rows, EMISSIONS, true(), partial)
        return lambda read: verify_rows(read, SYSTEM, verified)
    frame = EntitlementsBody.model_construct(
        approvals=[], document_no=paper, province_account=_account(desk, beside.province_account)
    )
    approved = Import(rows, ALLOCATIONS, true(), partial)
    return lambda read: approve_rows(read, SYSTEM, approved, frame)


def _account(desk: Desk, name: str | None) -> int | None:
    """Find a province's account; what is named and is none stops the command."""
    if name is None:
        return None
    a, number = t.account.c, decode_id(IdPrefix.ACCOUNT, name)
    query = select(a.id).where(a.id == number, a["class"] == "province")
    with desk.reader() as read:
        if number is None or read.conn.execute(query).first() is None:
            raise typer.BadParameter(f"--province-account {name} is no province's account")
    return number


def _post(
    desk: Desk, raw: bytes, decide: Callable[[Reader], Decision], *, keep: bool
) -> Mapping[str, Any]:
    """Post under a key of its own: the same file, corrected or not, is judged anew each time.

    What is charged already with the same figures is no news, so that a file may be sent again.
    """
    envelope = Envelope(f"import-{uuid.uuid4().hex}", sha256(raw).digest())
    answer = desk.post(SYSTEM, envelope, decide, keep=keep)
    assert answer.outcome is not None
    return answer.outcome


def _write(path: Path, table: Table) -> None:
    is_workbook = path.suffix.lower() == ".xlsx"
    path.write_bytes(write_xlsx([table]) if is_workbook else write_csv(table))


def _rows(raw: bytes, kind: Kind, *, as_json: bool) -> tuple[Row, ...]:
    """Read a file's rows, or say why it cannot be read at all, and stop."""
    try:
        return sheet_rows(raw, media_type_of(raw), _COLUMNS[kind])
    except Problem as problem:
        faults = [{"place": fault.pointer, "code": fault.code} for fault in problem.errors]
        if as_json:
            typer.echo(json.dumps({"code": problem.code, "errors": faults}, ensure_ascii=False))
        for fault in () if as_json else faults:
            meaning = field_texts().get(fault["code"], {}).get("en", "")
            typer.echo(f"{fault['place']} {fault['code']} ({meaning})".strip(), err=True)
        raise typer.Exit(_REFUSED) from problem
