"""Derive state again from history by plain SQL, and name every row that differs. No engine code."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any, Final

import psycopg
import typer
from psycopg import sql
from psycopg.rows import dict_row

from ledger.database import resolve
from ledger.settings import Settings
from ledger.store.shape import changed_guards

CONSERVATION: Final = (
    "balance_is_its_postings",
    "instrument_is_conserved",
    "running_balance_goes_on",
    "held_is_what_holds_say",
    "hold_is_its_events",
    "held_parcels_are_the_hold",
    "lot_is_tiled",
    "lot_is_what_was_issued",
    "parcel_is_where_postings_left_it",
    "balance_is_its_parcels",
    "retirement_is_its_postings",
    "retired_is_claimed",
    "duty_is_verified_less_discharged",
    "surrender_discharges_as_much",
    "debt_is_cut_less_kept_back",
    "budget_is_its_parts",
    "reading_is_posted",
    "floor_is_of_its_account",
)
_SHOWN: Final = 20  # rows of one check that are shown; the count is always told
_REFUSED: Final = 1
_FILES: Final = ("doctor.sql", "doctor_records.sql", "doctor_registers.sql", "doctor_units.sql")
_WORDS: Final = "doctor_words.sql"
_GUARDS: Final = "guards_stand"
_GUARDS_MEANING: Final = (
    "The guards are not those that migrations make; set them right, then trust no row until all is "
    "sound."
)
_CHECK: Final = re.compile(r"^-- (\w+) --\n-- (.*)\n((?:(?!^-- \w+ --$).*\n?)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold: its name, what a finding means, and the query of offending rows."""

    name: str
    meaning: str
    query: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows that a check found, the first few of them in full."""

    check: str
    meaning: str
    count: int
    rows: tuple[dict[str, Any], ...]


def checks() -> tuple[Check, ...]:
    """Read the checks in order: of units and duties, of records, of registers, of what units rest on."""
    room = files("ledger.store")
    text = "\n".join((room / name).read_text("utf-8") for name in _FILES)
    return tuple(
        Check(name, meaning, query.strip().rstrip(";"))
        for name, meaning, query in _CHECK.findall(text)
    )


def examine(url: str, registry: str, names: tuple[str, ...] | None = None) -> list[Finding]:
    """Run checks over one consistent view, on a connection of their own; all of them by default.

    Nothing is kept of what it writes on the way, but the server must take writes: no standby.
    """
    with psycopg.connect(url, row_factory=dict_row) as conn:
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return look(conn, registry, names)


def look(
    conn: psycopg.Connection[dict[str, Any]], registry: str, names: tuple[str, ...] | None = None
) -> list[Finding]:
    """Run checks in the transaction at hand, and leave nothing behind in it."""
    with conn.transaction(force_rollback=True):
        conn.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(registry)))
        found = [_guards(conn, registry)] if names is None or _GUARDS in names else []
        conn.execute((files("ledger.store") / _WORDS).read_text("utf-8").encode())
        conn.execute("SET LOCAL transaction_read_only = on")
        wanted = [check for check in checks() if names is None or check.name in names]
        found += [_run(conn, check) for check in wanted]
    return [finding for finding in found if finding.count]


def conservation_ok(url: str, registry: str) -> bool:
    """Tell whether no unit was lost, doubled or moved without a posting, and no duty either."""
    return not examine(url, registry, CONSERVATION)


def one_role(owner_url: str, app_url: str) -> bool:
    """Tell whether the app runs with the owner's rights, which could switch the guards off."""
    with psycopg.connect(owner_url) as owner, psycopg.connect(app_url) as app:
        names = [conn.execute("SELECT current_user").fetchone() for conn in (owner, app)]
    return names[0] == names[1]


def _run(conn: psycopg.Connection[dict[str, Any]], check: Check) -> Finding:
    """Run one check; one that cannot run is a finding too, lest one unreadable row hide all others."""
    try:
        with conn.transaction():
            rows = conn.execute(check.query.encode()).fetchall()
    except (psycopg.DataError, psycopg.ProgrammingError) as fault:
        rows = [{"cannot_run": str(fault).splitlines()[0]}]
    return Finding(check.name, check.meaning, len(rows), tuple(rows[:_SHOWN]))


def _guards(conn: psycopg.Connection[dict[str, Any]], registry: str) -> Finding:
    rows = changed_guards(conn, registry)
    return Finding(_GUARDS, _GUARDS_MEANING, len(rows), tuple(rows[:_SHOWN]))


def doctor_command(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of prose.")
    ] = False,
) -> None:
    """Check the book: derive balances, parcels, holds and duties again; exit 1 if any row differs."""
    settings = Settings()
    with resolve(settings) as urls:
        findings = examine(urls.owner, settings.registry)
        warnings = (
            ["the app runs with the owner's rights"] if one_role(urls.owner, urls.app) else []
        )
    if as_json:
        typer.echo(json.dumps(_facts(findings, warnings), default=str, ensure_ascii=False))
    else:
        _tell(findings, warnings)
    if findings:
        raise typer.Exit(_REFUSED)


def _facts(findings: list[Finding], warnings: list[str]) -> dict[str, Any]:
    return {
        "sound": not findings,
        "checks": len(checks()) + 1,  # and the guards
        "warnings": warnings,
        "findings": [
            {"check": f.check, "meaning": f.meaning, "count": f.count, "rows": f.rows}
            for f in findings
        ],
    }


def _tell(findings: list[Finding], warnings: list[str]) -> None:
    for warning in warnings:
        typer.echo(f"warning: {warning}")
    for finding in findings:
        typer.echo(f"{finding.check}: {finding.count} row(s). {finding.meaning}")
        for row in finding.rows:
            typer.echo("  " + ", ".join(f"{name}={value}" for name, value in row.items()))
    if not findings:
        typer.echo(f"sound: {len(checks()) + 1} checks found nothing")
